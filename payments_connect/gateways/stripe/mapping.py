"""Stripe's words and amounts, and ours. Pure: raw JSON in, snapshots out.

Facts were read from stripe-python 15.6.2 (API 2026-08-26.dahlia) and
docs.stripe.com/currencies; raw gateway JSON ends in this module.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from payments_connect.enums import PaymentStatus
from payments_connect.exceptions import InvalidAmount, SnapshotError
from payments_connect.gateways.types import (
    ApplicationFeeSnapshot,
    Checkout,
    CheckoutLine,
    CheckoutRequest,
    PaymentSnapshot,
    Reference,
)
from payments_connect.money import MAX_AMOUNT, check_amount, check_currency, exponent

SLUG = "stripe"

# Where Stripe's unit is not the ISO 4217 minor unit, and by how much. ISO gives UGX
# and ISK no decimals, Stripe two; ISO gives MGA two, Stripe none.
# Source: docs.stripe.com/currencies, "Special cases" and "Zero-decimal currencies".
_TIMES = {"UGX": 100, "ISK": 100}
_DIVIDED = {"MGA": 100}
# Three-decimal currencies are not in Stripe's current list (facts checked 2026-11).
_UNSUPPORTED_EXPONENT = 3

# Smallest charge by currency, minor units. Stripe applies it in the *settlement*
# currency, so this is the early, plain answer, and Stripe's own the final one.
# Source: docs.stripe.com/currencies, "Minimum and maximum charge amounts".
_MINIMUM = {
    "USD": 50, "AED": 2_00, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50,
    "COP": 50, "CZK": 15_00, "DKK": 2_50, "EUR": 50, "GBP": 30, "HKD": 4_00,
    "HUF": 175_00, "IDR": 50, "ILS": 50, "INR": 50, "JPY": 50, "KRW": 50,
    "MXN": 10_00, "MYR": 2_00, "NOK": 3_00, "NZD": 50, "PHP": 50, "PLN": 2_00,
    "RON": 2_00, "RUB": 50, "SEK": 3_00, "SGD": 50, "THB": 10_00, "ZAR": 50,
}  # fmt: skip
_MAXIMUM = 999_999_999_999  # cards take twelve digits of Stripe's unit

_MAX_LINES = 100
_MAX_NAME = 250
_ID = re.compile(r"[A-Za-z0-9_\-]{1,255}", re.ASCII)

METADATA_NAMESPACE = "payments_connect"
METADATA_PAYMENT = "payments_connect_payment"
METADATA_ORDER = "payments_connect_order"


def to_stripe_amount(amount: int, currency: str) -> int:
    """Turn ISO minor units into the unit Stripe wants for the currency.

    Raises:
        InvalidAmount: Stripe cannot express it (MGA 12.34, three-decimal currencies).
    """
    check_amount(amount)
    if exponent(currency) >= _UNSUPPORTED_EXPONENT:
        raise InvalidAmount(f"Stripe does not list {currency} among its currencies")
    divisor = _DIVIDED.get(currency, 1)
    if amount % divisor:
        raise InvalidAmount(f"Stripe takes whole {currency} only: {amount}")
    return amount // divisor * _TIMES.get(currency, 1)


def from_stripe_amount(amount: int, currency: str) -> int:
    """Turn Stripe's unit into ISO minor units.

    Raises:
        InvalidAmount: The amount has digits that the currency does not.
    """
    check_amount(amount)
    times = _TIMES.get(currency, 1)
    if amount % times:
        raise InvalidAmount(f"Not a whole amount of {currency}: {amount}")
    return amount // times * _DIVIDED.get(currency, 1)


def check_charge_amount(amount: int, currency: str) -> None:
    """Refuse what Stripe would refuse anyway, with a clearer message.

    Raises:
        InvalidAmount: Below the smallest or above the largest charge.
    """
    stripe_amount = to_stripe_amount(amount, currency)
    least = _MINIMUM.get(currency, 1)
    if amount < least:
        raise InvalidAmount(
            f"Stripe takes no charge below {least} minor units of {currency}"
        )
    if stripe_amount > _MAXIMUM:
        raise InvalidAmount(f"Stripe takes no charge of {amount} {currency}")


def checkout_params(request: CheckoutRequest) -> dict[str, Any]:
    """The body of ``POST /v1/checkout/sessions``.

    Our reference goes on the session *and* its payment intent: Stripe does not copy
    metadata. Each line is sent as one piece with its discounted amount, since a
    discount share need not divide by the quantity. Source: SDK
    ``params/checkout/_session_create_params.py``.
    """
    metadata = {
        METADATA_NAMESPACE: request.reference.namespace,
        METADATA_PAYMENT: request.reference.payment,
        METADATA_ORDER: request.order_reference,
    }
    payment_intent_data: dict[str, Any] = {"metadata": metadata}
    if request.application_fee_amount:
        payment_intent_data["application_fee_amount"] = to_stripe_amount(
            request.application_fee_amount, request.currency
        )
    params: dict[str, Any] = {
        "mode": "payment",
        "ui_mode": request.ui_mode,
        "client_reference_id": request.reference.payment,
        "metadata": metadata,
        "payment_intent_data": payment_intent_data,
        "line_items": [_line_item(line, request.currency) for line in _lines(request)],
        "expires_at": int(request.expires_at.timestamp()),
    }
    if request.email:
        params["customer_email"] = request.email
    if request.ui_mode == "hosted_page":
        params["success_url"] = request.success_url
        params["cancel_url"] = request.cancel_url
    else:
        params["return_url"] = request.success_url
    if request.allow_promotion_codes:
        params["allow_promotion_codes"] = True
    if request.automatic_tax:
        params["automatic_tax"] = {"enabled": True}
    return params


def _lines(request: CheckoutRequest) -> tuple[CheckoutLine, ...]:
    if len(request.lines) <= _MAX_LINES:
        return request.lines
    return (CheckoutLine(description=request.order_reference, amount=request.amount),)


def _line_item(line: CheckoutLine, currency: str) -> dict[str, Any]:
    return {
        "quantity": 1,
        "price_data": {
            "currency": currency.lower(),
            "unit_amount": to_stripe_amount(line.amount, currency),
            "product_data": {"name": line.description[:_MAX_NAME]},
        },
    }


def checkout_from_session(
    session: Mapping[str, Any], *, account: str, retrieved: bool
) -> Checkout:
    """Read a Checkout Session as the API gives it."""
    return Checkout(
        snapshot=snapshot_from_session(session, account=account, retrieved=retrieved),
        url=_text(session, "url"),
        client_secret=_text(session, "client_secret"),
        expires_at=_time(session.get("expires_at")),
    )


def snapshot_from_session(
    session: Mapping[str, Any],
    *,
    account: str,
    retrieved: bool = False,
    failed: bool = False,
) -> PaymentSnapshot:
    """Read a Checkout Session, its payment intent expanded or not.

    Args:
        session: The object as JSON.
        account: Connected account it lives on; "" is the platform.
        retrieved: We asked for it ourselves.
        failed: It came with the event that says the delayed payment failed (the
            session itself stays complete and unpaid).

    Raises:
        SnapshotError: It is not a one-off payment, or a needed field is missing.
    """
    if session.get("mode") != "payment":
        raise SnapshotError("session is not in payment mode")
    currency = _currency(session)
    amount = _amount(session, "amount_total", currency=currency)
    intent = _expanded(session, "payment_intent")
    intent_fields = _intent_fields(intent, currency) if intent else {}
    status, doubt = _session_status(session, amount=amount, intent=intent)
    if failed and status == PaymentStatus.PROCESSING:
        status = PaymentStatus.FAILED
    totals = session.get("total_details")
    if not isinstance(totals, Mapping):
        totals = {}
    paid = status == PaymentStatus.SUCCEEDED
    return PaymentSnapshot(
        gateway=SLUG,
        account=account,
        livemode=_livemode(session),
        reference=reference_of(session),
        checkout_id=object_id(session),
        external_id=_id_of(session.get("payment_intent")),
        charge_id=_charge_of(intent) if intent else "",
        status=status,
        currency=currency,
        amount=amount,
        subtotal=_amount(session, "amount_subtotal", currency=currency, default=amount),
        discount=_amount(totals, "amount_discount", currency=currency, default=0),
        shipping=_amount(totals, "amount_shipping", currency=currency, default=0),
        tax=_amount(totals, "amount_tax", currency=currency, default=0),
        amount_captured=intent_fields.pop("amount_captured", amount) if paid else 0,
        application_fee_amount=intent_fields.pop("application_fee_amount", None),
        failure_code=intent_fields.pop("failure_code", ""),
        failure_message=intent_fields.pop("failure_message", ""),
        doubt=doubt,
        retrieved=retrieved,
    )


_SESSION_STATUS = {
    "open": PaymentStatus.OPEN,
    "expired": PaymentStatus.EXPIRED,
    "complete": PaymentStatus.SUCCEEDED,  # if its payment_status agrees
}


def _session_status(
    session: Mapping[str, Any], *, amount: int, intent: Mapping[str, Any] | None
) -> tuple[PaymentStatus, str]:
    """Our word for a session, and why a seeming success must not be believed.

    ``no_payment_required`` has three meanings (zero total, trial or deferred, setup);
    only a complete session with a zero total is paid by it. Both enums are open:
    Stripe may add words, and a complete session with an unknown one is not paid yet.
    """
    status = _SESSION_STATUS.get(str(session.get("status")))
    if status is None:
        raise SnapshotError("session has an unknown status")
    if status != PaymentStatus.SUCCEEDED:
        return status, ""
    match session.get("payment_status"):
        case "paid":
            return status, ""
        case "no_payment_required" if amount == 0:
            return status, ""
        case "no_payment_required":
            doubt = "The session needed no payment although its total is not zero."
            return PaymentStatus.REVIEW, doubt
    return _unpaid_status(intent), ""


def _unpaid_status(intent: Mapping[str, Any] | None) -> PaymentStatus:
    """What a complete but unpaid session waits for, by its payment intent if told."""
    match intent and intent.get("status"):
        case "requires_capture":
            return PaymentStatus.AUTHORIZED
        case "requires_payment_method":
            return PaymentStatus.FAILED
        case "canceled":
            return PaymentStatus.CANCELED
    return PaymentStatus.PROCESSING


_INTENT_STATUS = {
    "requires_confirmation": PaymentStatus.OPEN,
    "requires_action": PaymentStatus.OPEN,
    "processing": PaymentStatus.PROCESSING,
    "requires_capture": PaymentStatus.AUTHORIZED,
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELED,
}
_STATUS_WITH_CHARGE = ("processing", "requires_capture", "succeeded")


def snapshot_from_intent(
    intent: Mapping[str, Any], *, account: str, retrieved: bool = False
) -> PaymentSnapshot:
    """Read a payment intent.

    Args:
        intent: The object as JSON.
        account: Connected account it lives on; "" is the platform.
        retrieved: We asked for it ourselves.

    Raises:
        SnapshotError: A needed field is missing or unknown.
    """
    currency = _currency(intent)
    fields = _intent_fields(intent, currency)
    status = _INTENT_STATUS.get(str(intent.get("status")))
    declined = intent.get("status") == "requires_payment_method"
    if declined:
        failed = bool(fields["failure_code"] or fields["failure_message"])
        status = PaymentStatus.FAILED if failed else PaymentStatus.OPEN
    if status is None:
        raise SnapshotError("payment intent has an unknown status")
    return PaymentSnapshot(
        gateway=SLUG,
        account=account,
        livemode=_livemode(intent),
        reference=reference_of(intent),
        external_id=object_id(intent),
        charge_id=_charge_of(intent),
        status=status,
        retryable=declined,
        retrieved=retrieved,
        currency=currency,
        amount=_amount(intent, "amount", currency=currency),
        **fields,
    )


def _charge_of(intent: Mapping[str, Any]) -> str:
    """The charge that took the money, or is taking it: not one that was declined.

    After a decline ``latest_charge`` is the failed one, and the next try makes another.
    """
    latest = _id_of(intent.get("latest_charge"))
    return latest if intent.get("status") in _STATUS_WITH_CHARGE else ""


def _intent_fields(intent: Mapping[str, Any], currency: str) -> dict[str, Any]:
    error = intent.get("last_payment_error")
    error = error if isinstance(error, Mapping) else {}
    return {
        "amount_captured": _amount(
            intent, "amount_received", currency=currency, default=0
        ),
        "application_fee_amount": _amount(
            intent, "application_fee_amount", currency=currency, default=0
        ),
        "failure_code": _text(error, "decline_code") or _text(error, "code"),
        "failure_message": _text(error, "message"),
    }


def snapshot_from_application_fee(fee: Mapping[str, Any]) -> ApplicationFeeSnapshot:
    """Read an application fee object, which lives on the platform.

    Raises:
        SnapshotError: A needed field is missing.
    """
    currency = _currency(fee)
    charge_id = _id_of(fee.get("charge"))
    if not charge_id:
        raise SnapshotError("application fee names no charge")
    return ApplicationFeeSnapshot(
        gateway=SLUG,
        account=_id_of(fee.get("account")),
        livemode=_livemode(fee),
        application_fee_id=object_id(fee),
        charge_id=charge_id,
        amount=_amount(fee, "amount", currency=currency),
        currency=currency,
    )


def reference_of(found: Mapping[str, Any]) -> Reference | None:
    """Our mark in an object's metadata, or None."""
    metadata = found.get("metadata")
    if not isinstance(metadata, Mapping):
        return None
    namespace = metadata.get(METADATA_NAMESPACE)
    payment = metadata.get(METADATA_PAYMENT)
    if not (isinstance(namespace, str) and isinstance(payment, str)):
        return None
    return Reference(namespace=namespace, payment=payment)


