"""How an order stands, in words a buyer understands."""

import enum
import logging

from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.exceptions import PaymentsError
from payments_connect.models import Order, Payment

from .confirmation import confirm_on_return
from .settlement import Settlement

logger = logging.getLogger(__name__)


class Progress(enum.Enum):
    """What the return page and its status say."""

    PAID = "paid"
    PROCESSING = "processing"
    FAILED = "failed"
    OPEN = "open"
    CHECKING = "checking"
    SURPLUS = "surplus"

    @property
    def is_final(self) -> bool:
        """Whether waiting on the page will change nothing."""
        return self is not Progress.CHECKING


_HOLDING = frozenset({PaymentStatus.REVIEW, PaymentStatus.SUCCEEDED})
_BY_PAYMENT = {
    PaymentStatus.CREATED: Progress.OPEN,  # nobody holds a checkout of it
    PaymentStatus.OPEN: Progress.CHECKING,
    PaymentStatus.PROCESSING: Progress.PROCESSING,
    PaymentStatus.AUTHORIZED: Progress.PROCESSING,
    PaymentStatus.FAILED: Progress.FAILED,
    PaymentStatus.EXPIRED: Progress.FAILED,
    PaymentStatus.CANCELED: Progress.FAILED,
    PaymentStatus.REVIEW: Progress.CHECKING,
    PaymentStatus.SUCCEEDED: Progress.SURPLUS,  # or its order would be paid
}


def confirm(order: Order) -> Progress:
    """Ask the gateway about an order's newest payment, and say how the order stands.

    A gateway that is down, or that was asked a moment ago, leaves "checking": never an
    error and never "failed".
    """
    payment = _newest(order)
    if payment is None:
        return _state(order, None)
    asked = False
    try:
        asked = confirm_on_return(payment) is not Settlement.SKIPPED
    except PaymentsError as error:
        logger.warning(
            "Payment %s could not be confirmed: %s",
            payment.public_id,
            type(error).__name__,
        )
    order.refresh_from_db()
    state = _state(order, payment)
    open_for_sure = asked and payment.status == PaymentStatus.OPEN
    return Progress.OPEN if open_for_sure else state


def state_of(order: Order) -> Progress:
    """How an order stands by our own rows."""
    return _state(order, _newest(order))


def _newest(order: Order) -> Payment | None:
    """The payment to ask and tell about: one that holds money, else the newest."""
    payments = list(
        Payment.objects.select_related("order", "account")
        .filter(order=order)
        .order_by("-pk")
    )
    holding = (payment for payment in payments if payment.status in _HOLDING)
    return next(holding, payments[0] if payments else None)


def _state(order: Order, payment: Payment | None) -> Progress:
    if order.status == OrderStatus.PAID:
        return Progress.PAID
    if payment is not None:
        return _BY_PAYMENT[PaymentStatus(payment.status)]
    return Progress.OPEN if order.status == OrderStatus.PENDING else Progress.FAILED
