"""The ledger is append-only, one row at a time and in bulk."""

import pytest

from payments_connect.models import LedgerEntry

pytestmark = pytest.mark.django_db


class TestLedgerQuerySet:
    def test_rows_are_never_changed_in_bulk(self):
        """A query set that would write refuses, before any statement."""
        with pytest.raises(TypeError, match="post new ones"):
            LedgerEntry.objects.all().update(amount=1)

    def test_rows_are_never_deleted_in_bulk(self):
        """Nor does it delete."""
        with pytest.raises(TypeError, match="post reversing ones"):
            LedgerEntry.objects.all().delete()
