"""Events that only point: what is retrieved, and what that proves."""

import pytest

from payments_connect.api import confirm_payment, start_checkout
from payments_connect.enums import PaymentStatus, WebhookStatus
from payments_connect.models import Payment, WebhookEvent
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import make_line, make_order

pytestmark = pytest.mark.django_db(transaction=True)
OLD_VERSION = "2020-08-27"


@pytest.fixture
def paid(payments_sandbox, account):
    """A payment the gateway holds money for; no event of it was delivered."""
    order = make_order(lines=[make_line(seller=account.seller)])
    started = start_checkout(order, success_url="http://testserver/ok")
    payments_sandbox.stripe.pay(started.payment.checkout_id)
    return started.payment


def intent_of(sandbox, payment):
    session = sandbox.stripe.get(payment.checkout_id)
    return sandbox.stripe.get(session["payment_intent"])


def hint(sandbox, found, event_type="payment_intent.succeeded"):
    """An event rendered in a version that may mean something else."""
    account = next(
        event["account"]
        for event in sandbox.stripe.events
        if event["data"]["object"]["id"] == found["id"]
    )
    return sandbox.stripe.emit(
        event_type, found, account=account, api_version=OLD_VERSION
    )


class TestOwnIntent:
    def test_a_payment_without_a_checkout_is_asked_about_by_its_own_id(
        self, payments_sandbox, payments_events, paid
    ):
        """Where only the payment intent is recorded, that is what is retrieved."""
        found = intent_of(payments_sandbox, paid)
        Payment.objects.update(checkout_id=None, external_id=found["id"])
        response = payments_events.post(hint(payments_sandbox, found))
        assert response.content == b"processed"
        paid.refresh_from_db()
        assert paid.status == PaymentStatus.SUCCEEDED
        assert paid.charge_id == found["latest_charge"]

    def test_it_can_be_confirmed_without_any_event(self, payments_sandbox, paid):
        """The sweep and the site ask by that id too, and never abandon it."""
        found = intent_of(payments_sandbox, paid)
        Payment.objects.update(checkout_id=None, external_id=found["id"])
        paid.refresh_from_db()
        confirm_payment(paid)
        assert paid.status == PaymentStatus.SUCCEEDED

    def test_allowed_changes_are_read_from_the_checkout(
        self, payments_sandbox, payments_events, paid
    ):
        """An intent does not tell its discount: the checkout is asked as well."""
        found = intent_of(payments_sandbox, paid)
        Payment.objects.update(external_id=found["id"], allows_discount=True)
        payments_sandbox.stripe.alter(found["id"], amount=90_00, amount_received=90_00)
        payments_sandbox.stripe.alter(
            paid.checkout_id,
            amount_total=90_00,
            total_details={
                "amount_discount": 10_00,
                "amount_shipping": 0,
                "amount_tax": 0,
            },
        )
        payments_events.post(hint(payments_sandbox, found))
        paid.refresh_from_db()
        assert paid.status == PaymentStatus.SUCCEEDED
        assert paid.amount_captured == 90_00


class TestOwnObjectGone:
    def test_is_kept_for_a_person(self, payments_sandbox, payments_events, paid):
        """A recorded object the gateway does not know is no fraud: nothing is lost."""
        found = intent_of(payments_sandbox, paid)
        event = hint(payments_sandbox, found)
        Payment.objects.update(checkout_id="cs_test_gone", external_id=None)
        assert payments_events.post(event).content == b"parked"
        WebhookEvent.objects.update(due_at="2020-01-01T00:00:00Z")
        assert sweep().failures == 1
        row = WebhookEvent.objects.get()
        assert row.status == WebhookStatus.PARKED
        assert "GatewayNotFound" in row.last_error
