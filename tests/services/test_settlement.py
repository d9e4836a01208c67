import itertools

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from payments_connect.enums import OrderStatus, PaymentStatus, Source
from payments_connect.models import LedgerEntry, Payment, WebhookEvent
from payments_connect.sandbox import CardDeclined
from payments_connect.services.confirmation import confirm_payment
from payments_connect.services.settlement import Settlement, settle_payment
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import (
    PaymentFactory,
    StockItemFactory,
    make_line,
    make_order,
)
from tests.test_enums import RANKS

from .sales import fresh, pass_time, sell
from .snapshots import intent_of, session_of

pytestmark = pytest.mark.django_db(transaction=True)

DECLINED = "4000000000000002"


@pytest.fixture
def stock():
    return StockItemFactory.create(available=10)


@pytest.fixture
def sale(account, stock):
    """An order of two pieces for 100.00, its page open."""
    line = make_line(
        seller=account.seller, unit_amount=50_00, quantity=2, stock_item=stock
    )
    return sell(account, lines=[line])


def assert_settled_once(order, payment, stock):
    """Paid by this payment, stock moved once, each ledger entry there once."""
    fresh(order, payment, stock)
    assert (order.status, order.paid_by) == (OrderStatus.PAID, payment)
    assert payment.status == PaymentStatus.SUCCEEDED
    assert payment.amount_captured == 100_00
    assert payment.live is None
    assert stock.available == 8
    assert sorted(LedgerEntry.objects.values_list("amount", flat=True)) == [
        10_00,
        100_00,
    ]


class TestExactlyOnce:
    def test_one_event_settles_everything(
        self, sale, stock, *, payments_sandbox, payments_events, heard
    ):
        """One webhook: order, payment, stock, ledger and signals."""
        order, payment = sale
        payments_sandbox.stripe.pay(payment.checkout_id)
        (answer,) = payments_events.post_new("checkout.session.completed")
        assert answer.content == b"processed"
        assert_settled_once(order, payment, stock)
        assert heard == ["order_paid"]
        assert (payment.confirmed_by, order.due_at) == (Source.WEBHOOK, None)

    def test_every_source_and_any_copies_settle_once(
        self, sale, stock, *, payments_sandbox, payments_events, heard
    ):
        """All events twice, return page, sweep: one sale."""
        order, payment = sale
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_sandbox.clock.run_due()
        for _copy in range(2):
            for event in payments_sandbox.stripe.events:
                assert payments_events.post(event).status_code == 200
            confirm_payment(fresh(payment), source=Source.RETURN_PAGE)
            pass_time()
            sweep()
        assert_settled_once(order, payment, stock)
        assert heard == ["order_paid"]

    @pytest.mark.parametrize("order_of_events", range(6))
    def test_events_in_any_order_settle_once(
        self, sale, stock, *, payments_sandbox, payments_events, order_of_events
    ):
        """Intent, session and fee events in each order, the sweep doing the rest."""
        order, payment = sale
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_sandbox.clock.run_due()
        types = (
            "payment_intent.succeeded",
            "checkout.session.completed",
            "application_fee.created",
        )
        events = [e for e in payments_sandbox.stripe.events if e["type"] in types]
        for event in list(itertools.permutations(events))[order_of_events]:
            payments_events.post(event)
        for _try in range(2):
            pass_time()
            sweep()
        assert_settled_once(order, payment, stock)
        assert payment.external_id
        assert payment.charge_id
        assert payment.application_fee_id

    @pytest.mark.parametrize("source", [Source.RETURN_PAGE, Source.SWEEP])
    def test_other_sources_alone_settle_all_the_same(
        self, sale, stock, *, payments_sandbox, source
    ):
        """No webhook at all: the gateway is asked and says the same."""
        order, payment = sale
        payments_sandbox.stripe.pay(payment.checkout_id)
        assert confirm_payment(payment, source=source) is Settlement.APPLIED
        assert_settled_once(order, payment, stock)
        assert payment.confirmed_by == source
        assert payment.charge_id


class TestDecline:
    def test_keeps_the_page_open_with_the_failure_recorded(
        self, sale, heard, *, payments_sandbox, payments_events
    ):
        """A declined card is one try; the same page takes another."""
        _order, payment = sale
        with pytest.raises(CardDeclined):
            payments_sandbox.stripe.pay(payment.checkout_id, DECLINED)
        payments_events.post_new()
        confirm_payment(payment)
        pass_time(Payment, WebhookEvent)
        sweep()
        fresh(payment)
        assert (payment.status, payment.live) == (PaymentStatus.OPEN, True)
        assert payment.failure_code == "generic_decline"
        assert payment.failure_message == "Your card was declined."
        assert "payment_failed" not in heard

    def test_then_success_pays(self, sale, stock, *, payments_sandbox, payments_events):
        """The second card works, whatever the first one's events say when."""
        order, payment = sale
        with pytest.raises(CardDeclined):
            payments_sandbox.stripe.pay(payment.checkout_id, DECLINED)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new("checkout.session.completed")
        for event in reversed(payments_sandbox.stripe.events):
            payments_events.post(event)
        assert_settled_once(order, payment, stock)


