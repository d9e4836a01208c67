"""Handing over what was paid: the site's handler, at least once, until it returns."""

import logging
from collections.abc import Callable
from functools import partial

from django.utils import timezone
from django.utils.module_loading import import_string

from payments_connect.conf import get_settings
from payments_connect.enums import FulfilmentStatus, IntentKind, IntentStatus
from payments_connect.models import Intent, Order
from payments_connect.signals import order_on_hold

from . import intents
from .inventory import take_stock
from .moves import move
from .transactions import after_commit, announce, settlement

logger = logging.getLogger(__name__)


def first_status() -> FulfilmentStatus:
    """What a paid order starts with: queued where the site has a handler."""
    has_handler = bool(get_settings().fulfilment_handler)
    return FulfilmentStatus.QUEUED if has_handler else FulfilmentStatus.NONE


def begin(order: Order) -> None:
    """Take the stock of a paid order and queue its hand-over, or hold it.

    Runs inside the settling transaction. "Paid but cannot fulfil" is an outcome with a
    policy, never an exception: with ``hold`` the order waits for a person.
    """
    if take_stock(order):
        move(order, FulfilmentStatus.ON_HOLD, field="fulfilment")
        announce(order_on_hold, Order, order=order)
    elif order.fulfilment == FulfilmentStatus.QUEUED:
        _queue(order)


def release_hold(order: Order) -> bool:
    """Try again to take the stock an order on hold is short of.

    Returns:
        Whether it is complete now and its hand-over goes on.
    """
    return settlement(partial(_release_hold, order))


def _release_hold(order: Order) -> bool:
    to = first_status()
    if not move(order, to, field="fulfilment", by_person=True):
        return False
    if take_stock(order):
        # What could be taken stays taken; the order goes on waiting for the rest.
        move(order, FulfilmentStatus.ON_HOLD, field="fulfilment")
        return False
    if to == FulfilmentStatus.QUEUED:
        _queue(order)
    return True


def _queue(order: Order) -> None:
    intent = intents.add_intent(
        IntentKind.FULFILMENT,
        order.pk,
        key=f"fulfilment:{order.public_id}",
        due_at=timezone.now(),
    )
    after_commit(partial(run, intent))


def run(intent: Intent) -> bool:
    """Call the site's handler for one intent, if it is due and nobody else does.

    A process that dies after the handler returned and before that is recorded calls
    it again: handlers must bear being called twice.
    """
    if not settlement(partial(intents.claim, intent)):
        return False
    intent.refresh_from_db()
    try:
        order = Order.objects.get(pk=intent.target_id)
        _handler()(order)
    except Exception as error:  # the site's code may raise anything
        logger.warning(
            "Fulfilment of order %s raised %s; it will be tried again",
            intent.target_id,
            type(error).__name__,
        )
        due_at = timezone.now() + intents.backoff(intent.tries)
        intents.postpone(intent, error=intents.describe(error), due_at=due_at)
        return False
    settlement(partial(_record, intent, order))
    return True


def _record(intent: Intent, order: Order) -> None:
    move(order, FulfilmentStatus.FULFILLED, field="fulfilment")
    intents.conclude(intent, IntentStatus.SUCCEEDED)


def _handler() -> Callable[[Order], object]:
    handler: Callable[[Order], object] = import_string(
        get_settings().fulfilment_handler
    )
    return handler
