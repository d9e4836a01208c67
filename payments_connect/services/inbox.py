"""The inbox: every verified event that concerns us is one row, applied exactly once.

The claim of an event and its effects commit in one transaction: the row is inserted as
``processed``, and a failure rolls back both. What cannot be applied yet is parked; what
failed is recorded outside the transaction and tried again.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from payments_connect.conf import get_settings
from payments_connect.enums import Source, WebhookStatus
from payments_connect.gateways.registry import get_gateway
from payments_connect.gateways.types import ApplicationFeeSnapshot, Notice
from payments_connect.models import WebhookEvent

from . import events, hints
from .inserts import insert_or_ignore
from .matching import is_ours
from .settlement import Settlement, settle_application_fee, settle_payment
from .transactions import settlement

logger = logging.getLogger(__name__)

IGNORED = WebhookStatus.IGNORED.value
DUPLICATE = "duplicate"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The answer to a delivery.

    Attributes:
        word: What became of it: the event's status, or "duplicate".
        status: HTTP status; 500 asks the gateway to deliver it again.
    """

    word: str
    status: int = 200


def has_endpoint(gateway: str, endpoint: str) -> bool:
    """Whether an endpoint is open: its gateway is configured and it has a secret."""
    configured = gateway in get_settings().gateways
    return configured and get_gateway(gateway).has_endpoint(endpoint)


def receive(
    gateway: str, endpoint: str, *, body: bytes, headers: Mapping[str, str]
) -> Receipt:
    """Take one delivery: verify, store, settle, answer.

    Args:
        gateway: Slug.
        endpoint: Which of its endpoints; each has secrets of its own.
        body: As it came.
        headers: Of the request, case-insensitive.

    Raises:
        WebhookRejected: It is not to be believed; nothing was stored.
    """
    used = get_gateway(gateway)
    notice = used.read_webhook(endpoint, body, headers=headers)
    if not notice.handled:
        return Receipt(word=IGNORED)
    if notice.livemode != used.livemode:
        return _ignore_other_mode(endpoint, notice)
    try:
        word = settlement(partial(_take, endpoint, notice))
    except Exception as error:
        return _record_failure(endpoint, notice, error)
    if word == WebhookStatus.PARKED and hints.is_hint(notice):
        word = _resolve_now(notice)
    return Receipt(word=word)


def work(event: WebhookEvent) -> None:
    """Try a parked or failed event again; of many at once, one gets it.

    Raises:
        Exception: Whatever went wrong; it is recorded on the event.
    """
    if not settlement(partial(events.lease, event)):
        return
    try:
        notice = get_gateway(event.gateway).read_event(event.payload)
        word = settlement(partial(_take_stored, event, notice))
    except Exception as error:
        settlement(partial(events.fail, event, error))
        raise
    if word == WebhookStatus.PARKED:
        _resolve(event, notice)


def _take(endpoint: str, notice: Notice) -> str:
    foreign = notice.reference is not None and not is_ours(notice.reference)
    if foreign and hints.find_object(notice) is None:
        return IGNORED
    if not events.store_claimed(endpoint, notice):
        return DUPLICATE
    return _apply(notice)


def _take_stored(event: WebhookEvent, notice: Notice) -> str:
    return _apply(notice) if events.claim(event) else DUPLICATE


def _apply(notice: Notice) -> str:
    """Settle a claimed event's snapshot; correct its row where that was not all."""
    outcome = _settle(notice)
    if outcome in (Settlement.APPLIED, Settlement.UNCHANGED):
        return WebhookStatus.PROCESSED.value
    event = events.get_row(notice)
    if outcome is Settlement.REJECTED:
        events.reject(event)
    elif outcome is Settlement.RETRIEVE:
        events.park(event, why="Not proven yet.", urgent=hints.is_hint(notice))
    elif is_ours(notice.reference):
        events.park(event, why="Carries our reference; there is no such payment.")
    else:
        events.park_unmarked(event)
    return event.status


def _settle(notice: Notice) -> Settlement:
    if isinstance(notice.snapshot, ApplicationFeeSnapshot):
        return settle_application_fee(notice.snapshot)
    if notice.snapshot is not None:
        return settle_payment(notice.snapshot, source=Source.WEBHOOK)
    known = hints.find_payment(notice) is not None
    return Settlement.RETRIEVE if known else Settlement.UNKNOWN


def _resolve_now(notice: Notice) -> str:
    """Ask the gateway about a hint right after the commit; failing changes nothing."""
    event = events.get_row(notice)
    try:
        _resolve(event, notice)
    except Exception as error:  # the sweep owns the parked event
        logger.warning(
            "Webhook event %s waits for the sweep: %s",
            notice.event_id,
            type(error).__name__,
        )
    return event.status


def _resolve(event: WebhookEvent, notice: Notice) -> None:
    """Ask the gateway about a parked event; it stays parked where that fails."""
    try:
        hints.resolve(event, notice)
    except Exception as error:
        settlement(partial(events.note, event, error))
        raise


def _ignore_other_mode(endpoint: str, notice: Notice) -> Receipt:
    """A live Connect endpoint gets test events too: counted, without their payload."""
    row = events.new_row(endpoint, notice, WebhookStatus.IGNORED)
    row.payload, row.attempts = "", 0  # not tried: the right mode may come
    row.last_error = (
        "Live event in test mode." if notice.livemode else ("Test event in live mode.")
    )
    insert_or_ignore(row)
    return Receipt(word=IGNORED)


def _record_failure(endpoint: str, notice: Notice, error: Exception) -> Receipt:
    """Keep an event whose settling failed; a processed row is never taken back."""
    logger.error("Webhook event %s failed: %s", notice.event_id, type(error).__name__)
    failures = settlement(partial(_store_failure, endpoint, notice, error))
    again = 0 < failures <= get_settings().webhook_patience
    return Receipt(word=WebhookStatus.FAILED.value, status=500 if again else 200)


def _store_failure(endpoint: str, notice: Notice, error: Exception) -> int:
    row = events.new_row(endpoint, notice, WebhookStatus.FAILED)
    row.attempts = 0
    insert_or_ignore(row)
    return events.fail(events.get_row(notice), error)
