"""Signed webhook deliveries, as a gateway would send them."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments_connect.gateways.stripe.gateway import API_VERSION


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One delivery: the exact body, and the header that signs it."""

    body: bytes
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        """For Django's test client: ``client.post(…, headers=delivery.headers)``."""
        return {"Stripe-Signature": self.signature}


def stripe_event(
    event_type: str,
    found: Mapping[str, Any],
    *,
    account: str = "",
    **fields: Any,
) -> dict[str, Any]:
    """Build a Stripe event about an object.

    Args:
        event_type: For example "checkout.session.completed".
        found: The object as JSON.
        account: Connected account it happened on; "" for the platform.
        fields: Top-level fields to set otherwise (``id``, ``livemode``, …).
    """
    event = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": {"object": dict(found)},
        "livemode": bool(found.get("livemode", False)),
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    if account:
        event["account"] = account
    return event | fields


def sign(
    body: bytes | str | Mapping[str, Any],
    secret: str,
    *,
    timestamp: int | None = None,
) -> Delivery:
    """Sign a body (or an event, as JSON) with a webhook secret, like Stripe does."""
    if isinstance(body, Mapping):
        body = json.dumps(body)
    if isinstance(body, str):
        body = body.encode()
    stamp = int(time.time()) if timestamp is None else timestamp
    digest = hmac.new(secret.encode(), b"%d." % stamp + body, hashlib.sha256)
    return Delivery(body=body, signature=f"t={stamp},v1={digest.hexdigest()}")
