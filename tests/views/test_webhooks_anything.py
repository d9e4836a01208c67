import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments_connect.enums import OrderStatus
from payments_connect.testing.events import stripe_event

from .deliveries import open_payment, paid_session, post

TEXT = st.text(st.characters(codec=None), max_size=12)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 10**30, 2**63, 10_000, 9_999])
    | st.floats()
    | TEXT
    | st.sampled_from(["a" * 300, "evt 1", "\x00", "\ud800", "open", "unpaid", "eur"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=6,
)
MISSING = object()


def paths(value, base=()):
    """Give the path of everything in a JSON value."""
    yield base
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*base, key))


def changed(event, path, value):
    """Return a copy of an event with another value in one place, or nothing there."""
    if not path:
        return value if value is not MISSING else {}
    copied = copy.deepcopy(event)
    inner = copied
    for key in path[:-1]:
        inner = inner[key]
    if value is MISSING:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return copied


EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "application_fee.created",
)


def event_about(payment, event_type):
    """Return a good event of a type about a payment."""
    if event_type.startswith("checkout"):
        found = paid_session(payment)
    else:
        found = {
            "id": payment.external_id,
            "status": "succeeded",
            "amount": payment.amount,
            "amount_received": payment.amount,
            "application_fee_amount": None,
            "currency": "usd",
            "latest_charge": "ch_1",
            "charge": "ch_1",
            "account": None,
            "livemode": False,
            "last_payment_error": {"code": "x", "message": "y", "decline_code": "z"},
            "metadata": {
                "payments_connect": "tests",
                "payments_connect_payment": str(payment.public_id),
            },
        }
    return stripe_event(event_type, found)


def still_says_paid(event, payment):
    """Whether an event says that all the money is there."""
    found = event["data"]["object"]
    amounts = {found.get("amount_total", found.get("amount"))}
    return amounts == {payment.amount} and found["currency"].upper() == "USD"


@pytest.mark.django_db
class TestAnything:
    """Any JSON value in any place of a signed event does no harm."""

    @settings(
        max_examples=200,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.data())
    def test_no_value_anywhere_breaks_or_cheats_us(self, payments_sandbox, data):
        """No unhandled error, no 500, and no order paid by less than its total."""
        payment = open_payment(checkout_id=None)
        payment.checkout_id = f"cs_test_{payment.pk}"
        payment.external_id = f"pi_{payment.pk}"
        payment.save()
        good = event_about(payment, data.draw(st.sampled_from(EVENTS)))
        path = data.draw(st.sampled_from(sorted(paths(good))))
        event = changed(good, path, data.draw(JSON | st.just(MISSING)))
        endpoint = data.draw(st.sampled_from(["platform", "connect"]))
        response = post(endpoint, json.dumps(event))
        assert response.status_code in (200, 400)
        payment.order.refresh_from_db()
        if payment.order.status == OrderStatus.PAID:
            assert still_says_paid(event, payment)
