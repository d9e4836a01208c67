"""The inbox: every verified event that concerns us is one row, applied exactly once.

The claim of an event and its effects commit in one transaction: the row is inserted as
``processed``, and a failure rolls back both. What cannot be applied yet is parked; what
failed is recorded outside the transaction and tried again.
"""

import enum
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from payments_connect.conf import get_settings
from payments_connect.enums import Source, WebhookStatus
from payments_connect.exceptions import GatewayNotFound
from payments_connect.gateways.registry import get_gateway
from payments_connect.gateways.types import (
    ApplicationFeeSnapshot,
    Notice,
    PaymentSnapshot,
)
from payments_connect.models import Payment, WebhookEvent

from . import intents
from .confirmation import retrieve_snapshot
from .inserts import insert_or_ignore
from .matching import find_by_object, find_by_reference, is_ours
from .moves import move
from .settlement import Settlement, settle_application_fee, settle_payment
from .transactions import settlement

logger = logging.getLogger(__name__)

# The session's own event normally comes within seconds and tells what an event about
# its payment intent alone cannot prove.
_PARK = timedelta(minutes=1)
# An event without our mark about an object we do not know is a seller's own business.
_UNMARKED_ATTEMPTS = 4
_LEASE = timedelta(minutes=5)
_UNDONE = (WebhookStatus.PARKED, WebhookStatus.FAILED)
_REVIVABLE = (*_UNDONE, WebhookStatus.DEAD)


class Reception(enum.Enum):
    """What became of a delivery, as the word in the answer's body."""

    PROCESSED = "processed"
    DUPLICATE = "duplicate"
    PARKED = "parked"
    IGNORED = "ignored"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The answer to a delivery; 500 asks the gateway to deliver it again."""

    reception: Reception
    status: int = 200


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
        return Receipt(reception=Reception.IGNORED)
    if notice.livemode != used.livemode:
        return _ignore_other_mode(gateway, endpoint, notice)
    try:
        reception = settlement(partial(_take, gateway, endpoint, notice))
    except Exception as error:  # noqa: BLE001  # whatever it is, the event is kept
        return _record_failure(gateway, endpoint, notice, error=error)
    if reception is Reception.PARKED:
        reception = _resolve_now(gateway, notice) or reception
    return Receipt(reception=reception)


def _take(gateway: str, endpoint: str, notice: Notice) -> Reception:
    if notice.reference is not None and not is_ours(notice.reference):
        if _find_object(gateway, notice) is None:
            return Reception.IGNORED
    row = _row(gateway, endpoint, notice, WebhookStatus.PROCESSED)
    row.settled_at = row.received_at
    if not insert_or_ignore(row) and not _revive(gateway, notice):
        return Reception.DUPLICATE
    return _apply(gateway, notice)


def _row(
    gateway: str, endpoint: str, notice: Notice, status: WebhookStatus
) -> WebhookEvent:
    return WebhookEvent(
        gateway=gateway,
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


def _find_object(gateway: str, notice: Notice) -> Payment | None:
    if notice.checkout_id:
        return find_by_object(gateway, checkout_id=notice.checkout_id)
    return find_by_object(gateway, external_id=notice.object_id)


def _find_payment(gateway: str, notice: Notice) -> Payment | None:
    return _find_object(gateway, notice) or find_by_reference(notice.reference)


def _event(gateway: str, notice: Notice) -> WebhookEvent:
    return WebhookEvent.objects.get(gateway=gateway, event_id=notice.event_id)


def _revive(gateway: str, notice: Notice) -> bool:
    """Claim a row that is there already, if it is still to be applied.

    A plain read first: copies of a processed event, the common case, take no lock.
    """
    event = WebhookEvent.objects.only("status", "attempts").get(
        gateway=gateway, event_id=notice.event_id
    )
    return event.status in _REVIVABLE and _claim(event)


def _claim(event: WebhookEvent) -> bool:
    return move(
        event,
        WebhookStatus.PROCESSED,
        attempts=event.attempts + 1,
        settled_at=timezone.now(),
        due_at=None,
        last_error="",
    )


def _apply(gateway: str, notice: Notice) -> Reception:
    """Settle the event's snapshot; correct its row where that was not all of it."""
    match _settle(gateway, notice):
        case Settlement.REJECTED:
            return _reject(_event(gateway, notice))
        case Settlement.RETRIEVE:
            return _park(
                _event(gateway, notice), why="Not proven yet.", urgent=_is_hint(notice)
            )
        case Settlement.UNKNOWN:
            return _park_unknown(_event(gateway, notice), notice)
    return Reception.PROCESSED


