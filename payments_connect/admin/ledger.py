"""The ledger: read only, for ever."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from payments_connect.models import LedgerEntry

from .display import link, money_column
from .readonly import ReadOnlyAdmin


@admin.register(LedgerEntry)
class LedgerEntryAdmin(ReadOnlyAdmin[LedgerEntry]):
    """Ledger entries."""

    list_display = (
        "id",
        "kind",
        "debit",
        "credit",
        "money",
        "order_link",
        "created_at",
    )
    list_filter = ("kind", "currency", "created_at")
    list_select_related = ("payment__order",)
    search_fields = (
        "debit__exact",
        "credit__exact",
        "key",
        "payment__order__reference",
        "payment__order__email",
        "payment__checkout_id__exact",
        "payment__external_id__exact",
        "payment__charge_id__exact",
    )
    ordering = ("-pk",)
    fields = ("kind", "debit", "credit", "money", "payment", "key", "created_at")
    money = money_column("amount", _("amount"))

    @admin.display(description=_("order"), ordering="payment__order__reference")
    def order_link(self, entry: LedgerEntry) -> str:
        """To the order's page."""
        return link(self.admin_site, entry.payment.order)
