"""Payments: what was asked for, what arrived, and from whom we know."""

from collections.abc import Collection
from functools import partial

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.enums import IntentKind, PaymentStatus, Source
from payments_connect.models import Intent, Payment
from payments_connect.services.confirmation import UNDER_WAY, confirm_payment
from payments_connect.services.settlement import Settlement

from . import acceptance
from .display import ending, link, money_column, state
from .filters import GatewayFilter, MoneyFilter
from .finding import events_about
from .operations import OperationsAdmin
from .related import events_table, intents_table, ledger_table

ALARMING_PAYMENTS = (PaymentStatus.REVIEW,)

_ANSWERS = {
    Settlement.APPLIED: _lazy("%s: the gateway told us something new."),
    Settlement.UNCHANGED: _lazy("%s: nothing new."),
}


def standing(payment: Payment) -> str:
    """Whether the money of a payment pays its order or is too much."""
    if payment.is_surplus:
        return format_html("<strong>{}</strong>", _("Surplus"))
    if payment.status == PaymentStatus.SUCCEEDED:
        return _("Pays its order")
    return "-"


@admin.register(Payment)
class PaymentAdmin(OperationsAdmin[Payment]):
    """Payments with their ledger entries, events and intents."""

    list_display = (
        "short_id",
        "gateway",
        "order_link",
        "state",
        "asked",
        "captured",
        "standing",
        "seller",
        "confirmed_by",
        "review_reason",
        "created_at",
    )
    list_filter = (
        "status",
        MoneyFilter,
        GatewayFilter,
        "charge_type",
        "confirmed_by",
        "livemode",
        "created_at",
    )
    list_select_related = ("order", "account__seller")
    search_fields = (
        "public_id",
        "order__reference",
        "order__public_id",
        "order__email",
        "checkout_id__exact",
        "external_id__exact",
        "charge_id__exact",
        "application_fee_id__exact",
        "account__external_id__exact",
    )
    ordering = ("-pk",)
    actions = ("accept", "ask_gateway")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("order_link", "email"),
                    ("state", "standing"),
                    ("gateway", "account", "livemode"),
                    "review_reason",
                    ("failure_code", "failure_message"),
                )
            },
        ),
        (
            _lazy("Money"),
            {
                "fields": (
                    ("asked", "fee", "charge_type"),
                    ("captured", "refunded"),
                    ("allows_discount", "allows_tax", "allows_shipping"),
                )
            },
        ),
        (
            _lazy("At the gateway"),
            {
                "fields": (
                    "public_id",
                    "checkout_id",
                    "external_id",
                    "charge_id",
                    "application_fee_id",
                )
            },
        ),
        (
            _lazy("Times"),
            {
                "fields": (
                    ("confirmed_by", "confirmed_at", "last_checked_at"),
                    ("created_at", "expires_at", "due_at"),
                )
            },
        ),
        (_lazy("Ledger"), {"fields": ("ledger",)}),
        (_lazy("Webhook events"), {"fields": ("events",)}),
        (_lazy("Intents"), {"fields": ("intents",)}),
    )
    asked = money_column("amount", _lazy("asked for"))
    captured = money_column(
        "amount_captured", _lazy("captured"), currency="arrived_currency"
    )
    fee = money_column("application_fee_amount", _lazy("application fee"))
    refunded = money_column("refund_done", _lazy("refunded"))

    @admin.display(description=_lazy("payment"), ordering="pk")
    def short_id(self, payment: Payment) -> str:
        """Short enough for a list."""
        return ending(payment.checkout_id or str(payment.public_id))

    @admin.display(description=_lazy("order"), ordering="order__reference")
    def order_link(self, payment: Payment) -> str:
        """To the order's page."""
        return link(self.admin_site, payment.order)

    @admin.display(description=_lazy("e-mail"))
    def email(self, payment: Payment) -> str:
        """Of the buyer."""
        return payment.order.email or "-"

    @admin.display(description=_lazy("seller"), ordering="account__seller__name")
    def seller(self, payment: Payment) -> str:
        """Whose account the payment lives on."""
        return str(payment.account.seller) if payment.account else "-"

    @admin.display(description=_lazy("status"), ordering="status")
    def state(self, payment: Payment) -> str:
        """Strong where a person should look."""
        return state(payment, alarming=ALARMING_PAYMENTS)

    @admin.display(description=_lazy("money"))
    def standing(self, payment: Payment) -> str:
        """Whether the money pays the order or is too much."""
        return standing(payment)

    @admin.display(description=_lazy("ledger entries"))
    def ledger(self, payment: Payment) -> str:
        """What the payment moved."""
        return ledger_table(self.admin_site, payment.ledger_entries.all())

    @admin.display(description=_lazy("events"))
    def events(self, payment: Payment) -> str:
        """What the gateway sent about the payment's objects."""
        events = events_about(Payment.objects.filter(pk=payment.pk))
        return events_table(self.admin_site, events)

    @admin.display(description=_lazy("intents"))
    def intents(self, payment: Payment) -> str:
        """What we wanted from the gateway."""
        intents = Intent.objects.filter(kind=IntentKind.CHECKOUT, target_id=payment.pk)
        return intents_table(self.admin_site, intents)

    def offers(self, payment: Payment) -> Collection[str]:
        """Accept what is in review; ask about what is under way or in review."""
        if payment.status == PaymentStatus.REVIEW:
            return {"accept", "ask_gateway"}
        return {"ask_gateway"} if payment.status in UNDER_WAY else ()

    def has_accept_permission(self, request: HttpRequest) -> bool:
        """Whether the person may accept payments in review."""
        return self.may(request, "accept_payment")

    def has_ask_permission(self, request: HttpRequest) -> bool:
        """Whether the person may have the gateway asked."""
        return self.may(request, "change_payment")

    @admin.action(description=_lazy("Accept payment in review"), permissions=["accept"])
    def accept(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> HttpResponse | None:
        """Settle payments in review as they are; needs a reason."""
        return acceptance.accept(self, request, queryset)

    @admin.action(description=_lazy("Ask the gateway now"), permissions=["ask"])
    def ask_gateway(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Retrieve payments from their gateway and settle what it says."""
        asked = queryset.select_related("order", "account")
        for payment in self.few(request, asked):
            self._ask(request, payment)

    def _ask(self, request: HttpRequest, payment: Payment) -> None:
        if not payment.checkout_id:
            text = _("%s has nothing at the gateway to ask about.") % payment
            self.message_user(request, text, messages.WARNING)
            return
        ask = partial(confirm_payment, payment, source=Source.ADMIN)
        settled = self.attempt(request, payment, ask)
        if settled is None:
            return
        self.log_change(
            request, payment, _("Asked the gateway: %s.") % payment.get_status_display()
        )
        if settled in _ANSWERS:
            text, level = str(_ANSWERS[settled]), messages.SUCCESS
        else:
            text = _("%s: the gateway's answer is not about this payment.")
            level = messages.ERROR
        self.message_user(request, text % payment, level)
