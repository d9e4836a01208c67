"""Stripe's deliveries: believed only after verification, then read as plain JSON.

``Webhook.construct_event`` costs about sixty times as much as verifying the header and
reading JSON, accepts timestamps from the future, and lets a signature with non-ASCII
characters through as a ``TypeError`` (stripe-python 15.6.2, ``_webhook.py``).
"""

import hashlib
import json
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

import stripe

from payments_connect.exceptions import SnapshotError, WebhookRejected
from payments_connect.gateways.types import Notice, Snapshot

from . import mapping

TOLERANCE_SECONDS = 300  # explicit: verify_header's own default is "any age"

# Where each type is normally delivered is documented in docs/how-to/webhooks.md; both
# endpoints handle all of them, since a direct charge's session is on the connected
# account and a platform sale's on the platform.
SESSION_EVENTS = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
INTENT_EVENTS = frozenset(
    {
        "payment_intent.succeeded",
        "payment_intent.processing",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "payment_intent.amount_capturable_updated",
    }
)
FEE_EVENTS = frozenset({"application_fee.created"})
HANDLED_EVENTS = SESSION_EVENTS | INTENT_EVENTS | FEE_EVENTS

_TYPE = re.compile(r"[a-z0-9_.\[\]]{1,100}", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9.\-]{0,50}", re.ASCII)


def verify(body: bytes, header: str, secrets: Iterable[str]) -> str:
    """Find the secret that signed the body; give its fingerprint.

    Raises:
        WebhookRejected: No secret did, or the signature is too old or from the future.
    """
    if not body:
        raise WebhookRejected("empty body")
    if not header:
        raise WebhookRejected("no signature")
    if not header.isascii():
        raise WebhookRejected("signature is not ASCII")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise WebhookRejected("body is not UTF-8") from None
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(
                text, header, secret, TOLERANCE_SECONDS
            )
        except (stripe.SignatureVerificationError, ValueError, OverflowError):
            continue
        _refuse_future(header)
        return fingerprint(secret)
    raise WebhookRejected("signature does not verify")


def _refuse_future(header: str) -> None:
    """The SDK bounds the age of a signature only, not its distance in the future."""
    fields = (part.split("=", 2) for part in header.split(","))
    stamp = next(int(field[1]) for field in fields if field[0] == "t")
    if stamp > time.time() + TOLERANCE_SECONDS:
        raise WebhookRejected("signature is from the future")


def fingerprint(secret: str) -> str:
    """Name a secret without telling it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]


def read(body: str, *, api_version: str) -> Notice:
    """Read a verified event.

    Args:
        body: The payload.
        api_version: The version our requests pin. An event rendered in a version of
            another name (``dahlia``, ``clover``) is a hint only: its fields may mean
            something else.

    Raises:
        SnapshotError: It is not an event: no object, or no usable id or type.
    """
    event = _load(body)
    event_type, version = event.get("type"), event.get("api_version") or ""
    account = event.get("account") or ""
    if not (
        mapping.is_id(event.get("id"))
        and isinstance(event_type, str)
        and _TYPE.fullmatch(event_type)
        and isinstance(version, str)
        and _VERSION.fullmatch(version)
        and (account == "" or mapping.is_id(account))
        and isinstance(event.get("livemode"), bool)
    ):
        raise SnapshotError("not an event: id, type, account or mode is unusable")
    found = _object_of(event)
    handled = event_type in HANDLED_EVENTS and mapping.is_id(found.get("id"))
    is_session = event_type in SESSION_EVENTS
    snapshot = None
    # The few fields of an application fee mean the same in every version.
    same = _release(version) == _release(api_version) or event_type in FEE_EVENTS
    if handled and same:
        snapshot = _snapshot(event_type, found, account)
    return Notice(
        gateway=mapping.SLUG,
        event_id=event["id"],
        type=event_type,
        account=account,
        livemode=event["livemode"],
        api_version=version,
        object_id=found["id"] if handled else "",
        checkout_id=found["id"] if handled and is_session else "",
        reference=mapping.reference_of(found),
        snapshot=snapshot,
        payload=body,
        handled=handled and _is_payment(event_type, found),
    )


def _load(body: str) -> dict[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise SnapshotError("body is not JSON") from None
    if not isinstance(event, dict):
        raise SnapshotError("body is not a JSON object")
    return event


def _object_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    data = event.get("data")
    found = data.get("object") if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_payment(event_type: str, found: Mapping[str, Any]) -> bool:
    """Sessions that set up cards or subscribe share our event types, not our rows."""
    return event_type not in SESSION_EVENTS or found.get("mode", "payment") == "payment"


def _snapshot(
    event_type: str, found: Mapping[str, Any], account: str
) -> Snapshot | None:
    """The object as a snapshot; None where it cannot be read and must be retrieved."""
    try:
        if event_type in SESSION_EVENTS:
            failed = event_type == "checkout.session.async_payment_failed"
            return mapping.snapshot_from_session(found, account=account, failed=failed)
        if event_type in INTENT_EVENTS:
            return mapping.snapshot_from_intent(found, account=account)
        return mapping.snapshot_from_application_fee(found)
    except SnapshotError:
        return None


def _release(version: str) -> str:
    """The name of a version: ``2026-08-26.dahlia`` is ``dahlia``, older ones a date."""
    return version.rpartition(".")[2]