def _settle(gateway: str, notice: Notice) -> Settlement:
    if isinstance(notice.snapshot, ApplicationFeeSnapshot):
        return settle_application_fee(notice.snapshot)
    if notice.snapshot is not None:
        return settle_payment(notice.snapshot, source=Source.WEBHOOK)
    known = _find_payment(gateway, notice) is not None
    return Settlement.RETRIEVE if known else Settlement.UNKNOWN


def _reject(event: WebhookEvent) -> Reception:
    move(
        event,
        WebhookStatus.REJECTED,
        due_at=None,
        last_error="Claims a payment whose own object it is not.",
    )
    logger.warning("Webhook event %s rejected: not the payment's own", event.event_id)
    return Reception.REJECTED


def _park(event: WebhookEvent, *, why: str, urgent: bool = False) -> Reception:
    """Wait: for the session's own event, or for the gateway's answer."""
    if event.attempts >= get_settings().webhook_max_attempts:
        return _bury(event, why)
    now_is_fine = urgent and event.attempts <= 1
    wait = timedelta(0) if now_is_fine else max(_PARK, intents.backoff(event.attempts))
    move(
        event,
        WebhookStatus.PARKED,
        due_at=timezone.now() + wait,
        settled_at=None,
        last_error=why,
    )
    return Reception.PARKED


def _is_hint(notice: Notice) -> bool:
    """Whether only a retrieve can help: no other event will tell more."""
    return notice.snapshot is None or bool(notice.checkout_id)


def _park_unknown(event: WebhookEvent, notice: Notice) -> Reception:
    """No payment of ours: wait a while for its row, then give up in the right way."""
    if is_ours(notice.reference):
        return _park(event, why="Carries our reference; there is no such payment.")
    if event.attempts < _UNMARKED_ATTEMPTS:
        return _park(event, why="About an object we do not know.")
    move(event, WebhookStatus.IGNORED, due_at=None, payload="", last_error="")
    return Reception.IGNORED


def _bury(event: WebhookEvent, why: str) -> Reception:
    move(event, WebhookStatus.DEAD, due_at=None, settled_at=None, last_error=why)
    logger.error("Webhook event %s is a dead letter", event.event_id)
    return Reception.FAILED


def _ignore_other_mode(gateway: str, endpoint: str, notice: Notice) -> Receipt:
    """A live Connect endpoint gets test events too: counted, without their payload."""
    row = _row(gateway, endpoint, notice, WebhookStatus.IGNORED)
    row.payload = ""
    row.last_error = (
        "live event in test mode" if notice.livemode else ("test event in live mode")
    )
    insert_or_ignore(row)
    return Receipt(reception=Reception.IGNORED)


def _record_failure(
    gateway: str, endpoint: str, notice: Notice, *, error: Exception
) -> Receipt:
    """Keep an event whose settling failed; its row is never taken from `processed`."""
    logger.error("Webhook event %s failed: %s", notice.event_id, type(error).__name__)
    row = _row(gateway, endpoint, notice, WebhookStatus.FAILED)
    row.attempts = 0
    insert_or_ignore(row)
    attempts = _fail(_event(gateway, notice), error)
    again = 0 < attempts <= get_settings().webhook_patience
    return Receipt(reception=Reception.FAILED, status=500 if again else 200)


