"""Stripe's webhook signature, written anew so that a misreading shows.

https://docs.stripe.com/webhooks#verify-manually: HMAC-SHA256 of `timestamp.body`.
"""

import hashlib
import hmac


def signature_header(payload: bytes, *, secret: str, timestamp: int) -> str:
    """Return the value of `Stripe-Signature` for a body."""
    signed = str(timestamp).encode() + b"." + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
