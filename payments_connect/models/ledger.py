from typing import Any, NoReturn

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import LedgerKind

from .fields import CurrencyField, ExternalIdField
from .payment import Payment


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    """Entries to read and to insert."""

    def update(self, **_kwargs: Any) -> NoReturn:
        """Refuse: the ledger is append-only."""
        raise TypeError("Ledger entries are never changed: post new ones.")

    def delete(self) -> NoReturn:
        """Refuse: the ledger is append-only."""
        raise TypeError("Ledger entries are never deleted: post reversing ones.")


class LedgerEntry(models.Model):
    """One amount that moved from one account to another; never changed or deleted.

    Zero-sum by construction: each row debits what it credits. Accounts are words:
    ``buyer``, ``platform``, ``seller:<id>``. ``key`` names the fact, so that a fact is
    posted once however often we learn of it.
    """

    key = ExternalIdField(_("key"), unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=LedgerKind)
    debit = models.CharField(_("debit account"), max_length=64, db_index=True)
    credit = models.CharField(_("credit account"), max_length=64, db_index=True)
    amount = models.BigIntegerField(_("amount"))
    currency = CurrencyField(_("currency"))
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        on_delete=models.PROTECT,
        related_name="ledger_entries",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = (
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="payments_ledger_positive"
            ),
        )

    def __str__(self) -> str:
        return f"{self.debit} → {self.credit}: {self.amount} {self.currency}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the entry; an existing one is never written again."""
        if not self._state.adding:
            raise TypeError("A ledger entry is never changed: post a new one.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the ledger is append-only."""
        raise TypeError("A ledger entry is never deleted: post a reversing one.")