def _fail(event: WebhookEvent, error: Exception) -> int:
    """Record a failure; give how many there were, 0 if the event is done by now."""
    event.refresh_from_db()
    if event.status not in _REVIVABLE:
        return 0
    attempts = event.attempts + 1
    dead = attempts >= get_settings().webhook_max_attempts
    move(
        event,
        WebhookStatus.DEAD if dead else WebhookStatus.FAILED,
        attempts=attempts,
        due_at=None if dead else timezone.now() + intents.backoff(attempts),
        last_error=intents.describe(error),
    )
    return attempts


def due_events(limit: int) -> list[WebhookEvent]:
    """Events whose time has come, oldest first."""
    due = WebhookEvent.objects.filter(due_at__lte=timezone.now(), status__in=_UNDONE)
    return list(due.order_by("due_at")[:limit])


def work(event: WebhookEvent) -> Reception:
    """Try a parked or failed event again; of many at once, one gets it.

    Raises:
        Exception: Whatever went wrong; it is recorded on the event.
    """
    now = timezone.now()
    leased = WebhookEvent.objects.filter(
        pk=event.pk, due_at__lte=now, status__in=_UNDONE
    ).update(due_at=now + _LEASE)
    if not leased:
        return Reception.DUPLICATE
    notice = get_gateway(event.gateway).read_event(event.payload)
    try:
        reception = settlement(partial(_take_stored, event, notice))
        if reception is Reception.PARKED:
            reception = _resolve(event, notice) or reception
    except Exception as error:
        _fail(event, error)
        raise
    return reception


def _take_stored(event: WebhookEvent, notice: Notice) -> Reception:
    if not _claim(event):
        return Reception.DUPLICATE
    return _apply(event.gateway, notice)


def _resolve_now(gateway: str, notice: Notice) -> Reception | None:
    """Ask the gateway about a hint right after the commit; failing changes nothing."""
    if not _is_hint(notice):
        return None
    try:
        return _resolve(_event(gateway, notice), notice)
    except Exception as error:  # noqa: BLE001  # the sweep owns the parked event
        logger.warning(
            "Webhook event %s waits for the sweep: %s",
            notice.event_id,
            type(error).__name__,
        )
        return None


def _resolve(event: WebhookEvent, notice: Notice) -> Reception | None:
    """Retrieve the checkout of the payment an event points to, and settle that.

    A payment that has recorded its checkout is asked about by that id, whatever the
    event claims; only an unrecorded one is looked for under the claimed id, and only
    on the account that the payment recorded.
    """
    payment = _find_payment(event.gateway, notice)
    if payment is None:
        return None
    if payment.account_external_id != notice.account:
        return settlement(partial(_conclude, event, believed=False))
    checkout_id = payment.checkout_id or notice.checkout_id
    if not checkout_id:
        return None
    try:
        snapshot = retrieve_snapshot(payment, checkout_id)
    except GatewayNotFound:
        return settlement(partial(_conclude, event, believed=False))
    return settlement(partial(_settle_retrieved, event, notice, snapshot))


def _settle_retrieved(
    event: WebhookEvent, notice: Notice, snapshot: PaymentSnapshot
) -> Reception:
    outcome = settle_payment(snapshot, source=Source.WEBHOOK)
    settled = outcome in (Settlement.APPLIED, Settlement.UNCHANGED)
    known = notice.object_id in (snapshot.checkout_id, snapshot.external_id)
    return _conclude(event, believed=settled and known)


def _conclude(event: WebhookEvent, *, believed: bool) -> Reception:
    if not _claim(event):
        return Reception.DUPLICATE
    return Reception.PROCESSED if believed else _reject(event)


def has_endpoint(gateway: str, endpoint: str) -> bool:
    """Whether an endpoint is open: its gateway is configured and it has a secret."""
    configured = gateway in get_settings().gateways
    return configured and get_gateway(gateway).has_endpoint(endpoint)
