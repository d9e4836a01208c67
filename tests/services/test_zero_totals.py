import pytest

from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.models import LedgerEntry
from payments_connect.services.confirmation import confirm_payment

from .sales import fresh, sell

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = ["paid", "no_payment_required"]


@pytest.fixture
def free_code(account, payments_sandbox):
    """A code of the seller's own at the gateway that takes everything off."""
    where = {"account": account.external_id}
    coupon = payments_sandbox.stripe.add_coupon(percent_off=100, **where)
    payments_sandbox.stripe.add_promotion_code("FREE", coupon["id"], **where)
    return "FREE"


class TestHundredPercentAtTheGateway:
    @pytest.mark.parametrize("word", WORDS)
    @pytest.mark.parametrize("source", ["webhook", "retrieve"])
    def test_pays_where_our_request_allowed_codes(
        self, account, free_code, *, payments_sandbox, payments_events, word, source
    ):
        """API versions use two words for a free session; both are paid."""
        payments_sandbox.stripe.zero_total_payment_status = word
        choices = {"allow_promotion_codes": True}
        order, payment = sell(account, checkout_choices=choices)
        payments_sandbox.stripe.pay(payment.checkout_id, promotion_code=free_code)
        if source == "webhook":
            payments_events.post_new()
        else:
            confirm_payment(payment)
        assert fresh(order).paid_by == payment
        assert fresh(payment).amount_captured == 0
        assert payment.external_id is None
        assert not LedgerEntry.objects.exists()

    @pytest.mark.parametrize("word", WORDS)
    def test_needs_review_where_it_did_not(
        self, account, payments_sandbox, *, payments_events, word
    ):
        """Nobody gets goods for nothing because a session says so."""
        order, payment = sell(account)
        session = payments_sandbox.stripe.get(payment.checkout_id)
        free = session | {
            "status": "complete",
            "payment_status": word,
            "amount_total": 0,
            "total_details": session["total_details"] | {"amount_discount": 100_00},
        }
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed", free, account=account.external_id
        )
        payments_events.post(event)
        assert fresh(payment).status == PaymentStatus.REVIEW
        assert fresh(order).status == OrderStatus.PENDING

    def test_part_of_it_is_paid_with_what_is_left(
        self, account, payments_sandbox, *, payments_events
    ):
        """A code below the fee leaves the platform what there is."""
        where = {"account": account.external_id}
        coupon = payments_sandbox.stripe.add_coupon(percent_off=95, **where)
        payments_sandbox.stripe.add_promotion_code("MOST", coupon["id"], **where)
        choices = {"allow_promotion_codes": True}
        order, payment = sell(account, checkout_choices=choices)
        payments_sandbox.stripe.pay(payment.checkout_id, promotion_code="MOST")
        payments_events.post_new()
        assert fresh(order).paid_by == payment
        amounts = LedgerEntry.objects.values_list("amount", flat=True)
        assert sorted(amounts) == [5_00, 5_00]


class TestNoPaymentRequired:
    """The word has three meanings; only a complete session of zero is a sale."""

    @pytest.mark.parametrize(
        ("shape", "becomes"),
        [
            ({"status": "complete"}, PaymentStatus.REVIEW),
            ({"status": "open"}, PaymentStatus.OPEN),
            ({"status": "open", "amount_total": 0}, PaymentStatus.OPEN),
            ({"status": "complete", "mode": "setup"}, PaymentStatus.OPEN),
            ({"status": "complete", "mode": "subscription"}, PaymentStatus.OPEN),
        ],
        ids=["not zero", "open", "open and zero", "setup", "trial"],
    )
    def test_never_pays_in_another_shape(
        self, account, payments_sandbox, *, payments_events, shape, becomes
    ):
        """No trial, setup or open page makes an order paid."""
        choices = {"allow_promotion_codes": True}
        order, payment = sell(account, checkout_choices=choices)
        session = payments_sandbox.stripe.get(payment.checkout_id)
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed",
            session | {"payment_status": "no_payment_required"} | shape,
            account=account.external_id,
        )
        assert payments_events.post(event).status_code == 200
        assert fresh(payment).status == becomes
        assert fresh(order).status == OrderStatus.PENDING
