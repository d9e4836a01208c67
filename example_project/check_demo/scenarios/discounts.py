"""Orders that cost nothing in the end, and one that only claims to."""

from example_project.check_demo import expect
from example_project.check_demo.expect import eventually
from example_project.check_demo.stage import Sale, Stage
from payments_connect.models import PromotionRedemption

GOODS = "croissants"  # whose checkout takes Stripe's own codes


def own_code(stage: Stage) -> str:
    calls = len(stage.sandbox.requests)
    sale = stage.order_product("sourdough", code="free100")
    expect.equal("page", (sale.page.status, sale.page.state), (200, "paid"))
    expect.equal("calls of the gateway", len(stage.sandbox.requests) - calls, 0)
    seen = expect.paid(sale, "local")
    expect.equal("total", sale.order.total, 0)
    redemption = PromotionRedemption.objects.get(order=sale.order)
    expect.equal("redemption", redemption.status, "reserved")
    return f"{seen}, no gateway call, no ledger entry"


def stripe_code_paid(stage: Stage) -> str:
    return _stripe_code(stage, "paid")


def stripe_code_not_required(stage: Stage) -> str:
    return _stripe_code(stage, "no_payment_required")


def _stripe_code(stage: Stage, payment_status: str) -> str:
    """Both words are Stripe's for the same fact, in different versions of its API."""
    stage.sandbox.stripe.zero_total_payment_status = payment_status
    sale = stage.order_product(GOODS)
    form = sale.page.form("action")
    sale.page = sale.browser.submit(
        sale.page, form, {"action": "apply", "promotion_code": "STRIPE100"}
    )
    page = stage.pay(sale)
    expect.equal("return page", (page.status, page.state), (200, "paid"))
    session = stage.session(sale)
    expect.equal("payment_status", session["payment_status"], payment_status)
    expect.equal("payment_intent", session["payment_intent"], None)
    seen = expect.paid(sale, "webhook|return_page", amount=0)
    return f"{seen}, no payment intent, no ledger entry"


def not_required_not_zero(stage: Stage) -> str:
    """As a trial or a setup looks; neither shape may pay a one-off order."""
    complete, still_open = (_claim(stage, status) for status in ("complete", "open"))
    expect.unpaid(complete, "review")
    expect.unpaid(still_open, "open")
    page = stage.come_back(complete)
    expect.equal("return page", (page.status, page.state), (200, "checking"))
    return (
        f"complete and 14.00: payment in review ({complete.payment.review_reason}); "
        "still open: payment open; both orders pending"
    )


def _claim(stage: Stage, status: str) -> Sale:
    sale = stage.order_product(GOODS)
    stripe = stage.sandbox.stripe
    stripe.alter(
        sale.payment.checkout_id, status=status, payment_status="no_payment_required"
    )
    event = stripe.emit("checkout.session.completed", sale.payment.checkout_id)
    eventually("the event", lambda: expect.events(event["id"]))
    expect.equal("event", expect.events(event["id"]), {event["id"]: "processed"})
    return sale
