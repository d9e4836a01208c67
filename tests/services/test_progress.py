import pytest

from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.models import Order, Payment
from payments_connect.sandbox import Fault
from payments_connect.services.orders import mark_canceled
from payments_connect.services.progress import Progress, confirm, state_of
from payments_connect.testing.factories import PaymentFactory, make_order

from .sales import sell

pytestmark = pytest.mark.django_db(transaction=True)


class TestStateOf:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            (PaymentStatus.CREATED, Progress.OPEN),
            (PaymentStatus.OPEN, Progress.CHECKING),
            (PaymentStatus.REVIEW, Progress.CHECKING),
            (PaymentStatus.PROCESSING, Progress.PROCESSING),
            (PaymentStatus.AUTHORIZED, Progress.PROCESSING),
            (PaymentStatus.FAILED, Progress.FAILED),
            (PaymentStatus.EXPIRED, Progress.FAILED),
            (PaymentStatus.CANCELED, Progress.FAILED),
            (PaymentStatus.SUCCEEDED, Progress.SURPLUS),
        ],
    )
    def test_says_what_the_newest_payment_says(self, status, state):
        """By our own rows only; what is not certain is being checked."""
        order = make_order()
        PaymentFactory.create(order=order, live=None)
        PaymentFactory.create(order=order, status=status, live=None)
        assert state_of(order) is state

    def test_a_paid_order_is_paid(self):
        """Whatever other payments it has."""
        order = make_order()
        PaymentFactory.create(order=order, status=PaymentStatus.FAILED, live=None)
        order.status = OrderStatus.PAID
        assert state_of(order) is Progress.PAID

    def test_without_a_payment(self):
        """Nobody tried yet, or nobody may any more."""
        order = make_order()
        assert state_of(order) is Progress.OPEN
        mark_canceled(order)
        assert state_of(order) is Progress.FAILED

    def test_only_checking_is_worth_waiting_for(self):
        """A page that polls knows when to stop."""
        waiting = [state for state in Progress if not state.is_final]
        assert waiting == [Progress.CHECKING]


class TestConfirm:
    def test_asks_the_gateway(self, account, payments_sandbox):
        """The buyer is faster than the webhook: paid all the same."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        assert confirm(order) is Progress.PAID
        assert order.status == OrderStatus.PAID

    def test_a_page_that_is_still_open_is_open_for_sure(self, account):
        """The gateway has just said so."""
        order, _payment = sell(account)
        assert confirm(order) is Progress.OPEN

    def test_a_moment_later_it_is_being_checked(self, account):
        """Nobody was asked, so nobody knows."""
        order, _payment = sell(account)
        confirm(order)
        assert confirm(order) is Progress.CHECKING

    def test_a_gateway_that_is_down_is_no_failure(
        self, account, payments_sandbox, *, caplog
    ):
        """Never an error page and never "failed"."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_sandbox.faults.add(Fault("http_503_down"))
        assert confirm(order) is Progress.CHECKING
        assert "GatewayUnavailable" in caplog.text

    def test_without_a_payment_nobody_is_asked(self, payments_sandbox):
        """There is nothing to ask about."""
        assert confirm(make_order()) is Progress.OPEN
        assert payments_sandbox.requests == []

    def test_a_payment_under_review_is_being_checked(self, account, payments_sandbox):
        """By a person."""
        order, payment = sell(account)
        Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.REVIEW)
        calls = len(payments_sandbox.requests)
        assert confirm(Order.objects.get(pk=order.pk)) is Progress.CHECKING
        assert len(payments_sandbox.requests) == calls
