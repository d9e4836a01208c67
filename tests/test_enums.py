import pytest
from django.apps import apps
from django.db.models import TextChoices
from hypothesis import given
from hypothesis import strategies as st

from payments_connect import enums
from payments_connect.enums import (
    LIVE_PAYMENT_STATUSES,
    MOVES,
    PAYMENT_MOVES,
    PERSON_MOVES,
    FulfilmentStatus,
    IntentStatus,
    OrderStatus,
    PaymentStatus,
    RedemptionStatus,
    WebhookStatus,
)

RANKS = {
    PaymentStatus.CREATED: 0,
    PaymentStatus.OPEN: 1,
    PaymentStatus.PROCESSING: 2,
    PaymentStatus.AUTHORIZED: 3,
    PaymentStatus.FAILED: 4,
    PaymentStatus.EXPIRED: 4,
    PaymentStatus.CANCELED: 4,
    PaymentStatus.REVIEW: 5,
    PaymentStatus.SUCCEEDED: 6,
}
ENDED = (PaymentStatus.FAILED, PaymentStatus.EXPIRED, PaymentStatus.CANCELED)


class TestMoves:
    @pytest.mark.parametrize("status", MOVES, ids=lambda status: status.__name__)
    def test_every_status_has_a_row(self, status):
        """No status is without a decision about where it may come from."""
        assert set(MOVES[status]) == set(status)

    @pytest.mark.parametrize("status", MOVES, ids=lambda status: status.__name__)
    def test_rows_hold_only_statuses_of_their_own(self, status):
        """A table never mixes the words of two rows."""
        for froms in [
            *MOVES[status].values(),
            *PERSON_MOVES.get(status, {}).values(),
        ]:
            assert all(isinstance(each, status) for each in froms)

    @pytest.mark.parametrize("status", MOVES, ids=lambda status: status.__name__)
    def test_no_status_moves_to_itself(self, status):
        """A repeated fact wins no row, so its effects run once.

        A parked or dead webhook event is the exception: its copy is parked again, and
        an intent stays unknown.
        """
        exempt = {
            WebhookStatus.PARKED,
            WebhookStatus.FAILED,
            WebhookStatus.DEAD,
            IntentStatus.UNKNOWN,
        }
        for to, froms in MOVES[status].items():
            assert to not in froms or to in exempt

    def test_every_status_column_is_in_the_tables(self):
        """A model's status that nobody may move would be a mistake."""
        for model in apps.get_app_config("payments_connect").get_models():
            for name in ("status", "fulfilment"):
                if any(field.name == name for field in model._meta.get_fields()):
                    choices = getattr(model._meta.get_field(name), "choices", ())
                    words = {word for word, _label in choices}
                    known = [{each.value for each in status} for status in MOVES]
                    synced = {each.value for each in enums.AccountStatus}
                    assert words in [*known, synced]

    def test_every_enum_is_translatable_text(self):
        """Statuses are stored as words and shown with a label."""
        for status in MOVES:
            assert issubclass(status, TextChoices)
            assert all(str(each.label) for each in status)


