"""Ending checkouts that nobody should pay any more, and the orders behind them."""

from datetime import timedelta
from functools import partial

from django.db.models import Q
from django.utils import timezone

from payments_connect.enums import (
    IntentKind,
    IntentStatus,
    OrderStatus,
    PaymentStatus,
    Source,
)
from payments_connect.exceptions import GatewayRefused, OrderNotPayable
from payments_connect.gateways.registry import get_gateway
from payments_connect.models import Intent, Order, Payment
from payments_connect.signals import payment_failed

from . import intents, schedule
from .confirmation import account_ref
from .moves import move
from .orders import mark_canceled
from .settlement import settle_payment
from .transactions import announce, require_no_transaction, settlement

# A checkout lives 24 hours at most; its last news may be under way a while longer.
_LONG_OVER = timedelta(days=1)


def live_payment(order: Order) -> Payment | None:
    """The payment that may take the buyer's money, or holds some under review."""
    return (
        Payment.objects.select_related("order", "account")
        .filter(Q(live=True) | Q(status=PaymentStatus.REVIEW), order=order)
        .order_by("-status")  # review before open
        .first()
    )


def expire(payment: Payment) -> None:
    """End a checkout at the gateway, and settle what it turns out to be.

    Raises:
        GatewayError: The gateway did not answer, or does not know the checkout; one
            that is long over is then taken as expired.
        RuntimeError: Called inside a transaction.
    """
    require_no_transaction("expire")
    try:
        checkout = get_gateway(payment.gateway).expire_checkout(
            payment.checkout_id or "", account=account_ref(payment)
        )
    except GatewayRefused as error:
        if not give_up(payment, error):
            raise
    else:
        settle_payment(checkout.snapshot, source=Source.CHECKOUT)
    payment.refresh_from_db()


def give_up(payment: Payment, error: GatewayRefused) -> bool:
    """Take an open checkout as expired that the gateway will not tell us about.

    Accounts are disconnected and test data is deleted; without this their orders
    would be asked about for ever, and could never be paid otherwise or canceled.

    Returns:
        Whether it was open, is long over, and so is expired now.
    """
    over = (payment.expires_at or payment.created_at) + _LONG_OVER
    if timezone.now() < over:
        return False
    return settlement(partial(_give_up, payment, error))


def _give_up(payment: Payment, error: GatewayRefused) -> bool:
    gone = move(
        payment,
        PaymentStatus.EXPIRED,
        only_if={"status": PaymentStatus.OPEN},
        failure_code=error.code[:100],
        failure_message="The gateway does not tell about this checkout any more.",
        **schedule.after(payment, PaymentStatus.EXPIRED),
    )
    if gone:
        announce(payment_failed, Payment, payment=payment)
    return gone


def abandon(payment: Payment) -> bool:
    """Give up a checkout whose address nobody holds; it can never be paid.

    One that was recorded meanwhile, and so has a buyer, is left alone.
    """
    return settlement(partial(_abandon, payment))


def _abandon(payment: Payment) -> bool:
    gone = move(
        payment,
        PaymentStatus.CANCELED,
        only_if={"status": PaymentStatus.CREATED, "checkout_id": None},
        **schedule.after(payment, PaymentStatus.CANCELED),
    )
    if not gone:
        return False
    for intent in Intent.objects.filter(kind=IntentKind.CHECKOUT, target_id=payment.pk):
        intents.conclude(intent, IntentStatus.ABANDONED)
    announce(payment_failed, Payment, payment=payment)
    return True


def cancel_order(order: Order) -> bool:
    """Cancel a pending order: end its open checkout first, then release promotions.

    Returns:
        Whether this call canceled it.

    Raises:
        OrderNotPayable: It is paid, or money is on its way or under review.
        GatewayError: The open checkout could not be ended; nothing was canceled.
        RuntimeError: Called inside a transaction.
    """
    require_no_transaction("cancel_order")
    live = live_payment(order)
    if live is not None:
        _end(live)
    canceled = mark_canceled(order)
    order.refresh_from_db()
    if order.status == OrderStatus.PAID:
        raise OrderNotPayable("The order is paid.", status=order.status)
    return canceled


def _end(live: Payment) -> None:
    if live.status == PaymentStatus.CREATED:
        abandon(live)
        live.refresh_from_db()
    if live.status == PaymentStatus.OPEN:
        expire(live)
    if live.live or live.status == PaymentStatus.REVIEW:
        raise OrderNotPayable(
            f"A payment of the order is {live.status}.", status=live.status
        )
