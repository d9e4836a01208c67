"""The inbox: every event that concerned us, what became of it, and another try."""

from collections.abc import Collection

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.enums import WebhookStatus
from payments_connect.models import Payment, WebhookEvent
from payments_connect.services.replay import retry_event

from .display import ending, link, pretty_json, state, table
from .filters import GatewayFilter
from .finding import events_about, payments_like
from .operations import OperationsAdmin
from .related import ALARMING_EVENTS

_RETRIABLE = frozenset({WebhookStatus.PARKED, WebhookStatus.FAILED, WebhookStatus.DEAD})


@admin.register(WebhookEvent)
class WebhookEventAdmin(OperationsAdmin[WebhookEvent]):
    """Webhook events; the payload is on the event's page only."""

    list_display = (
        "type",
        "state",
        "last_error",
        "object_ending",
        "account",
        "attempts",
        "received_at",
        "due_at",
    )
    list_filter = ("status", GatewayFilter, "endpoint", "type", "received_at")
    search_fields = ("event_id", "object_id", "account", "type")
    search_help_text = _lazy(
        "Event, object or account id, type, order reference, or the buyer's e-mail."
    )
    ordering = ("-pk",)
    actions = ("retry",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("type", "event_id"),
                    ("state", "attempts"),
                    "last_error",
                    ("object_id", "account"),
                    "payments",
                )
            },
        ),
        (
            _lazy("Delivery"),
            {
                "fields": (
                    ("gateway", "endpoint", "livemode"),
                    ("api_version", "secret_fingerprint"),
                    ("received_at", "settled_at", "due_at"),
                )
            },
        ),
        (_lazy("Payload"), {"fields": ("payload_text",)}),
    )

    @admin.display(description=_lazy("status"), ordering="status")
    def state(self, event: WebhookEvent) -> str:
        """Strong where a person should look."""
        return state(event, alarming=ALARMING_EVENTS)

    @admin.display(description=_lazy("object id"), ordering="object_id")
    def object_ending(self, event: WebhookEvent) -> str:
        """Short enough for a list."""
        return ending(event.object_id)

    @admin.display(description=_lazy("payload"))
    def payload_text(self, event: WebhookEvent) -> str:
        """Indented, without secrets."""
        return pretty_json(event.payload)

    @admin.display(description=_lazy("payments"))
    def payments(self, event: WebhookEvent) -> str:
        """Whose object the event is about, by our own record."""
        own = Payment.objects.select_related("order")
        found = own.filter(checkout_id=event.object_id) | own.filter(
            external_id=event.object_id
        )
        return table(
            (_("Payment"), _("Order"), _("Status")),
            [
                (
                    link(self.admin_site, payment),
                    link(self.admin_site, payment.order),
                    payment.get_status_display(),
                )
                for payment in (found if event.object_id else ())
            ],
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        """Leave payloads in the database until one is looked at."""
        return super().get_queryset(request).defer("payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WebhookEvent], search_term: str
    ) -> tuple[QuerySet[WebhookEvent], bool]:
        """Find events by the words of the order they are about, too."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        if term:
            about = events_about(payments_like(term)).values("pk")
            found |= queryset.filter(pk__in=about)
        return found, duplicates

    def offers(self, event: WebhookEvent) -> Collection[str]:
        """Another try for what is not done."""
        return {"retry"} if event.status in _RETRIABLE else ()

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether the person may have events tried again."""
        return self.may(request, "change_webhookevent")

    @admin.action(description=_lazy("Try again now"), permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[WebhookEvent]) -> None:
        """Apply parked, failed and dead events again."""
        for event in self.few(request, queryset.defer(None)):
            if event.status in _RETRIABLE:
                self._retry(request, event)
            else:
                text = _("%s is done already.") % event
                self.message_user(request, text, messages.WARNING)

    def _retry(self, request: HttpRequest, event: WebhookEvent) -> None:
        try:
            retry_event(event)
        except Exception:
            # Recorded on the event, whatever it was.
            event.refresh_from_db()
        level = messages.SUCCESS
        if event.status == WebhookStatus.PARKED:
            level = messages.WARNING
        elif event.status in ALARMING_EVENTS:
            level = messages.ERROR
        outcome = event.get_status_display()
        self.log_change(request, event, _("Tried again: %s.") % outcome)
        text = f"{event}: {outcome}. {event.last_error}".strip()
        self.message_user(request, text, level)
