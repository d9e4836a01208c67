"""What buyers do on the payment page, and how long some payments take."""

from example_project.check_demo import expect
from example_project.check_demo.expect import eventually
from example_project.check_demo.stage import Stage

DECLINED = "4000000000000002"
ASKS_FIRST = "4000002500003155"
PAYS_LATER = "AT321904300235473204"
FAILS_LATER = "AT051904300235473205"
# By the sandbox's clock, when the bank of those two answers.
BANK_DAYS = 181
DAY = 24 * 60 * 60


def decline_then_success(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    page = stage.pay(sale, number=DECLINED)
    expect.equal("payment page", page.status, 402)
    expect.equal("says declined", "Your card was declined." in page.text, True)
    expect.unpaid(sale, "open")
    page = stage.pay(sale)
    expect.equal("return page", (page.status, page.state), (200, "paid"))
    seen = expect.paid(sale, "webhook|return_page")
    expect.equal("payments", len(sale.payments), 1)
    return f"declined once, then {seen}"


def three_d_secure(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    page = stage.pay(sale, number=ASKS_FIRST)
    expect.equal("page", page.heading, "3-D Secure")
    expect.unpaid(sale, "open")
    form = page.form("authentication")
    page = sale.browser.submit(page, form, {"authentication": "complete"})
    expect.equal("return page", (page.status, page.state), (200, "paid"))
    return f"{expect.paid(sale, 'webhook|return_page')} after the bank's question"


def delayed_success(stage: Stage) -> str:
    sale = stage.order_product("soup-bowl")
    page = stage.pay(sale, iban=PAYS_LATER)
    expect.equal("return page", (page.status, page.state), (200, "processing"))
    expect.unpaid(sale, "processing")
    stage.sandbox.clock.advance(BANK_DAYS)
    eventually("the bank's yes", lambda: sale.order.status == "paid")
    seen = expect.paid(sale, "webhook")
    page = stage.come_back(sale)
    expect.equal("return page", page.state, "paid")
    return f"processing, and after the bank's yes {seen}"


def delayed_failure(stage: Stage) -> str:
    sale = stage.order_product("soup-bowl")
    page = stage.pay(sale, iban=FAILS_LATER)
    expect.equal("return page", (page.status, page.state), (200, "processing"))
    expect.unpaid(sale, "processing")
    stage.sandbox.clock.advance(BANK_DAYS)
    eventually("the bank's no", lambda: sale.payment.status == "failed")
    expect.unpaid(sale, "failed")
    page = stage.come_back(sale)
    expect.equal("return page", (page.status, page.state), (200, "failed"))
    # The page has the buyer try again: a new payment of the same order.
    form = next(form for form in page.forms if "/pay/" in form.action)
    sale.page = sale.browser.submit(page, form, {})
    page = stage.pay(sale)
    expect.equal("return page", page.state, "paid")
    statuses = [payment.status for payment in sale.payments]
    expect.equal("payments", statuses, ["failed", "succeeded"])
    seen = expect.paid(sale, "webhook|return_page")
    return f"payment failed, order kept; another try: {seen}"


def expired_session(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    expect.unpaid(sale, "open")
    payment_page = stage.session(sale)["url"]
    stage.sandbox.clock.advance(DAY)
    eventually("the expiry", lambda: sale.payment.status == "expired")
    expect.unpaid(sale, "expired")
    expect.equal("live payment", sale.payment.live, None)
    page = stage.come_back(sale)
    expect.equal("return page", (page.status, page.state), (200, "failed"))
    page = sale.browser.open(payment_page)
    expect.equal("payment page", page.heading, "This page has expired")
    return (
        "payment expired by webhook, order pending and payable again, stock untouched"
    )
