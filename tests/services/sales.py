"""Sales in the making: an order, its checkout, and the passing of time."""

from datetime import timedelta

from django.utils import timezone

from payments_connect.enums import OrderStatus
from payments_connect.models import Intent, Order, Payment, WebhookEvent
from payments_connect.services.checkout import start_checkout
from payments_connect.testing.factories import make_line, make_order

RETURN = "http://testserver/thanks"


def checkout(order, **choices):
    """Start (or resume) the checkout of an order."""
    return start_checkout(order, success_url=RETURN, **choices)


def sell(account=None, *, checkout_choices=None, **fields):
    """Place an order of one thing for 100.00 and start its checkout.

    Returns:
        The order and its open payment.
    """
    seller = account.seller if account else None
    fields.setdefault("lines", [make_line(seller=seller)])
    order = make_order(**fields)
    payment = checkout(order, **checkout_choices or {}).payment
    return order, payment


def cancel_rows_only(order):
    """An order that somebody canceled in the database, its page still open."""
    Order.objects.filter(pk=order.pk).update(status=OrderStatus.CANCELED, due_at=None)
    order.refresh_from_db()


def pass_time(*models):
    """Let everything that has a due time fall due, or the rows of some models."""
    for model in models or (WebhookEvent, Intent, Payment, Order):
        model._default_manager.filter(due_at__isnull=False).update(
            due_at=timezone.now() - timedelta(seconds=1)
        )


def fresh(*rows):
    """Read rows again."""
    for row in rows:
        row.refresh_from_db()
    return rows[0] if len(rows) == 1 else rows
