import json
import threading
import time
from datetime import timedelta

import pytest
import stripe
from django.utils import timezone

from payments_connect.enums import IntentStatus, OrderStatus, PaymentStatus
from payments_connect.exceptions import (
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
    OrderNotPayable,
)
from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.models import Intent, Payment
from payments_connect.sandbox import Fault
from payments_connect.services.ending import abandon
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import make_line, make_order

from .sales import checkout, fresh, pass_time, sell

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("one_try"),
]

CREATE = {"method": "POST", "path": "/v1/checkout/sessions"}


@pytest.fixture
def order(account):
    return make_order(lines=[make_line(seller=account.seller)])


@pytest.fixture
def fault(payments_sandbox):
    """Arm a fault of the call that creates the session."""

    def arm(kind, **fields):
        payments_sandbox.faults.add(Fault(kind, **CREATE | fields))

    return arm


def created(sandbox):
    """The ids of all sessions ever created at the gateway."""
    return [each["id"] for each in sandbox.stripe.world.store.each("checkout.session")]


def keys(sandbox):
    """The idempotency key of each call that creates a session."""
    return [
        call.idempotency_key
        for call in sandbox.requests
        if (call.method, call.path) == ("POST", "/v1/checkout/sessions")
    ]


class TestUnknown:
    def test_lost_answer_second_click_gets_the_same_session(
        self, order, fault, payments_sandbox
    ):
        """The gateway did it and we do not know: the same key gives the same page."""
        fault("timeout_after_success")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        payment = Payment.objects.get()
        assert payment.status == PaymentStatus.CREATED
        assert Intent.objects.get().status == IntentStatus.UNKNOWN
        started = checkout(order)
        assert started.payment == payment
        assert created(payments_sandbox) == [started.payment.checkout_id]
        assert len(set(keys(payments_sandbox))) == 1
        assert Intent.objects.get().status == IntentStatus.SUCCEEDED

    def test_request_is_repeated_byte_by_byte(self, order, fault, settings):
        """Changed settings or prices do not change a request that was made."""
        fault("timeout_after_success")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "CHECKOUT_EXPIRES_AFTER": timedelta(hours=1)
        }
        order.lines.update(description="Renamed")
        assert checkout(order).payment == Payment.objects.get()

    def test_never_heard_by_the_gateway_is_repeated_too(
        self, order, fault, payments_sandbox
    ):
        """Not attempted looks the same from here, and ends the same."""
        fault("connection_reset")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        assert checkout(order).payment == Payment.objects.get()
        assert len(created(payments_sandbox)) == 1

    def test_paid_by_nobody_it_is_given_up_by_the_sweep(
        self, order, fault, payments_sandbox
    ):
        """Nobody holds the page's address, so nobody can pay it."""
        fault("timeout_after_success")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        Payment.objects.update(due_at=timezone.now())
        sweep()
        assert Payment.objects.get().status == PaymentStatus.CANCELED
        assert Intent.objects.get().status == IntentStatus.ABANDONED
        again = checkout(order)
        assert again.payment != Payment.objects.earliest("pk")
        assert len(set(keys(payments_sandbox))) == 2

    def test_no_sweep_repeats_a_checkout(self, order, fault, payments_sandbox):
        """Only the buyer's click has use for the page's address."""
        fault("connection_reset")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        calls = len(payments_sandbox.requests)
        pass_time()
        sweep()
        assert len(payments_sandbox.requests) == calls

    def test_a_call_that_still_runs_is_not_an_unknown_one(
        self, order, fault, *, payments_sandbox, meanwhile
    ):
        """The gateway says the key is in use: wait, and repeat it."""
        running = threading.Thread(target=lambda: _repeat(payments_sandbox, intents[0]))
        intents = []

        def other_process():
            fault("slow", seconds=0.5)
            intents.append(Intent.objects.get())
            running.start()
            while not payments_sandbox.stripe.api.idempotency._stored:
                time.sleep(0.01)

        meanwhile("create_checkout", other_process, first=True)
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        assert Intent.objects.get().status == IntentStatus.PENDING
        running.join()
        assert checkout(order).payment == Payment.objects.get()
        assert len(created(payments_sandbox)) == 1


def _repeat(sandbox, intent):
    """Make the stored call again, as another process would."""
    stored = json.loads(intent.request)
    http_client = stripe.RequestsClient()
    client = stripe.StripeClient(
        sandbox.stripe.secret_key,
        http_client=http_client,
        stripe_version=API_VERSION,
        base_addresses={"api": sandbox.stripe.url},
    )
    client.v1.checkout.sessions.create(
        stored["params"] | {"expand": ["payment_intent"]},
        {
            "stripe_account": stored["account"],
            "idempotency_key": intent.idempotency_key,
        },
    )
    http_client.close()


