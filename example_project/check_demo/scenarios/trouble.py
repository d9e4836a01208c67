"""Sold out while paying, a gateway that is down, impatience, and a broken database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connection

from example_project.check_demo import expect
from example_project.check_demo.browser import Browser
from example_project.check_demo.expect import eventually
from example_project.check_demo.stage import Stage
from example_project.shop.models import Parcel
from payments_connect.models import Order, WebhookEvent
from payments_connect.sandbox import Fault

from .confirming import completed, sweep_now


def last_item_twice(stage: Stage) -> str:
    taken = stage.order_product("wheel-class", quantity=2)
    stage.pay(taken)
    expect.paid(taken, "webhook|return_page")
    first, second = (stage.order_product("wheel-class") for _ in range(2))
    expect.equal("seats left", (first.stock_before, second.stock_before), (1, 1))
    page = stage.pay(first)
    expect.equal("first return page", page.state, "paid")
    page = stage.pay(second)
    expect.equal("second return page", page.state, "paid")
    expect.equal("says sold out", "just sold out" in page.text, True)
    seen = expect.paid(first, "webhook|return_page")
    order = second.order
    expect.equal("second", (order.status, order.fulfilment), ("paid", "on_hold"))
    expect.ledger(second, charge=45_00, fee=4_50)
    expect.equal("parcels", Parcel.objects.filter(order=order).count(), 0)
    expect.equal("seats", expect.available(second.product), 0)
    shop = Browser(stage.site).open(second.product.get_absolute_url())
    expect.equal("shop says", "Sold out" in shop.text, True)
    return f"first {seen}; second paid and on hold, 0 seats left, no parcel"


def gateway_down_at_return(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    with stage.held():
        stage.pay_elsewhere(sale)
        stage.sandbox.faults.add(Fault(kind="http_503_down", path="/v1/"))
        page = stage.come_back(sale)
        expect.equal("return page", (page.status, page.state), (200, "checking"))
        expect.unpaid(sale, "open")
        stage.sandbox.faults.clear()
    status = f"/payments/status/{sale.order.public_id}/"
    eventually("the status", lambda: sale.browser.json(status)["final"])
    expect.equal("status", sale.browser.json(status)["state"], "paid")
    seen = expect.paid(sale, "webhook")
    expect.equal("return page", stage.come_back(sale).state, "paid")
    return f"page said {page.heading!r}, then {seen}"


def double_click(stage: Stage) -> str:
    browser = Browser(stage.site)
    page = browser.open("/products/wedding-cake/")
    form, email = page.form("placement_key"), "double-click@example.com"

    def click(tab: Browser) -> str:
        return tab.submit(page, form, {"email": email}, follow=False).location

    calls = len(stage.sandbox.requests)
    with ThreadPoolExecutor(2) as pool:
        tabs = [browser.another_tab() for _ in range(2)]
        addresses = list(pool.map(click, tabs))
    expect.equal("orders", Order.objects.filter(email=email).count(), 1)
    order = Order.objects.get(email=email)
    expect.equal("payments", order.payments.count(), 1)
    payment = order.payments.get()
    wanted = stage.sandbox.stripe.get(payment.checkout_id)["url"]
    expect.equal("sent to", addresses, [wanted, wanted])
    keys = {
        call.idempotency_key
        for call in stage.sandbox.requests[calls:]
        if (call.method, call.path) == ("POST", "/v1/checkout/sessions")
    }
    expect.equal("checkouts asked for", len(keys), 1)
    return "two posts with one placement key: one order, one payment, one checkout"


def inbox_row_failing(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    with stage.held():
        stage.pay_elsewhere(sale)
        event_id = completed(stage, sale.payment.checkout_id)["id"]
        with _orders_that_cannot_be_paid():
            answers = stage.sandbox.stripe.deliver(event_id)
        expect.equal("answers", [each.status for each in answers], [500])
        row = WebhookEvent.objects.get(event_id=event_id)
        expect.equal("row", (row.status, row.attempts), ("failed", 1))
        expect.unpaid(sale, "open")
        sweep_now(event_id)
        row.refresh_from_db()
        expect.equal("row", (row.status, row.attempts), ("processed", 2))
        seen = expect.paid(sale, "webhook")
    return f"answered 500, row failed and kept; sweep: {seen}"


@contextmanager
def _orders_that_cannot_be_paid() -> Iterator[None]:
    """Break the settlement after its first writes, as a full disk or a bug would."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER broken BEFORE UPDATE ON {Order._meta.db_table} "
            "WHEN NEW.status = 'paid' BEGIN SELECT RAISE(ABORT, 'broken'); END"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER broken")
