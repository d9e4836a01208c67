"""The inbox under copies, failures and several sweepers."""

from functools import partial

import pytest
from django.db import connection

from payments_connect.enums import WebhookStatus
from payments_connect.models import LedgerEntry, Payment, WebhookEvent

from .interleaving import Gate, before, fail
from .racing import errors, race
from .shop import (
    assert_paid_once,
    make_everything_due,
    start_sale,
    sweep_until_quiet,
    swept,
)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

LEDGER, EVENT = "payments_connect_ledgerentry", "payments_connect_webhookevent"


@pytest.fixture
def paid(site, account):
    sale = start_sale(site, account)
    sale.pay()
    return sale


def completed(sale):
    (event,) = [e for e in sale.events if e["type"] == "checkout.session.completed"]
    return event


@pytest.fixture
def obstacle(paid):
    """A ledger entry in the way: settling fails until it is gone."""
    LedgerEntry.objects.create(
        key=f"payment:{paid.payment.pk}:charge",
        kind="charge",
        debit="a",
        credit="b",
        amount=1,
        currency="USD",
        payment=paid.payment,
    )


class TestFailing:
    def test_many_failures_at_once_are_counted_and_nothing_is_half_done(
        self, paid, obstacle
    ):
        event = completed(paid)
        answers = race(*[lambda: paid.deliver(event)] * 16)
        assert not errors(answers)
        assert set(answers) <= {200, 500}
        assert 500 in answers
        row = WebhookEvent.objects.get()
        assert row.status in (WebhookStatus.FAILED, WebhookStatus.DEAD)
        assert Payment.objects.get().status == "open"

    def test_what_failed_is_applied_once_by_its_redeliveries(
        self, paid, obstacle, heard
    ):
        event = completed(paid)
        assert paid.deliver(event) == 500
        with connection.cursor() as cursor:  # the app itself deletes no entry
            cursor.execute("DELETE FROM payments_connect_ledgerentry")
        make_everything_due()
        answers = race(*[lambda: paid.deliver(event)] * 12, *[swept] * 4)
        assert set(answers) == {200}
        row = WebhookEvent.objects.get()
        assert (row.status, row.attempts) == (WebhookStatus.PROCESSED, 2)
        assert_paid_once(paid, heard)

    @pytest.mark.parametrize("nth", [1, 2])
    def test_a_late_failure_never_overwrites_processed(self, paid, heard, nth):
        """One delivery fails; before it has written that down, a copy succeeds."""
        event, gate = completed(paid), Gate()

        def failing():
            # Its own insert into the inbox comes first; then the failure's statements.
            with (
                before(LEDGER, fail),
                before(EVENT, gate.wait, nth=1 + nth),
            ):
                return paid.deliver(event)

        def succeeding():
            gate.reached()
            try:
                return paid.deliver(event)
            finally:
                gate.open()

        assert race(failing, succeeding)[1] == 200
        assert WebhookEvent.objects.get().status == WebhookStatus.PROCESSED
        assert_paid_once(paid, heard)


class TestParked:
    def test_parked_events_are_worked_by_one_of_many_sweepers(self, site, paid, heard):
        early = [e for e in paid.events if e["type"] == "payment_intent.succeeded"]
        assert [paid.deliver(event) for event in early] == [200]
        assert WebhookEvent.objects.get().status == WebhookStatus.PARKED
        WebhookEvent.objects.update(due_at=paid.payment.created_at)
        asked = len(site.requests)
        assert set(race(*[swept] * 8)) == {200}
        assert len(site.requests) - asked == 1
        assert WebhookEvent.objects.get().status == WebhookStatus.PROCESSED
        assert_paid_once(paid, heard)

    def test_copies_use_up_none_of_its_tries(self, paid, heard):
        """However many come at once, it is neither dead nor forgotten."""
        waiting = ("payment_intent.succeeded", "application_fee.created")
        early = [event for event in paid.events if event["type"] in waiting]
        assert len(early) == len(waiting)
        for event in early:
            assert set(race(*[partial(paid.deliver, event)] * 16)) == {200}
        rows = set(WebhookEvent.objects.values_list("status", "attempts"))
        assert rows == {(WebhookStatus.PARKED, 1)}
        assert paid.deliver(completed(paid)) == 200
        sweep_until_quiet()
        assert set(WebhookEvent.objects.values_list("status", flat=True)) == {
            WebhookStatus.PROCESSED
        }
        assert Payment.objects.get().application_fee_id
        assert_paid_once(paid, heard)

    def test_a_parked_event_and_its_copies_do_not_get_in_each_others_way(
        self, paid, heard
    ):
        early = next(e for e in paid.events if e["type"] == "payment_intent.succeeded")
        assert paid.deliver(early) == 200
        make_everything_due()
        works = [lambda: paid.deliver(early)] * 6 + [swept] * 4
        works += [lambda: paid.deliver(completed(paid))] * 6
        assert set(race(*works)) == {200}
        sweep_until_quiet()
        assert_paid_once(paid, heard)


class TestDuplicates:
    def test_a_copy_waits_for_the_first_and_does_nothing(self, paid, heard):
        """The first copy is stopped in mid-transaction; the second comes meanwhile."""
        event, gate = completed(paid), Gate()

        def first():
            with before(LEDGER, gate.wait):
                return paid.deliver(event)

        def second():
            gate.reached()
            gate.open()
            return paid.deliver(event)

        assert race(first, second) == [200, 200]
        assert WebhookEvent.objects.get().attempts == 1
        assert_paid_once(paid, heard)
