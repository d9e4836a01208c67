import pytest

from payments_connect.enums import OrderStatus, PaymentStatus, Source
from payments_connect.sandbox import CardDeclined
from payments_connect.services.settlement import settle_payment
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import PaymentFactory

from .sales import checkout, fresh, pass_time, sell
from .snapshots import session_of

pytestmark = pytest.mark.django_db(transaction=True)

SUCCEEDS_LATER = "AT321904300235473204"
FAILS_LATER = "AT051904300235473205"
DECLINED_CARD = "4000000000000002"


@pytest.fixture
def debit(account, payments_sandbox):
    """Have the buyer pay by bank debit; gives order and payment."""

    def pay(iban):
        order, payment = sell(account, currency="EUR")
        payments_sandbox.stripe.pay(payment.checkout_id, iban)
        return order, payment

    return pay


@pytest.fixture
def bank_decides(payments_sandbox):
    """Let the days pass that a bank takes."""
    return lambda: payments_sandbox.clock.advance(300)


class TestProcessing:
    def test_is_neither_paid_nor_failed(self, debit, payments_events, heard):
        """Complete and unpaid: the money is on its way."""
        order, payment = debit(SUCCEEDS_LATER)
        payments_events.post_new()
        assert fresh(payment).status == PaymentStatus.PROCESSING
        assert payment.live
        assert fresh(order).status == OrderStatus.PENDING
        assert heard == ["payment_processing"]

    def test_then_paid(self, debit, bank_decides, *, payments_events, heard):
        """The bank says yes."""
        order, payment = debit(SUCCEEDS_LATER)
        payments_events.post_new()
        bank_decides()
        payments_events.post_new("checkout.session.async_payment_succeeded")
        assert fresh(order).paid_by == payment
        assert heard == ["payment_processing", "order_paid"]

    def test_then_failed(self, debit, bank_decides, *, payments_events, heard):
        """The bank says no; the buyer may try again."""
        order, payment = debit(FAILS_LATER)
        payments_events.post_new()
        bank_decides()
        payments_events.post_new("checkout.session.async_payment_failed")
        assert fresh(payment).status == PaymentStatus.FAILED
        assert fresh(order).status == OrderStatus.PENDING
        assert heard == ["payment_processing", "payment_failed"]
        assert checkout(order).payment != payment

    def test_the_sweep_finds_either_without_webhooks(self, debit, bank_decides):
        """Lost events: the gateway is asked."""
        paid, failed = debit(SUCCEEDS_LATER), debit(FAILS_LATER)
        for _day in range(2):
            pass_time()
            assert sweep().failures == 0
            bank_decides()
        pass_time()
        sweep()
        assert fresh(paid[0]).status == OrderStatus.PAID
        assert fresh(failed[1]).status == PaymentStatus.FAILED
        assert failed[1].failure_message

    def test_its_order_does_not_expire(self, debit):
        """Nobody cancels an order whose money is on its way."""
        order, payment = debit(SUCCEEDS_LATER)
        pass_time()
        sweep()
        pass_time()
        sweep()
        assert fresh(payment).status == PaymentStatus.PROCESSING
        assert fresh(order).status == OrderStatus.PENDING

    def test_an_expiry_does_not_end_it(self):
        """The page is over, the money is not."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        for status in (PaymentStatus.PROCESSING, PaymentStatus.EXPIRED):
            settle_payment(session_of(payment, status=status), source=Source.WEBHOOK)
        assert fresh(payment).status == PaymentStatus.PROCESSING


class TestOutOfOrder:
    def test_success_before_completion(
        self, debit, bank_decides, *, payments_sandbox, payments_events
    ):
        """The outcome's event comes first; the late "processing" changes nothing."""
        order, payment = debit(SUCCEEDS_LATER)
        bank_decides()
        for event in reversed(payments_sandbox.stripe.events):
            payments_events.post(event)
        assert fresh(order).paid_by == payment
        assert fresh(payment).status == PaymentStatus.SUCCEEDED

    def test_failure_before_completion(
        self, debit, bank_decides, *, payments_sandbox, payments_events
    ):
        """A failed debit stays failed when its earlier events come late."""
        _order, payment = debit(FAILS_LATER)
        bank_decides()
        for event in reversed(payments_sandbox.stripe.events):
            payments_events.post(event)
        pass_time()
        sweep()
        assert fresh(payment).status == PaymentStatus.FAILED

    def test_a_declined_card_s_late_event_does_not_fail_the_debit(
        self, account, *, payments_sandbox, payments_events
    ):
        """First a card was declined, then a debit started: its money is on the way.

        A failed payment would let the buyer pay a second time.
        """
        order, payment = sell(account, currency="EUR")
        with pytest.raises(CardDeclined):
            payments_sandbox.stripe.pay(payment.checkout_id, DECLINED_CARD)
        payments_sandbox.stripe.pay(payment.checkout_id, SUCCEEDS_LATER)
        payments_events.post_new("checkout.session.completed")
        for event in payments_sandbox.stripe.events:
            if event["type"] == "payment_intent.payment_failed":
                payments_events.post(event)
        pass_time()
        sweep()
        assert fresh(payment).status == PaymentStatus.PROCESSING
        assert fresh(order).status == OrderStatus.PENDING