class TestReplayedFailure:
    def test_a_stored_500_is_left_behind_by_a_new_attempt(
        self, order, fault, payments_sandbox
    ):
        """The gateway replays a failure for a day; a new key gets through."""
        fault("http_500")
        for _click in range(2):
            with pytest.raises(GatewayUnavailable):
                checkout(order)
        started = checkout(order)
        first, replayed, new = keys(payments_sandbox)
        assert first == replayed != new
        assert started.payment.status == PaymentStatus.OPEN
        assert Payment.objects.earliest("pk").status == PaymentStatus.CANCELED
        assert Intent.objects.earliest("pk").status == IntentStatus.ABANDONED

    def test_a_500_that_was_not_stored_is_repeated(
        self, order, fault, payments_sandbox
    ):
        """One failure is no reason to make another session."""
        fault("http_500_then_success")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        checkout(order)
        assert len(set(keys(payments_sandbox))) == 1
        assert len(created(payments_sandbox)) == 1

    @pytest.mark.parametrize("kind", ["http_429", "http_503_down"])
    def test_an_overloaded_gateway_is_asked_again(
        self, order, fault, *, payments_sandbox, kind
    ):
        """Rate limits and outages pass."""
        fault(kind)
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        payments_sandbox.faults.clear()
        assert checkout(order).payment == Payment.objects.get()


class TestOldKey:
    def test_is_not_used_again(self, order, fault, payments_sandbox):
        """The gateway may have forgotten it: the same key could make a second page."""
        fault("timeout_after_success")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        yesterday = timezone.now() - timedelta(hours=23, minutes=1)
        Payment.objects.update(created_at=yesterday)
        Intent.objects.update(created_at=yesterday)
        started = checkout(order)
        assert Payment.objects.earliest("pk").status == PaymentStatus.CANCELED
        assert started.payment == Payment.objects.latest("pk")
        assert len(set(keys(payments_sandbox))) == 2

    def test_a_payment_without_its_intent_is_given_up(self, order, fault):
        """Whoever deleted the intent deleted the request."""
        fault("connection_reset")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        Intent.objects.all().delete()
        assert checkout(order).payment == Payment.objects.latest("pk")
        assert Payment.objects.earliest("pk").status == PaymentStatus.CANCELED


class TestRefused:
    def test_a_definite_no_closes_the_attempt(
        self, order, account, *, payments_sandbox, heard
    ):
        """The payment failed; the next click is a new attempt with a new key."""
        payments_sandbox.stripe.alter(account.external_id, charges_enabled=False)
        with pytest.raises(GatewayRefused):
            checkout(order)
        first = Payment.objects.get()
        assert (first.status, first.live) == (PaymentStatus.FAILED, None)
        intent = Intent.objects.get()
        assert intent.status == IntentStatus.REFUSED
        assert "GatewayRefused" in intent.last_error
        assert fresh(order).status == OrderStatus.PENDING
        assert heard == ["payment_failed"]
        payments_sandbox.stripe.alter(account.external_id, charges_enabled=True)
        second = checkout(order).payment
        assert second != first
        assert len(set(keys(payments_sandbox))) == 2

    def test_a_payment_that_was_given_up_meanwhile_stays_given_up(
        self, order, account, *, payments_sandbox, meanwhile, heard
    ):
        """It ended once, and that was said once."""
        payments_sandbox.stripe.alter(account.external_id, charges_enabled=False)
        meanwhile("create_checkout", lambda: abandon(Payment.objects.get()), first=True)
        with pytest.raises(GatewayRefused):
            checkout(order)
        assert Payment.objects.get().status == PaymentStatus.CANCELED
        assert heard == ["payment_failed"]

    def test_wrong_keys_are_the_developers_business(self, order, one_try):
        """Not the buyer's fault, and nothing is left half open."""
        one_try(api_key="sk_test_wrong")
        with pytest.raises(GatewayMisconfigured):
            checkout(order)
        assert Payment.objects.get().status == PaymentStatus.FAILED

    def test_no_key_at_all(self, order, one_try):
        """The same before the first call."""
        one_try(api_key="")
        order.lines.update(seller=None)
        with pytest.raises(GatewayMisconfigured):
            checkout(order)


class TestAbandon:
    def test_an_open_payment_is_not_given_up(self, account):
        """Somebody holds its address."""
        _order, payment = sell(account)
        Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.SUCCEEDED)
        assert not abandon(payment)
        assert fresh(payment).status == PaymentStatus.SUCCEEDED

    def test_gives_up_once(self, order, fault):
        """A second sweep finds nothing to do."""
        fault("connection_reset")
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        payment = Payment.objects.get()
        assert abandon(payment)
        assert not abandon(Payment.objects.get())


class TestResumeWhileDown:
    def test_says_unavailable_and_changes_nothing(self, order, payments_sandbox):
        """An open page that cannot be looked at now is looked at later."""
        payment = checkout(order).payment
        payments_sandbox.faults.add(Fault("http_503_down"))
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        assert fresh(payment).status == PaymentStatus.OPEN
        payments_sandbox.faults.clear()
        assert checkout(order).payment == payment

    def test_a_page_that_cannot_be_ended_is_not_replaced(self, order, payments_sandbox):
        """Two payable pages of one order must never exist."""
        payment = checkout(order).payment
        payments_sandbox.faults.add(Fault("http_503_down", path=r".*/expire"))
        with pytest.raises(GatewayUnavailable):
            checkout(order, allow_promotion_codes=True)
        assert Payment.objects.get() == payment
        payments_sandbox.faults.clear()
        payments_sandbox.stripe.pay(payment.checkout_id)
        with pytest.raises(OrderNotPayable):
            checkout(order, allow_promotion_codes=True)
