"""Intents: what must happen is a row first, and a call only after its commit."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from payments_connect.enums import IntentKind, IntentStatus
from payments_connect.models import Intent

from .moves import move

# Gateways keep the result of a key for 24 hours at least; after that the same key is
# a new request. Source: docs.stripe.com/api/idempotent_requests.
KEY_RETENTION = timedelta(hours=23)
LEASE = timedelta(minutes=10)
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)
_MAX_ERROR = 500


def add_intent(
    kind: IntentKind,
    target_id: int,
    *,
    key: str,
    request: str = "",
    due_at: datetime | None = None,
) -> Intent:
    """Write an intent down, inside the transaction that decides it.

    Args:
        kind: What to do.
        target_id: Key of the row it is about.
        key: Names intent and attempt; the gateway's idempotency key.
        request: The exact request.
        due_at: When a runner may take it; None leaves it to whoever wrote it.
    """
    return Intent.objects.create(
        kind=kind,
        target_id=target_id,
        idempotency_key=key,
        request=request,
        due_at=due_at,
    )


def claim(intent: Intent) -> bool:
    """Take a due intent for the length of a lease; one runner of many gets it."""
    now = timezone.now()
    claimed = Intent.objects.filter(
        pk=intent.pk,
        due_at__lte=now,
        status__in=(IntentStatus.PENDING, IntentStatus.UNKNOWN),
    ).update(due_at=now + LEASE, tries=F("tries") + 1)
    return claimed == 1


def conclude(intent: Intent, status: IntentStatus, *, error: str = "") -> bool:
    """Record how an intent ended; an ended one stays as it is."""
    return move(
        intent,
        status,
        last_error=error[:_MAX_ERROR],
        due_at=None,
        finished_at=timezone.now(),
    )


def postpone(intent: Intent, *, error: str, due_at: datetime | None) -> bool:
    """Record that nobody knows how a try ended; it is repeated when due."""
    return move(
        intent, IntentStatus.UNKNOWN, last_error=error[:_MAX_ERROR], due_at=due_at
    )


def backoff(tries: int) -> timedelta:
    """How long to wait after so many tries: doubling, bounded, with jitter."""
    span = min(_FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 20), _LONGEST_PAUSE)
    return timedelta(
        seconds=span.total_seconds() * random.uniform(0.8, 1.2)  # noqa: S311  # jitter
    )


def describe(error: BaseException) -> str:
    """An error for a row that people read: its class and its first line."""
    text: Any = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}"[:_MAX_ERROR]
