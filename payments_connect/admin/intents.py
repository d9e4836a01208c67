"""Intents: every call that must happen, and how its tries ended."""

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import IntentKind
from payments_connect.models import Intent, Order, Payment

from .display import link_to, pretty_json
from .finding import intents_like
from .readonly import ReadOnlyAdmin

_TARGETS: dict[str, type[Model]] = {
    IntentKind.CHECKOUT: Payment,
    IntentKind.FULFILMENT: Order,
}


@admin.register(Intent)
class IntentAdmin(ReadOnlyAdmin[Intent]):
    """Intents; the exact request is on the intent's page only."""

    list_display = (
        "id",
        "kind",
        "status",
        "target",
        "tries",
        "last_error",
        "due_at",
        "created_at",
        "finished_at",
    )
    list_filter = ("status", "kind", "created_at")
    search_fields = ("idempotency_key",)
    search_help_text = _(
        "Idempotency key, public id, order reference, e-mail or gateway id."
    )
    ordering = ("-pk",)
    fields = (
        ("kind", "status"),
        "target",
        "idempotency_key",
        ("attempt", "tries"),
        "last_error",
        ("created_at", "due_at", "finished_at"),
        "request_text",
    )

    @admin.display(description=_("about"), ordering="target_id")
    def target(self, intent: Intent) -> str:
        """The row it is about, without fetching it."""
        model = _TARGETS.get(intent.kind)
        if model is None:
            return str(intent.target_id)
        text = f"{model._meta.verbose_name} {intent.target_id}"
        return link_to(self.admin_site, model, pk=intent.target_id, text=text)

    @admin.display(description=_("request"))
    def request_text(self, intent: Intent) -> str:
        """Indented."""
        return pretty_json(intent.request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Intent]:
        """Leave requests in the database until one is looked at."""
        return super().get_queryset(request).defer("request")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Intent], search_term: str
    ) -> tuple[QuerySet[Intent], bool]:
        """Find intents by the words of what they are about, too."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        term = search_term.strip()
        if term:
            found |= queryset.filter(pk__in=intents_like(term).values("pk"))
        return found, duplicates
