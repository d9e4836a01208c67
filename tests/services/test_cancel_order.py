import pytest
from django.db import transaction

from payments_connect.enums import IntentStatus, OrderStatus, PaymentStatus
from payments_connect.exceptions import GatewayUnavailable, OrderNotPayable
from payments_connect.models import Intent, Payment
from payments_connect.sandbox import Fault
from payments_connect.services.ending import cancel_order
from payments_connect.testing.factories import make_line, make_order

from .sales import cancel_rows_only, checkout, fresh, sell

pytestmark = pytest.mark.django_db(transaction=True)


class TestCancelOrder:
    def test_without_any_payment(self, heard):
        """Nobody tried to pay: canceled, once."""
        order = make_order()
        assert cancel_order(order)
        assert not cancel_order(order)
        assert order.status == OrderStatus.CANCELED
        assert order.due_at is None
        assert heard == ["order_canceled"]

    def test_ends_the_open_page_first(self, account, payments_sandbox):
        """Nobody can pay a canceled order's page afterwards."""
        order, payment = sell(account)
        assert cancel_order(order)
        assert fresh(payment).status == PaymentStatus.EXPIRED
        session = payments_sandbox.stripe.get(payment.checkout_id)
        assert session["status"] == "expired"

    def test_gives_up_a_checkout_whose_outcome_is_unknown(
        self, account, one_try, payments_sandbox
    ):
        """Nobody holds its address."""
        order = make_order(lines=[make_line(seller=account.seller)])
        payments_sandbox.faults.add(Fault("timeout_after_success"))
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        assert cancel_order(order)
        assert Payment.objects.get().status == PaymentStatus.CANCELED
        assert Intent.objects.get().status == IntentStatus.ABANDONED

    def test_a_page_that_was_paid_meanwhile_pays_the_order(
        self, account, payments_sandbox
    ):
        """The buyer was faster: the order is paid, and the caller is told."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        with pytest.raises(OrderNotPayable, match="paid"):
            cancel_order(order)
        assert fresh(order).paid_by == payment

    def test_a_paid_order(self, account, payments_sandbox, payments_events):
        """Paid orders are refunded, not canceled."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new()
        with pytest.raises(OrderNotPayable, match="paid"):
            cancel_order(order)

    @pytest.mark.parametrize("status", [PaymentStatus.PROCESSING, PaymentStatus.REVIEW])
    def test_money_on_its_way_or_under_review(self, account, status):
        """While money may still come, or waits for a person, nothing is canceled."""
        order, payment = sell(account)
        Payment.objects.filter(pk=payment.pk).update(status=status)
        with pytest.raises(OrderNotPayable) as refused:
            cancel_order(order)
        assert refused.value.status == status
        assert fresh(order).status == OrderStatus.PENDING

    def test_gateway_down_cancels_nothing(self, account, payments_sandbox):
        """A page that may still be paid keeps its order."""
        order, payment = sell(account)
        payments_sandbox.faults.add(Fault("http_503_down"))
        with pytest.raises(GatewayUnavailable):
            cancel_order(order)
        assert fresh(order).status == OrderStatus.PENDING
        assert fresh(payment).status == PaymentStatus.OPEN

    def test_inside_a_transaction(self, account):
        """It may call the gateway, so it says so at once."""
        order = make_order()
        with (
            transaction.atomic(),
            pytest.raises(RuntimeError, match=r"cancel_order\(\)"),
        ):
            cancel_order(order)

    def test_an_order_canceled_in_our_rows_only_has_its_page_ended_too(
        self, account, payments_sandbox
    ):
        """Cancelling again ends what is still open."""
        order, payment = sell(account)
        cancel_rows_only(order)
        assert not cancel_order(order)
        assert fresh(payment).status == PaymentStatus.EXPIRED