class TestLateAndStale:
    @pytest.mark.parametrize(
        "late",
        [
            PaymentStatus.OPEN,
            PaymentStatus.PROCESSING,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELED,
            PaymentStatus.REVIEW,
        ],
    )
    def test_nothing_undoes_a_success(self, late):
        """Whatever comes after the money, the money stays."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        snapshot = session_of(payment, status=late, failure_code="late")
        assert settle_payment(snapshot, source=Source.SWEEP) is Settlement.UNCHANGED
        fresh(payment)
        assert (payment.status, payment.failure_code) == (PaymentStatus.SUCCEEDED, "")
        assert payment.confirmed_by == Source.WEBHOOK

    @pytest.mark.parametrize(
        "ended", [PaymentStatus.FAILED, PaymentStatus.EXPIRED, PaymentStatus.CANCELED]
    )
    def test_success_after_an_ending_pays(self, ended, heard):
        """Money that arrives late is still money."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(session_of(payment, status=ended), source=Source.WEBHOOK)
        assert settle_payment(session_of(payment), source=Source.WEBHOOK) is (
            Settlement.APPLIED
        )
        assert fresh(payment.order).status == OrderStatus.PAID
        assert heard == ["payment_failed", "order_paid"]

    def test_expired_event_before_the_completed_one(
        self, sale, stock, *, payments_sandbox, payments_events
    ):
        """Two events of the same second in the wrong order end in the right state."""
        order, payment = sale
        session = payments_sandbox.stripe.get(payment.checkout_id)
        stale = session | {"status": "expired", "url": None}
        payments_sandbox.stripe.pay(payment.checkout_id)
        completed = payments_sandbox.stripe.events[-1]
        payments_events.post(
            payments_sandbox.stripe.emit(
                "checkout.session.expired", stale, account=payment.account.external_id
            )
        )
        assert fresh(payment).status == PaymentStatus.EXPIRED
        payments_events.post(completed)
        assert_settled_once(order, payment, stock)

    def test_a_repeated_ending_is_said_once(self, heard):
        """One signal for one transition."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        for _copy in range(3):
            settle_payment(
                session_of(payment, status=PaymentStatus.EXPIRED), source=Source.WEBHOOK
            )
        assert heard == ["payment_failed"]

    def test_reasons_that_come_after_the_failure_are_kept(self):
        """The event that says why may come after the one that says that."""
        payment = PaymentFactory.create(checkout_id="cs_1", external_id="pi_1")
        failed = {"status": PaymentStatus.FAILED}
        settle_payment(session_of(payment, **failed), source=Source.WEBHOOK)
        why = intent_of(
            payment, failure_code="no_money\x00", failure_message="x" * 600, **failed
        )
        assert settle_payment(why, source=Source.WEBHOOK) is Settlement.UNCHANGED
        fresh(payment)
        assert payment.failure_code == "no_money"
        assert payment.failure_message == "x" * 500
        assert payment.charge_id == "ch_1"


STATUSES = [status for status in PaymentStatus if status != PaymentStatus.CREATED]
facts = st.lists(
    st.tuples(
        st.sampled_from(STATUSES),
        st.sampled_from([100_00, 1, 100_01]),
        st.booleans(),
    ),
    max_size=8,
)


class TestAnySequence:
    @pytest.mark.django_db
    @hypothesis_settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(facts=facts)
    def test_never_goes_backwards_and_pays_once(self, db, facts):
        """Any facts in any order: rising ranks, at most one sale, no wrong money."""
        payment = PaymentFactory.create(checkout_id=f"cs_{Payment.objects.count()}")
        payment.external_id = f"pi_{payment.pk}"
        payment.save()
        path = [payment.status]
        for status, amount, by_intent in facts:
            said = {"status": status, "amount": amount, "retryable": by_intent}
            said["amount_captured"] = amount if status == PaymentStatus.SUCCEEDED else 0
            snapshot = (intent_of if by_intent else session_of)(
                payment, **said, **({} if by_intent else {"subtotal": amount})
            )
            settle_payment(snapshot, source=Source.WEBHOOK)
            path.append(fresh(payment).status)
        ranks = [RANKS[PaymentStatus(status)] for status in path]
        assert ranks == sorted(ranks)
        assert payment.ledger_entries.count() == (path[-1] == PaymentStatus.SUCCEEDED)
        paid = fresh(payment.order).status == OrderStatus.PAID
        assert paid is (path[-1] == PaymentStatus.SUCCEEDED)
        if paid:
            assert payment.amount_captured == payment.amount


class TestUnknown:
    def test_a_snapshot_of_nobody(self):
        """No payment of ours has these ids or this mark."""
        other = PaymentFactory.build(order=make_order(), checkout_id="cs_9")
        assert settle_payment(session_of(other), source=Source.WEBHOOK) is (
            Settlement.UNKNOWN
        )
