"""Errors by what the caller can do about them.

PaymentsError
├── GatewayError                 a call to a gateway (gateway, code, request_id)
│   ├── GatewayRefused           definite no: tell the buyer, or correct and retry
│   │   └── GatewayNotFound      the gateway knows no such object
│   ├── GatewayUnavailable       outcome unknown: repeat with the same key
│   │   └── GatewayBusy          the same call is still running elsewhere
│   └── GatewayMisconfigured     keys, permissions or our request are wrong
├── UnsupportedFeature           this gateway or version cannot do that
├── InvalidOrder                 what was asked for cannot be placed
│   └── PromotionRefused         the promotion code cannot be used
├── OrderNotPayable              paid, canceled or already being paid
├── InvalidAmount                money that cannot be expressed or is out of bounds
└── SnapshotError                the gateway's object cannot be read
WebhookRejected(SuspiciousOperation)     a delivery that is not to be believed
ConfigurationError(ImproperlyConfigured) settings are wrong; fails at start
"""

from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation


class ConfigurationError(ImproperlyConfigured):
    """The PAYMENTS_CONNECT setting is wrong; the system checks say where."""


class WebhookRejected(SuspiciousOperation):
    """A webhook delivery is not to be believed; nothing of it was stored.

    Attributes:
        reason: A short word for the log; holds nothing of the body or header.
        status: HTTP status to answer with.
    """

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


class PaymentsError(Exception):
    """Root of all errors of this package that a caller may want to catch."""


class GatewayError(PaymentsError):
    """A call to a gateway did not succeed.

    Attributes:
        gateway: Slug of the gateway.
        code: The gateway's own error code, or "".
        request_id: The gateway's id of the request, for its support, or "".
        user_message: What the gateway says may be shown to the buyer, or "".
    """

    def __init__(
        self,
        message: str,
        *,
        gateway: str,
        code: str = "",
        request_id: str = "",
        user_message: str = "",
    ) -> None:
        super().__init__(message)
        self.gateway = gateway
        self.code = code
        self.request_id = request_id
        self.user_message = user_message


class GatewayRefused(GatewayError):
    """The gateway gave a definite no. A retry is a new attempt with a new key."""


class GatewayNotFound(GatewayRefused):
    """The gateway knows no such object on that account."""


class GatewayUnavailable(GatewayError):
    """Nobody knows whether the call took effect: repeat it with the same key."""


class GatewayBusy(GatewayUnavailable):
    """The same call with the same key is still running; whoever made it records it."""


class GatewayMisconfigured(GatewayError):
    """Credentials, permissions or our own request are wrong: a developer must act."""


class UnsupportedFeature(PaymentsError):
    """This gateway, charge type or version cannot do what was asked."""


class InvalidOrder(PaymentsError):
    """The order cannot be placed as asked; the message says why."""


class PromotionRefused(InvalidOrder):
    """The promotion code cannot be used; the message may be shown to the buyer."""


class OrderNotPayable(PaymentsError):
    """The order is paid, canceled, or its money is already on the way.

    Attributes:
        status: Why, as a word: the order's or its live payment's status.
    """

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message)
        self.status = status


class InvalidAmount(PaymentsError, ValueError):
    """An amount is out of bounds, not whole, or not expressible in its currency."""


class SnapshotError(PaymentsError, ValueError):
    """A gateway's object lacks what we need or holds what cannot be; ids only."""
