import pytest
from django.db import connection, transaction

from payments_connect import signals
from payments_connect.enums import PaymentStatus, Source
from payments_connect.models import Order, Payment
from payments_connect.services.settlement import settle_payment
from payments_connect.testing.factories import (
    PaymentFactory,
    StockItemFactory,
    make_line,
    make_order,
)

from .snapshots import session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listen():
    """Connect receivers for the length of a test."""
    connected = []

    def connect(signal, receiver):
        signal.connect(receiver)
        connected.append((signal, receiver))

    yield connect
    for signal, receiver in connected:
        signal.disconnect(receiver)


class TestSignals:
    def test_are_sent_after_the_commit(self, listen):
        """A receiver sees what everybody sees, and may call anybody."""
        seen = []

        def receiver(sender, order, payment, **_kwargs):
            seen.append((sender, order, payment, connection.in_atomic_block))

        listen(signals.order_paid, receiver)
        payment = PaymentFactory.create(checkout_id="cs_1")
        with transaction.atomic():
            settle_payment(session_of(payment), source=Source.WEBHOOK)
            assert seen == []
        assert seen == [(Order, payment.order, payment, False)]

    def test_are_not_sent_for_what_was_rolled_back(self, heard):
        """Nothing happened, nobody hears of it."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        with transaction.atomic():
            settle_payment(session_of(payment), source=Source.WEBHOOK)
            transaction.set_rollback(True)
        assert heard == []

    @pytest.mark.parametrize(
        ("status", "name"),
        [
            (PaymentStatus.PROCESSING, "payment_processing"),
            (PaymentStatus.FAILED, "payment_failed"),
            (PaymentStatus.EXPIRED, "payment_failed"),
            (PaymentStatus.CANCELED, "payment_failed"),
            (PaymentStatus.REVIEW, "payment_needs_review"),
            (PaymentStatus.SUCCEEDED, "order_paid"),
        ],
    )
    def test_once_per_transition(self, heard, status, name):
        """Copies of a fact are silent."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        for source in Source:
            settle_payment(session_of(payment, status=status), source=source)
        assert heard == [name]

    @pytest.mark.parametrize("status", [PaymentStatus.OPEN, PaymentStatus.AUTHORIZED])
    def test_nothing_is_said_about_steps_on_the_way(self, heard, status):
        """No signal exists for them."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(session_of(payment, status=status), source=Source.WEBHOOK)
        assert heard == []

    def test_an_order_short_of_stock_is_announced_as_paid_and_on_hold(self, heard):
        """Two facts, two signals."""
        stock = StockItemFactory.create(available=0)
        order = make_order(lines=[make_line(stock_item=stock)])
        payment = PaymentFactory.create(order=order, checkout_id="cs_1")
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        assert sorted(heard) == ["order_on_hold", "order_paid"]

    def test_one_receiver_s_failure_stops_no_other(self, listen, heard, *, caplog):
        """Robust: it is logged by its class only."""

        def receiver(**_kwargs):
            raise ValueError("buyer@example.com")

        listen(signals.payment_failed, receiver)
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(
            session_of(payment, status=PaymentStatus.FAILED), source=Source.WEBHOOK
        )
        assert heard == ["payment_failed"]
        assert Payment.objects.get().status == PaymentStatus.FAILED
        ours = [r for r in caplog.records if r.name.startswith("payments_connect")]
        assert "ValueError" in ours[-1].getMessage()
        assert "buyer@example.com" not in ours[-1].getMessage()
