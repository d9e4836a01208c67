"""Stripe's errors, by what our caller can do about them.

Source: stripe-python 15.6.2 ``_api_requestor.py`` and ``_error.py``.
"""

import stripe

from payments_connect.exceptions import (
    GatewayBusy,
    GatewayError,
    GatewayMisconfigured,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnavailable,
)

from .mapping import SLUG


def translate(error: stripe.StripeError) -> GatewayError:
    """Turn an SDK error into ours; the message holds no request or response data."""
    kind = _kind(error)
    code = _code(error)
    status = error.http_status or "no answer"
    parts = ("Stripe:", type(error).__name__, code, _param(error), f"({status})")
    return kind(
        " ".join(filter(None, parts)),
        gateway=SLUG,
        code=code,
        request_id=error.request_id or "",
        user_message=error.user_message or "" if _is_card(error) else "",
    )


def _kind(error: stripe.StripeError) -> type[GatewayError]:
    match error:
        case stripe.CardError():
            return GatewayRefused
        case stripe.IdempotencyError() | stripe.AuthenticationError():
            return GatewayMisconfigured
        case stripe.PermissionError():
            # "account_invalid": access to the seller's account was revoked, which is
            # the seller's state; anything else is our key's permissions.
            revoked = _code(error) == "account_invalid"
            return GatewayRefused if revoked else GatewayMisconfigured
        case stripe.InvalidRequestError():
            missing = _code(error) == "resource_missing" or error.http_status == 404  # noqa: PLR2004
            return GatewayNotFound if missing else GatewayRefused
    # Connection lost, 409, 429, 5xx, and what Stripe may add: nobody knows, so the
    # same key is repeated.
    running = _code(error) == "idempotency_key_in_use"
    return GatewayBusy if running else GatewayUnavailable


def _is_card(error: stripe.StripeError) -> bool:
    return isinstance(error, stripe.CardError)


def _code(error: stripe.StripeError) -> str:
    # `error.code` is None for several classes; the body's own is beside it.
    body = error.error
    return error.code or (getattr(body, "code", None) if body else None) or ""


def _param(error: stripe.StripeError) -> str:
    # The name of the parameter that is wrong, never its value.
    return getattr(error, "param", None) or ""