def object_id(found: Mapping[str, Any]) -> str:
    """The object's id.

    Raises:
        SnapshotError: It has none, or one that cannot be Stripe's.
    """
    value = _id_of(found.get("id"))
    if not value:
        raise SnapshotError("object has no usable id")
    return value


def is_id(value: object) -> bool:
    """Whether this can be an id of Stripe's: short, and plain ASCII."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _id_of(value: object) -> str:
    """An id, whether the field is expanded, plain, or null."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if value is None:
        return ""
    if not (isinstance(value, str) and is_id(value)):
        raise SnapshotError("a field that names an object holds no usable id")
    return value


def _expanded(found: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = found.get(key)
    return value if isinstance(value, Mapping) else None


def _livemode(found: Mapping[str, Any]) -> bool:
    value = found.get("livemode")
    if not isinstance(value, bool):
        raise SnapshotError("object does not say its mode")
    return value


def _currency(found: Mapping[str, Any]) -> str:
    value = found.get("currency")
    try:
        return check_currency(value.upper() if isinstance(value, str) else "")
    except InvalidAmount:
        raise SnapshotError("object has no usable currency") from None


def _amount(
    found: Mapping[str, Any], key: str, *, currency: str, default: int | None = None
) -> int:
    value = found.get(key)
    if value is None and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise SnapshotError(f"{key} is not a whole number")
    if not 0 <= value <= MAX_AMOUNT // 100:
        raise SnapshotError(f"{key} is out of bounds")
    try:
        return from_stripe_amount(value, currency)
    except InvalidAmount as error:
        raise SnapshotError(f"{key}: {error}") from None


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    try:
        return datetime.fromtimestamp(value, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None
