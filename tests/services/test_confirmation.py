from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from payments_connect.enums import OrderStatus, PaymentStatus, Source
from payments_connect.exceptions import GatewayUnavailable
from payments_connect.models import Payment
from payments_connect.sandbox import Fault
from payments_connect.services.confirmation import confirm_on_return, confirm_payment
from payments_connect.services.settlement import Settlement
from payments_connect.testing.factories import PaymentFactory

from .sales import fresh, sell

pytestmark = pytest.mark.django_db(transaction=True)


def calls_of(sandbox, before=0):
    return len(sandbox.requests) - before


class TestConfirmPayment:
    def test_settles_what_the_gateway_says(self, account, payments_sandbox):
        """The second source of every fact; the payment is fresh afterwards."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        outcome = confirm_payment(payment, source=Source.RETURN_PAGE)
        assert outcome is Settlement.APPLIED
        assert payment.status == PaymentStatus.SUCCEEDED
        assert fresh(order).status == OrderStatus.PAID

    def test_again_changes_nothing(self, account, payments_sandbox):
        """Asking is free of effects."""
        _order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        confirm_payment(payment)
        assert confirm_payment(payment) is Settlement.UNCHANGED

    def test_platform_sales_are_asked_about_on_the_platform(self, payments_sandbox):
        """No account, no header."""
        _order, payment = sell()
        payments_sandbox.stripe.pay(payment.checkout_id)
        assert confirm_payment(payment) is Settlement.APPLIED
        assert payments_sandbox.requests[-1].account is None

    def test_without_a_checkout_there_is_nothing_to_ask(self, payments_sandbox):
        """Not created yet, or paid without any gateway."""
        payment = PaymentFactory.create()
        assert confirm_payment(payment) is Settlement.SKIPPED
        assert payments_sandbox.requests == []

    def test_a_gateway_that_is_down_leaves_the_rows_and_asks_soon(
        self, account, payments_sandbox
    ):
        """Nobody knows is not "failed"."""
        _order, payment = sell(account)
        Payment.objects.update(due_at=timezone.now() + timedelta(hours=1))
        payments_sandbox.faults.add(Fault("http_503_down"))
        with pytest.raises(GatewayUnavailable):
            confirm_payment(payment)
        assert fresh(payment).status == PaymentStatus.OPEN
        assert payment.due_at < timezone.now() + timedelta(minutes=6)

    def test_a_payment_due_sooner_stays_due_sooner(self, account, payments_sandbox):
        """Failing to ask postpones nothing."""
        _order, payment = sell(account)
        soon = timezone.now() + timedelta(minutes=1)
        Payment.objects.update(due_at=soon)
        payments_sandbox.faults.add(Fault("http_503_down"))
        with pytest.raises(GatewayUnavailable):
            confirm_payment(payment)
        assert abs(fresh(payment).due_at - soon) < timedelta(seconds=1)

    def test_inside_a_transaction(self, account):
        """It calls the gateway, and says so."""
        _order, payment = sell(account)
        with (
            transaction.atomic(),
            pytest.raises(RuntimeError, match=r"confirm_payment\(\)"),
        ):
            confirm_payment(payment)


class TestThrottle:
    def test_return_pages_ask_once_in_a_while(self, account, payments_sandbox):
        """A buyer who reloads costs one call; the webhook comes anyway."""
        _order, payment = sell(account)
        before = calls_of(payments_sandbox)
        for _reload in range(5):
            confirm_on_return(payment)
        assert calls_of(payments_sandbox, before) == 1
        Payment.objects.update(last_checked_at=timezone.now() - timedelta(seconds=11))
        confirm_on_return(payment)
        assert calls_of(payments_sandbox, before) == 2

    def test_the_sweep_is_not_throttled(self, account, payments_sandbox):
        """What is due is asked about."""
        _order, payment = sell(account)
        before = calls_of(payments_sandbox)
        confirm_on_return(payment)
        confirm_payment(payment)
        assert calls_of(payments_sandbox, before) == 2

    @pytest.mark.parametrize(
        "status", [PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW, PaymentStatus.EXPIRED]
    )
    def test_what_is_over_is_not_asked_about(self, account, payments_sandbox, status):
        """The page of a paid order costs no call at all."""
        _order, payment = sell(account)
        payment.status = status
        before = calls_of(payments_sandbox)
        confirm_on_return(payment)
        assert calls_of(payments_sandbox, before) == 0
