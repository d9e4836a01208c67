import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient

from payments_connect.enums import PaymentStatus
from payments_connect.services.access import order_path
from payments_connect.services.ending import cancel_order
from payments_connect.testing.factories import PaymentFactory, make_order

from .sales import begin, page_of


@pytest.mark.django_db
class TestStatus:
    """The status the page polls: our rows only, a few bytes, no secrets."""

    @pytest.mark.parametrize(
        ("status", "state", "final"),
        [
            (PaymentStatus.CREATED, "open", True),
            (PaymentStatus.OPEN, "checking", False),
            (PaymentStatus.REVIEW, "checking", False),
            (PaymentStatus.PROCESSING, "processing", True),
            (PaymentStatus.AUTHORIZED, "processing", True),
            (PaymentStatus.FAILED, "failed", True),
            (PaymentStatus.EXPIRED, "failed", True),
            (PaymentStatus.CANCELED, "failed", True),
        ],
    )
    def test_each_payment_status_is_one_of_five_words(
        self, client, status, *, state, final
    ):
        """The newest payment of a pending order decides."""
        payment = PaymentFactory(status=status)
        answer = page_of(client, payment.order, "status")
        assert answer.json() == {"state": state, "final": final}

    def test_order_that_nobody_tried_to_pay_is_open(self, client):
        """There is nothing to wait for."""
        answer = page_of(client, make_order(), "status")
        assert answer.json() == {"state": "open", "final": True}

    def test_canceled_order_has_failed(self, client):
        """Even if it never had a payment."""
        order = make_order()
        cancel_order(order)
        assert page_of(client, order, "status").json()["state"] == "failed"

    def test_gateway_is_never_asked(self, account, client, payments_sandbox):
        """However often the page polls."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        before = len(payments_sandbox.requests)
        for _time in range(3):
            assert page_of(client, order, "status").json()["state"] == "checking"
        assert len(payments_sandbox.requests) == before

    def test_paid_order_is_final(
        self, account, client, *, payments_sandbox, payments_events
    ):
        """After the webhook the page goes to its last state."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new()
        answer = page_of(client, order, "status")
        assert answer.json() == {"state": "paid", "final": True}

    def test_two_queries_and_no_write(self, client, django_assert_num_queries):
        """Order and newest payment; the key needs no session."""
        payment = PaymentFactory(status=PaymentStatus.OPEN)
        PaymentFactory(order=payment.order, status=PaymentStatus.FAILED, live=None)
        with django_assert_num_queries(2):
            page_of(client, payment.order, "status")

    def test_answer_is_kept_by_nobody(self, client):
        """A cached "checking" would be repeated for ever."""
        answer = page_of(client, make_order(), "status")
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"] == "application/json"

    def test_asgi_answers_as_well(self):
        """The same view under an asynchronous server."""
        path = order_path(make_order(), "status")
        assert async_to_sync(AsyncClient().get)(path).json()["state"] == "open"
