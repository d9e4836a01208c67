"""What becomes of an event's row: claimed, parked, rejected, failed, dead."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from payments_connect.conf import get_settings
from payments_connect.enums import WebhookStatus
from payments_connect.gateways.types import Notice
from payments_connect.models import WebhookEvent

from . import intents
from .inserts import insert_or_ignore
from .moves import move

logger = logging.getLogger(__name__)

# The session's own event normally comes within seconds and tells what an event about
# its payment intent alone cannot prove.
_PARK = timedelta(minutes=1)
# An event without our mark about an object we do not know is a seller's own business.
_UNMARKED_ATTEMPTS = 4
_LEASE = timedelta(minutes=5)

DUE = (WebhookStatus.PARKED, WebhookStatus.FAILED)
UNDONE = (*DUE, WebhookStatus.DEAD)


def new_row(endpoint: str, notice: Notice, status: WebhookStatus) -> WebhookEvent:
    """The row of an event that was just delivered, not saved yet."""
    return WebhookEvent(
        gateway=notice.gateway,
        endpoint=endpoint,
        event_id=notice.event_id,
        account=notice.account,
        type=notice.type,
        livemode=notice.livemode,
        api_version=notice.api_version,
        object_id=notice.object_id,
        payload=notice.payload,
        secret_fingerprint=notice.secret_fingerprint,
        status=status,
        attempts=1,
        received_at=timezone.now(),
    )


def get_row(notice: Notice) -> WebhookEvent:
    """The stored row of an event."""
    return WebhookEvent.objects.get(gateway=notice.gateway, event_id=notice.event_id)


def store_claimed(endpoint: str, notice: Notice) -> bool:
    """Store an event as processed, to be true when the transaction commits.

    Returns:
        Whether the event is this caller's to apply: it was new, or it was there and
        still undone. A plain read comes before a claim: copies of a processed event,
        the common case, take no lock.
    """
    row = new_row(endpoint, notice, WebhookStatus.PROCESSED)
    row.settled_at = row.received_at
    if insert_or_ignore(row):
        return True
    found = WebhookEvent.objects.only("status", "attempts", "due_at").get(
        gateway=notice.gateway, event_id=notice.event_id
    )
    if found.status == WebhookStatus.PARKED and not _is_due(found):
        return False  # a copy tells nothing new, and is no attempt
    if found.status == WebhookStatus.IGNORED and found.attempts == 0:
        # It came while our keys were of the other mode.
        return claim(found, payload=notice.payload)
    return found.status in UNDONE and claim(found)


def _is_due(event: WebhookEvent) -> bool:
    return event.due_at is not None and event.due_at <= timezone.now()


def claim(event: WebhookEvent, **also: Any) -> bool:
    """Take an undone event for this transaction; of many at once, one gets it."""
    return move(
        event,
        WebhookStatus.PROCESSED,
        attempts=F("attempts") + 1,
        settled_at=timezone.now(),
        due_at=None,
        last_error="",
        **also,
    )


def lease(event: WebhookEvent) -> bool:
    """Take a due event for a while by pushing its due time."""
    now = timezone.now()
    return bool(
        WebhookEvent.objects.filter(
            pk=event.pk, due_at__lte=now, status__in=DUE
        ).update(due_at=now + _LEASE)
    )


def due(limit: int) -> list[WebhookEvent]:
    """Events whose time has come, oldest first."""
    rows = WebhookEvent.objects.filter(due_at__lte=timezone.now(), status__in=DUE)
    return list(rows.order_by("due_at")[:limit])


def park(event: WebhookEvent, *, why: str, urgent: bool = False) -> None:
    """Let a claimed event wait, for another event or for the gateway's answer.

    Args:
        event: Claimed by this transaction.
        why: For people.
        urgent: Due at once the first time: only a retrieve can help.
    """
    if event.attempts >= get_settings().webhook_max_attempts:
        bury(event, why=why)
        return
    at_once = urgent and event.attempts <= 1
    wait = timedelta(0) if at_once else max(_PARK, intents.backoff(event.attempts))
    move(
        event,
        WebhookStatus.PARKED,
        due_at=timezone.now() + wait,
        settled_at=None,
        last_error=why,
    )


def park_unmarked(event: WebhookEvent) -> None:
    """Let an event about an unknown object wait briefly, then forget what it says."""
    if event.attempts < _UNMARKED_ATTEMPTS:
        park(event, why="About an object we do not know.")
    else:
        move(event, WebhookStatus.IGNORED, due_at=None, payload="", last_error="")


def reject(event: WebhookEvent) -> None:
    """Refuse a claimed event: it claims a payment whose own object it is not."""
    move(
        event,
        WebhookStatus.REJECTED,
        due_at=None,
        last_error="Claims a payment whose own object it is not.",
    )
    logger.warning("Webhook event %s rejected: not the payment's own", event.event_id)


def bury(event: WebhookEvent, *, why: str) -> None:
    """Give up on an event until a person looks at it."""
    move(event, WebhookStatus.DEAD, due_at=None, settled_at=None, last_error=why)
    logger.error("Webhook event %s is a dead letter", event.event_id)


def note(event: WebhookEvent, error: Exception) -> None:
    """Say on a parked event why it goes on waiting."""
    WebhookEvent.objects.filter(pk=event.pk, status=WebhookStatus.PARKED).update(
        last_error=intents.describe(error)
    )


def fail(event: WebhookEvent, error: Exception) -> int:
    """Record that applying an event failed, outside the transaction that failed.

    Returns:
        How many failures there were; 0 if somebody else finished it meanwhile.
    """
    event.refresh_from_db()
    attempts = event.attempts + 1
    dead = attempts >= get_settings().webhook_max_attempts
    recorded = event.status in UNDONE and move(
        event,
        WebhookStatus.DEAD if dead else WebhookStatus.FAILED,
        attempts=attempts,
        due_at=None if dead else timezone.now() + intents.backoff(attempts),
        last_error=intents.describe(error),
    )
    return attempts if recorded else 0
