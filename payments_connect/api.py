"""Everything a site uses, under one import path.

Import it where models may be imported (views, handlers, commands), not in settings.
"""

from .enums import ChargeType, FulfilmentStatus, OrderStatus, PaymentStatus, Source
from .exceptions import (
    ConfigurationError,
    GatewayBusy,
    GatewayError,
    GatewayMisconfigured,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnavailable,
    InvalidAmount,
    InvalidOrder,
    OrderNotPayable,
    PaymentsError,
    PromotionRefused,
    SnapshotError,
    UnsupportedFeature,
    WebhookRejected,
)
from .services.access import order_path
from .services.checkout import StartedCheckout, start_checkout
from .services.confirmation import confirm_payment
from .services.ending import cancel_order
from .services.fulfilment import release_hold
from .services.orders import Line, place_order
from .services.progress import Progress, state_of
from .services.settlement import Settlement, accept_payment, settle_payment
from .services.sweep import Sweep, sweep
from .signals import (
    order_canceled,
    order_on_hold,
    order_paid,
    payment_failed,
    payment_needs_review,
    payment_processing,
    payment_surplus,
)
from .views.checkout import CheckoutMixin

__all__ = [
    "ChargeType",
    "CheckoutMixin",
    "ConfigurationError",
    "FulfilmentStatus",
    "GatewayBusy",
    "GatewayError",
    "GatewayMisconfigured",
    "GatewayNotFound",
    "GatewayRefused",
    "GatewayUnavailable",
    "InvalidAmount",
    "InvalidOrder",
    "Line",
    "OrderNotPayable",
    "OrderStatus",
    "PaymentStatus",
    "PaymentsError",
    "Progress",
    "PromotionRefused",
    "Settlement",
    "SnapshotError",
    "Source",
    "StartedCheckout",
    "Sweep",
    "UnsupportedFeature",
    "WebhookRejected",
    "accept_payment",
    "cancel_order",
    "confirm_payment",
    "order_canceled",
    "order_on_hold",
    "order_paid",
    "order_path",
    "payment_failed",
    "payment_needs_review",
    "payment_processing",
    "payment_surplus",
    "place_order",
    "release_hold",
    "settle_payment",
    "start_checkout",
    "state_of",
    "sweep",
]
