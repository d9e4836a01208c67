"""The sweep: whatever is due and nobody else finished. Any number may run at once."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.db.models import Model
from django.utils import timezone

from payments_connect.enums import IntentKind, OrderStatus, PaymentStatus, Source
from payments_connect.exceptions import (
    GatewayError,
    GatewayRefused,
    OrderNotPayable,
)
from payments_connect.models import Intent, Order, Payment

from . import ending, events, fulfilment, inbox, schedule
from .confirmation import UNDER_WAY, confirm_payment
from .transactions import settlement

logger = logging.getLogger(__name__)

_LEASE = timedelta(minutes=5)
_WAIT_FOR_MONEY = timedelta(days=1)
_WAIT_FOR_GATEWAY = timedelta(hours=1)

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What one sweep did: rows worked on by kind, and how many of them failed."""

    events: int
    intents: int
    payments: int
    orders: int
    failures: int


def sweep(*, limit: int = 100) -> Sweep:
    """Work on everything that is due, at most ``limit`` rows of each kind.

    A row that fails is logged, counted, and due again later; it stops no other.
    """
    worked_events = _each(events.due(limit), inbox.work)
    intents = _each(_due(Intent, limit), _work_intent)
    payments = _each(_due(Payment, limit), _work_payment)
    orders = _each(_due(Order, limit), _work_order)
    parts = (worked_events, intents, payments, orders)
    return Sweep(
        events=worked_events[0],
        intents=intents[0],
        payments=payments[0],
        orders=orders[0],
        failures=sum(failed for _done, failed in parts),
    )


def _due(model: type[Row], limit: int) -> list[Row]:
    due = model._default_manager.filter(due_at__lte=timezone.now())
    return list(due.order_by("due_at")[:limit])


def _each(rows: Iterable[Row], work: Callable[[Row], object]) -> tuple[int, int]:
    done = failed = 0
    for row in rows:
        done += 1
        try:
            work(row)
        except Exception as error:  # one bad row must not stop the rest
            failed += 1
            logger.warning(
                "Sweeping %s %s failed: %s", row._meta.label, row.pk, _name(error)
            )
    return done, failed


def _name(error: Exception) -> str:
    code = error.code if isinstance(error, GatewayError) else ""
    return f"{type(error).__name__} {code}".strip()


def _lease(row: Payment | Order) -> bool:
    """Take a due row for a while by pushing its due time; one sweeper gets it."""
    now = timezone.now()
    return bool(
        type(row)
        ._base_manager.filter(pk=row.pk, due_at__lte=now)
        .update(due_at=now + _LEASE)
    )


def _work_intent(intent: Intent) -> None:
    if intent.kind == IntentKind.FULFILMENT:
        fulfilment.run(intent)


def _work_payment(payment: Payment) -> None:
    if payment.status not in UNDER_WAY:
        Payment.objects.filter(pk=payment.pk, status=payment.status).update(due_at=None)
    elif not settlement(partial(_lease, payment)):
        return
    elif payment.checkout_id is None and payment.external_id is None:
        ending.abandon(payment)
    elif _is_needless(payment):
        ending.expire(payment)
    else:
        _confirm(payment)


def _confirm(payment: Payment) -> None:
    try:
        confirm_payment(payment, source=Source.SWEEP)
    except GatewayRefused as error:
        # Asking again at once will not help: the account or the checkout is gone.
        if not ending.give_up(payment, error):
            _due_again(payment)
            raise
    else:
        _due_again(payment)


def _is_needless(payment: Payment) -> bool:
    """An open checkout of an order that is paid otherwise, or canceled."""
    return (
        payment.status == PaymentStatus.OPEN
        and payment.order.status != OrderStatus.PENDING
    )


def _due_again(payment: Payment) -> None:
    if payment.status in UNDER_WAY:
        Payment.objects.filter(pk=payment.pk, status=payment.status).update(
            due_at=schedule.next_check(payment)
        )


def _work_order(order: Order) -> None:
    """Cancel an order that nobody paid in time, unless money is on its way."""
    if order.status != OrderStatus.PENDING:
        Order.objects.filter(pk=order.pk).exclude(status=OrderStatus.PENDING).update(
            due_at=None
        )
        return
    if not settlement(partial(_lease, order)):
        return
    try:
        ending.cancel_order(order)
    except GatewayRefused:
        Order.objects.filter(pk=order.pk, status=OrderStatus.PENDING).update(
            due_at=timezone.now() + _WAIT_FOR_GATEWAY
        )
        raise
    except OrderNotPayable:
        Order.objects.filter(pk=order.pk, status=OrderStatus.PENDING).update(
            due_at=timezone.now() + _WAIT_FOR_MONEY
        )
