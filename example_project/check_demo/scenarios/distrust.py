"""What must not be believed at once: altered money, borrowed marks, strangers."""

from typing import Any

from example_project.check_demo import expect
from example_project.check_demo.browser import Browser
from example_project.check_demo.expect import eventually
from example_project.check_demo.stage import Sale, Stage
from example_project.settings import PAYMENTS_CONNECT
from example_project.shop import goods
from payments_connect.models import ConnectedAccount, WebhookEvent

from .confirming import completed, sweep_now

MOST_SWEEPS = 10
REASON = "Agreed with the seller on the telephone."


def altered_to_one_cent(stage: Stage) -> str:
    sale = stage.order_product("wedding-cake")
    stage.sandbox.stripe.alter(
        sale.payment.checkout_id, amount_total=1, amount_subtotal=1
    )
    page = stage.pay(sale)
    expect.equal("return page", (page.status, page.state), (200, "checking"))
    eventually("the review", lambda: sale.payment.status == "review")
    expect.unpaid(sale, "review")
    expect.equal("captured", sale.payment.amount_captured, 1)
    _accept_in_admin(stage, sale)
    seen = expect.paid(sale, "admin", amount=1)
    expect.equal("reason kept", REASON in sale.payment.review_reason, True)
    expect.equal("return page", stage.come_back(sale).state, "paid")
    return f"review: {sale.payment.review_reason} {seen}"


def _accept_in_admin(stage: Stage, sale: Sale) -> None:
    person = Browser(stage.site)
    page = person.open("/admin/login/?next=/admin/payments_connect/payment/")
    login = {"username": goods.ADMIN, "password": goods.PASSWORD}
    page = person.submit(page, page.form("password"), login)
    chosen = {"action": "accept", "_selected_action": str(sale.payment.pk)}
    page = person.submit(page, page.form("_selected_action"), chosen)
    page = person.submit(page, page.form("reason"), {"reason": REASON})
    expect.equal("admin", page.status, 200)


def metadata_of_another(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    stolen = stage.session(sale)["metadata"]
    own = ConnectedAccount.objects.get(external_id=sale.account)
    other = ConnectedAccount.objects.exclude(pk=own.pk).get()
    fakes = [
        _session_of(stage, account, {"metadata": stolen}) for account in (other, own)
    ]
    for fake in fakes:
        stage.sandbox.stripe.pay(fake)
    claims = [completed(stage, fake)["id"] for fake in fakes]
    rejected = dict.fromkeys(claims, "rejected")
    eventually("the fakes' events", lambda: len(expect.events(*claims)) == len(claims))
    expect.equal("events", expect.events(*claims), rejected)
    expect.unpaid(sale, "open")
    expect.equal("return page", stage.come_back(sale).state, "open")
    stage.pay_elsewhere(sale)
    eventually("the real payment", lambda: sale.order.status == "paid")
    seen = expect.paid(sale, "webhook")
    expect.equal("events still", expect.events(*claims), rejected)
    return (
        f"events of {other.seller}'s session and of another one of {own.seller}'s "
        f"rejected, payment untouched; then {seen}"
    )


def foreign_events(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    account = ConnectedAccount.objects.get(external_id=sale.account)
    namespace = PAYMENTS_CONNECT["NAMESPACE"]
    mark = {
        name: "another-site" if value == namespace else value
        for name, value in stage.session(sale)["metadata"].items()
    }
    stripe = stage.sandbox.stripe
    with stage.held():
        other_site = _session_of(stage, account, {"metadata": mark})
        stripe.pay(other_site)
        others = completed(stage, other_site)["id"]
        customer = {"id": "cus_1", "object": "customer"}
        unknown = stripe.emit("customer.created", customer)["id"]
        for event_id in (others, unknown):
            answer = stripe.deliver(event_id)
            expect.equal("answer", [each.body for each in answer], ["ignored"])
        expect.equal("rows", expect.events(others, unknown), {})
        own = _session_of(stage, account, {})
        stripe.pay(own)
        event_id = completed(stage, own)["id"]
        answer = stripe.deliver(event_id)
        expect.equal("a seller's own", [each.body for each in answer], ["parked"])
    sweeps = _sweep_until_ignored(event_id)
    expect.unpaid(sale, "open")
    return (
        "another namespace and an unknown type: ignored, no row; a seller's own sale: "
        f"parked, ignored by sweep {sweeps}, payload dropped"
    )


def _sweep_until_ignored(event_id: str) -> int:
    row = WebhookEvent.objects.filter(event_id=event_id)
    for number in range(1, MOST_SWEEPS):
        sweep_now(event_id)
        if row.filter(status="ignored", payload="", due_at=None).exists():
            return number
    raise expect.Unexpected(f"{row.get().status} after {number} sweeps")


def _session_of(stage: Stage, account: ConnectedAccount, fields: dict[str, Any]) -> str:
    """A checkout that a seller makes with a key of its own; its id."""
    key = f"sk_test_of_{account.pk}"
    stage.sandbox.stripe.add_key(key, account.external_id)
    price = {
        "currency": "usd",
        "unit_amount": 1_00,
        "product_data": {"name": "Something else"},
    }
    params: Any = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "https://shop.example/",
        "payment_intent_data": fields,
        **fields,
    }
    return stage.stripe(key).v1.checkout.sessions.create(params).id
