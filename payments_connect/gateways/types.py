"""What goes into a gateway and what comes out: frozen and gateway-neutral.

Amounts are ISO 4217 minor units; ids are the gateway's own; "" means "not known" or
"none". Whatever a gateway tells us, from whatever source, ends in a snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from payments_connect.enums import ChargeType, PaymentStatus


@dataclass(frozen=True, kw_only=True)
class AccountRef:
    """A connected account as a gateway call needs it."""

    external_id: str
    credentials: str = field(default="", repr=False)
    location: str = ""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Our mark on a gateway's object. It helps to *find* a row and proves nothing."""

    namespace: str
    payment: str


@dataclass(frozen=True, kw_only=True)
class CheckoutLine:
    """One line the buyer sees on the gateway's page; ``amount`` is the whole line."""

    description: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class CheckoutRequest:
    """Everything a gateway needs to let the buyer pay one payment.

    Attributes:
        amount: The sum of the lines, minor units of ``currency``.
        application_fee_amount: What the platform keeps; 0 leaves it out.
        expires_at: When the gateway must stop taking money, UTC.
    """

    reference: Reference
    order_reference: str
    charge_type: ChargeType
    account: AccountRef | None
    lines: tuple[CheckoutLine, ...]
    amount: int
    currency: str
    application_fee_amount: int
    email: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    ui_mode: str = "hosted_page"
    allow_promotion_codes: bool = False
    automatic_tax: bool = False


@dataclass(frozen=True, kw_only=True)
class GatewayCall:
    """A request in the gateway's own words, stored as it is before it is made."""

    account: str
    params: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PaymentSnapshot:
    """What a gateway says about one payment, at one moment.

    Attributes:
        gateway: Slug.
        account: Connected account the object lives on; "" is the platform.
        livemode: Whether it is real money.
        reference: Our mark, if it carries one.
        checkout_id: The gateway's checkout, if it is known.
        external_id: The gateway's payment, if it is known.
        charge_id: The gateway's charge, if it is known.
        status: In our words. A declined attempt is ``failed`` with ``retryable``.
        retryable: The checkout may still be open for another attempt.
        currency: Upper case.
        amount: Total the buyer owes or paid.
        subtotal: Before discount, shipping and tax; None where the object has none.
        discount: Given by the gateway.
        shipping: Added by the gateway.
        tax: Added by the gateway or inside the subtotal (the object does not say).
        amount_captured: Money that arrived.
        application_fee_amount: What the platform keeps; None where it is not told.
        failure_code: The gateway's word for why not.
        failure_message: What the gateway says about it.
        doubt: Why a status that reads like success must not be believed.
        retrieved: We asked for the object ourselves, on the recorded account.
    """

    gateway: str
    account: str
    livemode: bool
    status: PaymentStatus
    currency: str
    amount: int
    reference: Reference | None = None
    checkout_id: str = ""
    external_id: str = ""
    charge_id: str = ""
    retryable: bool = False
    subtotal: int | None = None
    discount: int = 0
    shipping: int = 0
    tax: int = 0
    amount_captured: int = 0
    application_fee_amount: int | None = None
    failure_code: str = ""
    failure_message: str = ""
    doubt: str = ""
    retrieved: bool = False


@dataclass(frozen=True, kw_only=True)
class ApplicationFeeSnapshot:
    """The platform's share of a charge, an object of its own that comes late."""

    gateway: str
    account: str
    livemode: bool
    application_fee_id: str
    charge_id: str
    amount: int
    currency: str


Snapshot = PaymentSnapshot | ApplicationFeeSnapshot


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A gateway's checkout: where the buyer pays, and what it is right now.

    ``url`` and ``client_secret`` are secrets of the buyer: never stored or logged.
    """

    snapshot: PaymentSnapshot
    url: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One verified webhook event, read.

    Attributes:
        gateway: Slug.
        event_id: The gateway's id, safe to store.
        handled: Whether events of this type concern us at all.
        object_id: Of the object the event is about.
        checkout_id: The same where that object is a checkout, else "".
        reference: Our mark on that object, if any.
        snapshot: The object, or None where the event is only a hint: rendered in
            another API version than ours, or not readable.
        payload: The body as it came.
        secret_fingerprint: Which signing secret verified it.
    """

    gateway: str
    event_id: str
    type: str
    account: str
    livemode: bool
    api_version: str
    object_id: str
    payload: str = field(repr=False)
    handled: bool
    checkout_id: str = ""
    reference: Reference | None = None
    snapshot: Snapshot | None = None
    secret_fingerprint: str = ""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a gateway's options, for the system checks."""

    code: str
    message: str
    hint: str
    is_error: bool = True
