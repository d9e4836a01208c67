"""Checkouts are ended without ending one that a buyer is about to pay."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payments_connect.api import OrderNotPayable
from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.exceptions import GatewayNotFound
from payments_connect.models import Order, Payment
from payments_connect.services.ending import abandon, cancel_order
from payments_connect.services.orders import mark_canceled
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import PaymentFactory

from .sales import checkout, fresh, pass_time, sell

pytestmark = pytest.mark.django_db(transaction=True)


def forget(payment):
    """Make the gateway not know a checkout: its id was of a deleted test account."""
    Payment.objects.filter(pk=payment.pk).update(checkout_id="cs_test_gone")
    return fresh(payment)


def age(payment, **span):
    when = timezone.now() - timedelta(**span)
    Payment.objects.filter(pk=payment.pk).update(expires_at=when, created_at=when)


class TestAbandon:
    @pytest.mark.parametrize(
        "status",
        [PaymentStatus.OPEN, PaymentStatus.PROCESSING, PaymentStatus.AUTHORIZED],
    )
    def test_a_payment_that_was_recorded_meanwhile_is_left_alone(self, status):
        """Its buyer holds the address: another checkout beside it would be paid too."""
        stale = PaymentFactory.create()
        Payment.objects.update(status=status, checkout_id="cs_1")
        assert not abandon(stale)
        assert fresh(stale).status == status
        assert stale.live

    def test_one_nobody_can_pay_is_given_up(self):
        """Created and never recorded: nobody holds its address."""
        payment = PaymentFactory.create()
        assert abandon(payment)
        assert fresh(payment).status == PaymentStatus.CANCELED


class TestCancelOrder:
    def test_a_checkout_started_meanwhile_keeps_the_order(self):
        """Cancelling looks again, with the order locked."""
        payment = PaymentFactory.create()
        with pytest.raises(OrderNotPayable):
            mark_canceled(payment.order)
        assert fresh(payment.order).status == OrderStatus.PENDING

    def test_a_payment_recorded_while_it_was_abandoned_is_ended(
        self, account, monkeypatch
    ):
        """The look said created, the row is open by now: its page is ended."""
        order, payment = sell(account)
        stale = Payment.objects.select_related("order", "account").get()
        stale.status = PaymentStatus.CREATED
        monkeypatch.setattr(
            "payments_connect.services.ending.live_payment", lambda _order: stale
        )
        assert cancel_order(order)
        assert fresh(payment).status == PaymentStatus.EXPIRED


class TestGoneAtTheGateway:
    def test_before_its_time_is_over_it_is_asked_about_again(self, account):
        """A wrong key may be put right: nothing is given up early."""
        order, payment = sell(account)
        forget(payment)
        with pytest.raises(GatewayNotFound):
            checkout(order)
        with pytest.raises(GatewayNotFound):
            cancel_order(order)
        pass_time(Payment)
        assert sweep().failures == 1
        assert fresh(payment).status == PaymentStatus.OPEN
        assert payment.due_at > timezone.now() + timedelta(minutes=30)

    def test_an_order_waits_an_hour_for_it(self, account):
        """An order whose page cannot be ended is not asked about every five minutes."""
        order, payment = sell(account)
        forget(payment)
        pass_time(Order)
        assert sweep().failures == 1
        assert fresh(order).due_at > timezone.now() + timedelta(minutes=30)

    @pytest.mark.parametrize("how", ["click", "cancel", "sweep"])
    def test_long_over_it_counts_as_expired(self, account, how):
        """The order can be paid otherwise, canceled, and stops failing the sweep."""
        order, payment = sell(account)
        forget(payment)
        age(payment, days=3)
        if how == "click":
            assert checkout(order).payment != payment
        elif how == "cancel":
            assert cancel_order(order)
        else:
            pass_time(Payment)
            assert sweep().failures == 0
        assert fresh(payment).status == PaymentStatus.EXPIRED
        assert payment.failure_code == "resource_missing"

    def test_what_is_on_its_way_is_never_given_up(self, account):
        """A delayed payment holds the buyer's money."""
        _order, payment = sell(account)
        forget(payment)
        age(payment, days=3)
        Payment.objects.update(status=PaymentStatus.PROCESSING)
        pass_time(Payment)
        assert sweep().failures == 1
        assert fresh(payment).status == PaymentStatus.PROCESSING
