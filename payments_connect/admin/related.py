"""Tables of ledger entries, events and intents on the pages of what they are about."""

from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from payments_connect.enums import WebhookStatus
from payments_connect.models import Intent, LedgerEntry, WebhookEvent
from payments_connect.templatetags.payments_connect import money

from .display import TABLE_LIMIT, link, moment, state, table

ALARMING_EVENTS = (WebhookStatus.DEAD, WebhookStatus.FAILED, WebhookStatus.REJECTED)


def ledger_table(site: AdminSite, entries: QuerySet[LedgerEntry]) -> str:
    """Ledger entries, oldest first."""
    return table(
        (_("Entry"), _("From"), _("To"), _("Amount"), _("Posted at")),
        [
            (
                link(site, entry, entry.get_kind_display()),
                entry.debit,
                entry.credit,
                money(entry.amount, entry.currency),
                moment(entry.created_at),
            )
            for entry in entries.order_by("pk")[:TABLE_LIMIT]
        ],
    )


def events_table(site: AdminSite, events: QuerySet[WebhookEvent]) -> str:
    """Webhook events, oldest first."""
    return table(
        (_("Event"), _("Status"), _("Endpoint"), _("Last error"), _("Received at")),
        [
            (
                link(site, event, event.type),
                state(event, alarming=ALARMING_EVENTS),
                event.endpoint,
                event.last_error,
                moment(event.received_at),
            )
            for event in events.defer("payload").order_by("pk")[:TABLE_LIMIT]
        ],
    )


def intents_table(site: AdminSite, intents: QuerySet[Intent]) -> str:
    """Intents, oldest first."""
    return table(
        (_("Intent"), _("Status"), _("Tries"), _("Last error"), _("Due at")),
        [
            (
                link(site, intent, intent.get_kind_display()),
                intent.get_status_display(),
                intent.tries,
                intent.last_error,
                moment(intent.due_at),
            )
            for intent in intents.defer("request").order_by("pk")[:TABLE_LIMIT]
        ],
    )
