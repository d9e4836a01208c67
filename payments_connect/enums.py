"""The words a row can be in, and from which word it may move to which.

Every status is a ``TextChoices`` with its table of allowed moves beside it:
``MOVES[Status][new]`` is the set of statuses a row may come from. Nothing but
``services.moves.move`` performs a move.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ChargeType(TextChoices):
    """Who is charged, and where the money lands first."""

    DIRECT = "direct", _("Direct (on the seller's account)")
    DESTINATION = "destination", _("Destination")
    SEPARATE = "separate", _("Separate charge and transfers")
    PLATFORM = "platform", _("Platform only (no seller)")


class OrderStatus(TextChoices):
    """The life of an order; refunded-ness is derived, not a status."""

    PENDING = "pending", _("Waiting for payment")
    PAID = "paid", _("Paid")
    CANCELED = "canceled", _("Canceled")


class FulfilmentStatus(TextChoices):
    """What became of handing over a paid order."""

    NONE = "none", _("Nothing due")
    ON_HOLD = "on_hold", _("Paid but cannot be fulfilled")
    QUEUED = "queued", _("Queued")
    FULFILLED = "fulfilled", _("Fulfilled")


class PaymentStatus(TextChoices):
    """The life of one attempt to pay an order."""

    CREATED = "created", _("Created")
    OPEN = "open", _("Open")
    PROCESSING = "processing", _("Processing")
    AUTHORIZED = "authorized", _("Authorized")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    CANCELED = "canceled", _("Canceled")
    REVIEW = "review", _("Needs review")
    SUCCEEDED = "succeeded", _("Succeeded")


class IntentKind(TextChoices):
    """What an intent calls for."""

    CHECKOUT = "checkout", _("Create a checkout at the gateway")
    FULFILMENT = "fulfilment", _("Run the site's fulfilment handler")


class IntentStatus(TextChoices):
    """How the current attempt of an intent ended, if it has."""

    PENDING = "pending", _("Not attempted yet")
    UNKNOWN = "unknown", _("Outcome unknown")
    REFUSED = "refused", _("Refused")
    ABANDONED = "abandoned", _("Abandoned")
    SUCCEEDED = "succeeded", _("Succeeded")


class WebhookStatus(TextChoices):
    """What became of a stored webhook event."""

    PROCESSED = "processed", _("Processed")
    PARKED = "parked", _("Parked until we know more")
    FAILED = "failed", _("Failed, will be tried again")
    DEAD = "dead", _("Dead letter, needs a person")
    IGNORED = "ignored", _("Ignored, not ours")
    REJECTED = "rejected", _("Rejected, claims what is not its own")


class AccountStatus(TextChoices):
    """What a connected account can do, in one word."""

    ONBOARDING = "onboarding", _("Onboarding")
    ACTION_REQUIRED = "action_required", _("Action required")
    UNDER_REVIEW = "under_review", _("Under review")
    ACTIVE = "active", _("Active")
    RESTRICTED = "restricted", _("Restricted")
    REJECTED = "rejected", _("Rejected")
    DISCONNECTED = "disconnected", _("Disconnected")


class RedemptionStatus(TextChoices):
    """Whether a promotion use still counts."""

    RESERVED = "reserved", _("Reserved")
    RELEASED = "released", _("Released")


class LedgerKind(TextChoices):
    """What kind of fact a ledger entry posts."""

    CHARGE = "charge", _("Charge")
    APPLICATION_FEE = "application_fee", _("Application fee")


class Source(TextChoices):
    """Where a snapshot came from; recorded as ``Payment.confirmed_by``."""

    WEBHOOK = "webhook", _("Webhook")
    RETURN_PAGE = "return_page", _("Return page")
    CHECKOUT = "checkout", _("Checkout")
    SWEEP = "sweep", _("Sweep")
    SITE = "site", _("The site's own code")
    ADMIN = "admin", _("A person")
    LOCAL = "local", _("Our own zero total")


_UNPAID = frozenset(
    {
        PaymentStatus.CREATED,
        PaymentStatus.OPEN,
        PaymentStatus.PROCESSING,
        PaymentStatus.AUTHORIZED,
    }
)
_ENDED = frozenset(
    {PaymentStatus.FAILED, PaymentStatus.EXPIRED, PaymentStatus.CANCELED}
)

# Success outranks every ending: money that arrives late is still money. Review is
# left only by a person (`accept_payment`), success never. test_enums.py walks it all.
PAYMENT_MOVES: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.CREATED: frozenset(),
    PaymentStatus.OPEN: frozenset({PaymentStatus.CREATED}),
    PaymentStatus.PROCESSING: frozenset({PaymentStatus.CREATED, PaymentStatus.OPEN}),
    PaymentStatus.AUTHORIZED: _UNPAID - {PaymentStatus.AUTHORIZED},
    PaymentStatus.FAILED: _UNPAID,
    PaymentStatus.EXPIRED: _UNPAID - {PaymentStatus.PROCESSING},
    PaymentStatus.CANCELED: _UNPAID,
    PaymentStatus.REVIEW: _UNPAID | _ENDED,
    PaymentStatus.SUCCEEDED: _UNPAID | _ENDED,
}

# A payment in one of these may still take the buyer's money, or holds money that a
# person must judge: while it does, no second payment of the order is started.
LIVE_PAYMENT_STATUSES = _UNPAID | {PaymentStatus.REVIEW}

ORDER_MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(),
    OrderStatus.PAID: frozenset({OrderStatus.PENDING}),
    OrderStatus.CANCELED: frozenset({OrderStatus.PENDING}),
}

_INTENT_UNDONE = frozenset({IntentStatus.PENDING, IntentStatus.UNKNOWN})
INTENT_MOVES: Mapping[IntentStatus, frozenset[IntentStatus]] = {
    IntentStatus.PENDING: frozenset(),
    IntentStatus.UNKNOWN: _INTENT_UNDONE,
    IntentStatus.REFUSED: _INTENT_UNDONE,
    IntentStatus.ABANDONED: _INTENT_UNDONE,
    IntentStatus.SUCCEEDED: _INTENT_UNDONE,
}

_EVENT_UNDONE = frozenset(
    {WebhookStatus.PARKED, WebhookStatus.FAILED, WebhookStatus.DEAD}
)
# The claim (to `processed`) and the effects commit together, so that a claim which
# turns out otherwise is corrected inside its own transaction.
_EVENT_CLAIMED = frozenset({WebhookStatus.PROCESSED}) | _EVENT_UNDONE
WEBHOOK_MOVES: Mapping[WebhookStatus, frozenset[WebhookStatus]] = {
    # From ignored: it came while our keys were of the other mode.
    WebhookStatus.PROCESSED: _EVENT_UNDONE | {WebhookStatus.IGNORED},
    WebhookStatus.PARKED: _EVENT_CLAIMED,
    WebhookStatus.FAILED: _EVENT_UNDONE,  # never from processed
    WebhookStatus.DEAD: _EVENT_CLAIMED,
    WebhookStatus.IGNORED: _EVENT_CLAIMED,
    WebhookStatus.REJECTED: _EVENT_CLAIMED,
}

REDEMPTION_MOVES: Mapping[RedemptionStatus, frozenset[RedemptionStatus]] = {
    RedemptionStatus.RESERVED: frozenset(),
    RedemptionStatus.RELEASED: frozenset({RedemptionStatus.RESERVED}),
}

FULFILMENT_MOVES: Mapping[FulfilmentStatus, frozenset[FulfilmentStatus]] = {
    FulfilmentStatus.NONE: frozenset(),
    # Paying an order writes `queued` where the site has a handler; stock may object.
    FulfilmentStatus.ON_HOLD: frozenset(
        {FulfilmentStatus.NONE, FulfilmentStatus.QUEUED}
    ),
    FulfilmentStatus.QUEUED: frozenset(),
    FulfilmentStatus.FULFILLED: frozenset({FulfilmentStatus.QUEUED}),
}

MOVES: Mapping[type[TextChoices], Mapping[Any, frozenset[Any]]] = {
    PaymentStatus: PAYMENT_MOVES,
    OrderStatus: ORDER_MOVES,
    IntentStatus: INTENT_MOVES,
    WebhookStatus: WEBHOOK_MOVES,
    RedemptionStatus: REDEMPTION_MOVES,
    FulfilmentStatus: FULFILMENT_MOVES,
}

# What no snapshot and no machine may do.
PERSON_MOVES: Mapping[type[TextChoices], Mapping[Any, frozenset[Any]]] = {
    PaymentStatus: {PaymentStatus.SUCCEEDED: frozenset({PaymentStatus.REVIEW})},
    FulfilmentStatus: {
        FulfilmentStatus.NONE: frozenset({FulfilmentStatus.ON_HOLD}),
        FulfilmentStatus.QUEUED: frozenset({FulfilmentStatus.ON_HOLD}),
    },
}