class TestPaymentMoves:
    def test_a_move_never_goes_down_in_rank(self):
        """Late facts lose: every allowed move goes to a higher rank."""
        for to, froms in PAYMENT_MOVES.items():
            assert all(RANKS[came] < RANKS[to] for came in froms)

    @pytest.mark.parametrize("ended", ENDED)
    def test_success_outranks_every_ending(self, ended):
        """Money that arrives after a failure, expiry or cancellation is still money."""
        assert ended in PAYMENT_MOVES[PaymentStatus.SUCCEEDED]
        assert ended in PAYMENT_MOVES[PaymentStatus.REVIEW]
        assert PaymentStatus.SUCCEEDED not in PAYMENT_MOVES[ended]

    def test_nothing_leaves_succeeded(self):
        """A payment that succeeded stays so, whatever comes."""
        for table in (PAYMENT_MOVES, PERSON_MOVES[PaymentStatus]):
            assert all(PaymentStatus.SUCCEEDED not in froms for froms in table.values())

    def test_only_a_person_leaves_review(self):
        """No snapshot settles what a person must judge."""
        assert all(
            PaymentStatus.REVIEW not in froms for froms in PAYMENT_MOVES.values()
        )
        assert PERSON_MOVES[PaymentStatus] == {
            PaymentStatus.SUCCEEDED: frozenset({PaymentStatus.REVIEW})
        }

    def test_processing_does_not_expire(self):
        """A delayed payment's session is over, its money is on the way."""
        assert PaymentStatus.PROCESSING not in PAYMENT_MOVES[PaymentStatus.EXPIRED]

    def test_live_means_that_money_may_still_come_or_waits_for_a_person(self):
        """The second payment of an order must wait for exactly these."""
        assert {
            PaymentStatus.CREATED,
            PaymentStatus.OPEN,
            PaymentStatus.PROCESSING,
            PaymentStatus.AUTHORIZED,
            PaymentStatus.REVIEW,
        } == LIVE_PAYMENT_STATUSES

    @given(wishes=st.lists(st.sampled_from(PaymentStatus), max_size=12))
    def test_no_sequence_of_facts_goes_backwards(self, wishes):
        """Any facts in any order leave a path of rising ranks, each status once."""
        path = [PaymentStatus.CREATED]
        for wish in wishes:
            if path[-1] in PAYMENT_MOVES[wish]:
                path.append(wish)
        ranks = [RANKS[status] for status in path]
        assert ranks == sorted(set(ranks))

    @given(wishes=st.permutations(sorted(PaymentStatus)))
    def test_success_is_reached_in_any_order_unless_a_person_must_judge(self, wishes):
        """Whatever else came before it, the fact of success wins."""
        now = PaymentStatus.CREATED
        reviewed_first = wishes.index(PaymentStatus.REVIEW) < wishes.index(
            PaymentStatus.SUCCEEDED
        )
        for wish in wishes:
            now = wish if now in PAYMENT_MOVES[wish] else now
        ends = PaymentStatus.REVIEW if reviewed_first else PaymentStatus.SUCCEEDED
        assert now == ends


class TestOtherMoves:
    def test_an_order_is_decided_once(self):
        """Paid and canceled exclude each other, and both are final."""
        for to in (OrderStatus.PAID, OrderStatus.CANCELED):
            assert MOVES[OrderStatus][to] == {OrderStatus.PENDING}

    def test_an_ended_intent_stays_as_it_is(self):
        """A refusal closes an attempt; nothing reopens it."""
        undone = {IntentStatus.PENDING, IntentStatus.UNKNOWN}
        assert all(froms <= undone for froms in MOVES[IntentStatus].values())

    def test_a_failure_never_overwrites_a_processed_event(self):
        """The failure row of one delivery must not undo another's success."""
        assert WebhookStatus.PROCESSED not in MOVES[WebhookStatus][WebhookStatus.FAILED]

    def test_rejected_events_are_not_taken_up_again(self):
        """A claim that was refused once is not believed later."""
        done = WebhookStatus.REJECTED
        assert all(done not in froms for froms in MOVES[WebhookStatus].values())

    def test_ignored_events_are_only_taken_up_whole(self):
        """One of the other mode may come again in ours, and is then applied."""
        moves = MOVES[WebhookStatus].items()
        assert [to for to, froms in moves if WebhookStatus.IGNORED in froms] == [
            WebhookStatus.PROCESSED
        ]

    def test_a_promotion_use_is_given_back_once(self):
        """Released is final, so that no use is given back twice."""
        assert MOVES[RedemptionStatus] == {
            RedemptionStatus.RESERVED: frozenset(),
            RedemptionStatus.RELEASED: {RedemptionStatus.RESERVED},
        }

    def test_only_a_person_releases_a_hold(self):
        """Nothing hands over an order on hold by itself."""
        on_hold = FulfilmentStatus.ON_HOLD
        assert all(on_hold not in froms for froms in MOVES[FulfilmentStatus].values())
        assert all(
            froms == {on_hold} for froms in PERSON_MOVES[FulfilmentStatus].values()
        )
