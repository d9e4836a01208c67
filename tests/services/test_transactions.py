import pytest
from django.db import OperationalError, connection, transaction

from payments_connect.models import StockItem
from payments_connect.services import transactions
from payments_connect.services.transactions import (
    after_commit,
    require_no_transaction,
    settlement,
)
from payments_connect.testing.factories import StockItemFactory

pytestmark = pytest.mark.django_db(transaction=True)


class Cause(Exception):
    """A driver's error with its state."""

    def __init__(self, sqlstate=None):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def lost(*args, sqlstate=None):
    """The error of a transaction that the database chose to lose."""
    error = OperationalError(*args)
    error.__cause__ = Cause(sqlstate)
    return error


class Work:
    """Inserts a row, then fails as often as told."""

    def __init__(self, error, times):
        self.error, self.times, self.calls = error, times, 0

    def __call__(self):
        self.calls += 1
        StockItemFactory.create()
        if self.calls <= self.times:
            raise self.error
        return "done"


@pytest.fixture
def quick(monkeypatch):
    """No pauses between the tries."""
    monkeypatch.setattr(transactions, "_FIRST_PAUSE", 0)


@pytest.mark.usefixtures("quick")
class TestSettlement:
    @pytest.mark.parametrize(
        "error",
        [
            lost("deadlock detected", sqlstate="40P01"),
            lost("could not serialize access", sqlstate="40001"),
            lost(1213, "Deadlock found when trying to get lock"),
            lost(1205, "Lock wait timeout exceeded"),
            lost(1020, "Record has changed since last read"),
            lost("database is locked"),
        ],
        ids=str,
    )
    def test_is_run_again_when_the_database_chose_it_to_lose(self, error):
        """Deadlocks do not reach the caller, and what was done is undone first."""
        work = Work(error, times=3)
        assert settlement(work) == "done"
        assert work.calls == 4
        assert StockItem.objects.count() == 1

    def test_not_for_ever(self):
        """At last the caller hears of it, and nothing is left behind."""
        work = Work(lost("database is locked"), times=99)
        with pytest.raises(OperationalError):
            settlement(work)
        assert work.calls == 6
        assert not StockItem.objects.exists()

    @pytest.mark.parametrize(
        "error",
        [lost("no such table"), lost("x", sqlstate="42P01"), lost(), ValueError("no")],
        ids=repr,
    )
    def test_other_errors_are_not_repeated(self, error):
        """What fails for a reason fails again."""
        work = Work(error, times=1)
        with pytest.raises(type(error)):
            settlement(work)
        assert work.calls == 1
        assert not StockItem.objects.exists()

    def test_joins_somebody_elses_transaction(self):
        """Their rollback takes ours along, and a deadlock is theirs to retry."""
        work = Work(lost("database is locked"), times=0)
        with transaction.atomic():
            settlement(work)
            transaction.set_rollback(True)
        assert not StockItem.objects.exists()
        failing = Work(lost("database is locked"), times=1)
        with pytest.raises(OperationalError), transaction.atomic():
            settlement(failing)
        assert failing.calls == 1

    def test_a_savepoint_keeps_their_transaction_usable(self):
        """Who catches the error goes on."""
        failing = Work(ValueError("no"), times=1)
        with transaction.atomic():
            with pytest.raises(ValueError, match="no"):
                settlement(failing, savepoint=True)
            assert not StockItem.objects.exists()


class TestRequireNoTransaction:
    def test_outside_it_is_silent(self):
        """Where it belongs."""
        require_no_transaction("work")

    def test_inside_it_says_what_to_do(self):
        """The text names the function and both ways out."""
        with (
            transaction.atomic(),
            pytest.raises(RuntimeError, match=r"work\(\).*atomic\(\).*non_atomic"),
        ):
            require_no_transaction("work")

    @pytest.mark.django_db
    def test_a_test_case_s_own_transaction_does_not_count(self):
        """Sites test with TestCase, as with atomic(durable=True)."""
        assert connection.in_atomic_block
        require_no_transaction("work")


class TestAfterCommit:
    def test_runs_when_the_transaction_has_committed(self):
        """Not before, and not inside."""
        seen = []
        with transaction.atomic():
            after_commit(lambda: seen.append(connection.in_atomic_block))
            assert seen == []
        assert seen == [False]

    def test_does_not_run_after_a_rollback(self):
        """What did not happen has no consequences."""
        seen = []
        with transaction.atomic():
            after_commit(lambda: seen.append(1))
            transaction.set_rollback(True)
        assert seen == []

    def test_its_failure_disturbs_nobody(self, caplog):
        """Neither the caller nor the next one in line."""
        seen = []

        def fail():
            raise ValueError

        with transaction.atomic():
            after_commit(fail)
            after_commit(lambda: seen.append(1))
        assert seen == [1]
