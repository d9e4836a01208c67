"""Orders: what was bought, who paid, and what is still to be handed over."""

import json
from collections.abc import Collection
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.enums import FulfilmentStatus, IntentKind, OrderStatus
from payments_connect.models import Intent, LedgerEntry, Order
from payments_connect.services.ending import cancel_order
from payments_connect.services.fulfilment import release_hold

from .display import money_column, pretty_json, state
from .operations import CONFIRMED, OperationsAdmin
from .order_inlines import OrderLineInline, PaymentInline
from .related import intents_table, ledger_table


@admin.register(Order)
class OrderAdmin(OperationsAdmin[Order]):
    """Orders with their lines, payments and ledger entries."""

    list_display = (
        "reference",
        "status",
        "fulfilment_state",
        "total_money",
        "email",
        "created_at",
    )
    list_filter = ("status", "fulfilment", "created_at")
    search_fields = (
        "reference",
        "public_id",
        "email",
        "payments__checkout_id__exact",
        "payments__external_id__exact",
        "payments__charge_id__exact",
    )
    ordering = ("-pk",)
    actions = ("release_hold", "cancel_order")
    inlines = (OrderLineInline, PaymentInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("reference", "public_id"),
                    ("status", "fulfilment_state"),
                    ("buyer", "email"),
                    "paid_by",
                    ("created_at", "paid_at", "due_at"),
                )
            },
        ),
        (
            _lazy("Money"),
            {
                "fields": (
                    ("subtotal_money", "discount_money", "promotion"),
                    ("tax_money", "shipping_money", "total_money"),
                )
            },
        ),
        (_lazy("Ledger"), {"fields": ("ledger",)}),
        (
            _lazy("Behind the scenes"),
            {
                "classes": ("collapse",),
                "fields": ("placement_key", "basket_id", "metadata_text", "intents"),
            },
        ),
    )
    total_money = money_column("total", _lazy("total"))
    subtotal_money = money_column("subtotal", _lazy("subtotal"))
    discount_money = money_column("discount", _lazy("discount"))
    tax_money = money_column("tax", _lazy("tax"))
    shipping_money = money_column("shipping", _lazy("shipping"))

    @admin.display(description=_lazy("fulfilment"), ordering="fulfilment")
    def fulfilment_state(self, order: Order) -> str:
        """Strong while the order waits for a person."""
        return state(order, name="fulfilment", alarming=(FulfilmentStatus.ON_HOLD,))

    @admin.display(description=_lazy("promotion code"))
    def promotion(self, order: Order) -> str:
        """The code that was used."""
        redemption = getattr(order, "redemption", None)
        return str(redemption.promotion) if redemption else "-"

    @admin.display(description=_lazy("ledger entries"))
    def ledger(self, order: Order) -> str:
        """Of all payments of the order."""
        entries = LedgerEntry.objects.filter(payment__order=order)
        return ledger_table(self.admin_site, entries)

    @admin.display(description=_lazy("intents"))
    def intents(self, order: Order) -> str:
        """The hand-over of the order."""
        intents = Intent.objects.filter(kind=IntentKind.FULFILMENT, target_id=order.pk)
        return intents_table(self.admin_site, intents)

    @admin.display(description=_lazy("metadata"))
    def metadata_text(self, order: Order) -> str:
        """The site's own, as indented JSON."""
        return pretty_json(json.dumps(order.metadata)) if order.metadata else "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """An object's page needs the promotion; the list does not."""
        rows = super().get_queryset(request)
        on_page = (
            request.resolver_match and "object_id" in request.resolver_match.kwargs
        )
        return rows.select_related("redemption__promotion") if on_page else rows

    def offers(self, order: Order) -> Collection[str]:
        """Release what is on hold, cancel what is not paid."""
        held = order.fulfilment == FulfilmentStatus.ON_HOLD
        pending = order.status == OrderStatus.PENDING
        return {"release_hold"} if held else {"cancel_order"} if pending else ()

    def has_release_permission(self, request: HttpRequest) -> bool:
        """Whether the person may release orders on hold."""
        return self.may(request, "release_hold")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        """Whether the person may cancel orders."""
        return self.may(request, "change_order")

    @admin.action(description=_lazy("Release hold"), permissions=["release"])
    def release_hold(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Try to take the missing stock again."""
        for order in queryset:
            released = release_hold(order)
            order.refresh_from_db()
            if released:
                self.log_change(request, order, _("Released from hold."))
                text, level = _("%s is released."), messages.SUCCESS
            elif order.fulfilment == FulfilmentStatus.ON_HOLD:
                text, level = _("%s is still short of stock."), messages.WARNING
            else:
                text, level = _("%s is not on hold."), messages.ERROR
            self.message_user(request, text % order, level)

    @admin.action(description=_lazy("Cancel order"), permissions=["cancel"])
    def cancel_order(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponse | None:
        """End the open checkout, then cancel; asks before."""
        orders = self.few(request, queryset)
        if not orders or CONFIRMED in request.POST:
            for order in orders:
                self._cancel(request, order)
            return None
        return self.confirmation(
            request,
            "cancel_order.html",
            action="cancel_order",
            title=_("Cancel orders"),
            rows=orders,
        )

    def _cancel(self, request: HttpRequest, order: Order) -> None:
        canceled: Any = self.attempt(request, order, partial(cancel_order, order))
        if canceled is None:
            return
        if canceled:
            self.log_change(request, order, _("Canceled."))
            text, level = _("%s is canceled."), messages.SUCCESS
        else:
            text, level = _("%s was canceled before."), messages.WARNING
        self.message_user(request, text % order, level)
