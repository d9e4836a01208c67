import pytest

from payments_connect.enums import ChargeType, OrderStatus, PaymentStatus, Source
from payments_connect.exceptions import UnsupportedFeature
from payments_connect.models import LedgerEntry, Payment
from payments_connect.services.settlement import (
    Settlement,
    accept_payment,
    settle_payment,
)
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import PaymentFactory, make_order

from .sales import cancel_rows_only, checkout, fresh, pass_time, sell
from .snapshots import session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def one_cent():
    """A payment of 100.00 whose own session was paid with one cent."""
    payment = PaymentFactory.create(checkout_id="cs_1")
    snapshot = session_of(payment, amount=1, subtotal=1, amount_captured=1)
    settle_payment(snapshot, source=Source.WEBHOOK)
    return fresh(payment)


class TestReview:
    def test_one_cent_does_not_pay(self, one_cent, heard):
        """Its own object, the wrong money: recorded, not paid, not dropped."""
        assert one_cent.status == PaymentStatus.REVIEW
        assert one_cent.amount_captured == 1
        assert one_cent.review_reason == "Total is 0.01 USD, asked for 100.00 USD."
        assert one_cent.live
        assert fresh(one_cent.order).status == OrderStatus.PENDING
        assert not LedgerEntry.objects.exists()

    def test_an_altered_session_goes_to_review_over_http(
        self, account, payments_sandbox, *, payments_events, heard
    ):
        """The same through sandbox and webhook."""
        _order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        completed = payments_sandbox.stripe.events[-1]
        completed["data"]["object"] |= {"amount_total": 1, "amount_subtotal": 1}
        assert payments_events.post(completed).content == b"processed"
        assert fresh(payment).status == PaymentStatus.REVIEW
        assert heard == ["payment_needs_review"]

    def test_no_later_fact_leaves_it(self, one_cent):
        """Only a person does; the right amount afterwards looks suspicious too."""
        assert settle_payment(session_of(one_cent), source=Source.SWEEP) is (
            Settlement.UNCHANGED
        )
        assert fresh(one_cent).status == PaymentStatus.REVIEW

    def test_after_an_expiry_it_is_still_reviewed(self):
        """Wrong money that arrives late is money."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(
            session_of(payment, status=PaymentStatus.EXPIRED), source=Source.WEBHOOK
        )
        settle_payment(session_of(payment, currency="EUR"), source=Source.WEBHOOK)
        assert fresh(payment).status == PaymentStatus.REVIEW
        assert payment.live is None


class TestAcceptPayment:
    def test_settles_what_was_captured(self, one_cent, heard):
        """The order is paid, the ledger has what really came."""
        assert accept_payment(one_cent, reason=" Gift of the house ")
        fresh(one_cent)
        assert one_cent.status == PaymentStatus.SUCCEEDED
        assert one_cent.confirmed_by == Source.ADMIN
        assert one_cent.review_reason == (
            "Total is 0.01 USD, asked for 100.00 USD. Accepted: Gift of the house"
        )
        assert fresh(one_cent.order).paid_by == one_cent
        assert LedgerEntry.objects.get().amount == 1
        assert heard == ["order_paid"]

    def test_accepting_twice_accepts_once(self, one_cent):
        """Two people click, one sale."""
        copy = Payment.objects.get(pk=one_cent.pk)
        assert accept_payment(one_cent, reason="fine")
        assert not accept_payment(copy, reason="fine")
        assert LedgerEntry.objects.count() == 1

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_needs_a_reason(self, one_cent, reason):
        """Somebody will ask why."""
        with pytest.raises(ValueError, match="reason"):
            accept_payment(one_cent, reason=reason)
        assert fresh(one_cent).status == PaymentStatus.REVIEW

    def test_a_long_reason_is_kept(self, one_cent):
        """Whoever reads it in three years wants all of it."""
        assert accept_payment(one_cent, reason="because " * 100)
        assert fresh(one_cent).review_reason.count("because") == 100

    def test_not_money_of_another_currency(self):
        """No amount of euros settles an order in dollars: give it back."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(session_of(payment, currency="EUR"), source=Source.WEBHOOK)
        with pytest.raises(UnsupportedFeature, match="EUR"):
            accept_payment(payment, reason="close enough")
        assert fresh(payment).status == PaymentStatus.REVIEW

    def test_only_what_is_in_review(self):
        """Nobody accepts money that did not come."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        assert not accept_payment(payment, reason="please")
        assert fresh(payment).status == PaymentStatus.CREATED


class TestSurplus:
    def test_two_payments_of_one_order(self, heard):
        """The first one pays, the second one is money to give back."""
        order = make_order()
        payments = []
        for number in range(2):
            payment = PaymentFactory.create(order=order, checkout_id=f"cs_{number}")
            settle_payment(
                session_of(payment, status=PaymentStatus.EXPIRED), source=Source.WEBHOOK
            )
            payments.append(fresh(payment))
        for payment in payments:
            settle_payment(session_of(payment), source=Source.WEBHOOK)
        first, second = fresh(*payments)
        assert fresh(order).paid_by == first
        assert (first.is_surplus, second.is_surplus) == (False, True)
        assert second.status == PaymentStatus.SUCCEEDED
        assert LedgerEntry.objects.count() == 2
        assert heard.count("order_paid") == heard.count("payment_surplus") == 1

    def test_a_canceled_order_paid_late(self, heard):
        """The order stays canceled, the money is recorded as surplus."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        cancel_rows_only(payment.order)
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        fresh(payment)
        assert fresh(payment.order).status == OrderStatus.CANCELED
        assert payment.status == PaymentStatus.SUCCEEDED
        assert payment.is_surplus
        assert heard == ["payment_surplus"]

    def test_late_success_has_the_needless_page_ended(self, account, payments_sandbox):
        """The old page paid after all: nobody may pay the new one too."""
        order, old = sell(account)
        payments_sandbox.stripe.pay(old.checkout_id)
        settle_payment(
            session_of(old, status=PaymentStatus.EXPIRED), source=Source.WEBHOOK
        )
        new = checkout(order).payment
        settle_payment(session_of(old), source=Source.WEBHOOK)
        assert fresh(order).paid_by == old
        sweep()
        assert fresh(new).status == PaymentStatus.EXPIRED
        session = payments_sandbox.stripe.get(new.checkout_id)
        assert session["status"] == "expired"

    def test_a_paid_order_s_surplus_takes_no_stock_again(self, heard):
        """Goods are handed over once."""
        payment = PaymentFactory.create(
            checkout_id="cs_1", charge_type=ChargeType.PLATFORM
        )
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        pass_time()
        sweep()
        assert heard == ["order_paid"]
