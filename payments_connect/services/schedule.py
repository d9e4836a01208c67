"""When a payment is to be asked about again: ``due_at``, and whether it is live."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from payments_connect.enums import PaymentStatus
from payments_connect.models import Payment

# A checkout nobody holds the address of is given up after this.
ABANDON_AFTER = timedelta(hours=1)
# The webhook normally settles within seconds; later we ask ourselves.
_FIRST_CHECK = timedelta(minutes=10)
_OPEN_CHECK = timedelta(hours=1)
_WAITING_CHECK = timedelta(hours=6)
_RETRY = timedelta(minutes=5)

_WAITING = frozenset({PaymentStatus.PROCESSING, PaymentStatus.AUTHORIZED})


def after(payment: Payment, status: PaymentStatus) -> dict[str, Any]:
    """The columns that go with a move to ``status``: ``live`` and ``due_at``."""
    if status in _WAITING:
        return {"due_at": timezone.now() + _WAITING_CHECK}
    if status == PaymentStatus.OPEN:
        return {"due_at": timezone.now() + _FIRST_CHECK}
    if status == PaymentStatus.REVIEW:
        # Stays live if it was, so that nobody pays twice while a person thinks.
        return {"due_at": None}
    return {"due_at": None, "live": None}


def next_check(payment: Payment) -> datetime:
    """When to ask again about a payment that is still under way."""
    now = timezone.now()
    if payment.status in _WAITING:
        return now + _WAITING_CHECK
    if payment.expires_at is not None and now < payment.expires_at:
        return min(now + _OPEN_CHECK, payment.expires_at + timedelta(minutes=1))
    return now + _OPEN_CHECK


def retry_soon() -> datetime:
    """When to ask again after the gateway did not answer."""
    return timezone.now() + _RETRY


def wake_other_payments(payment: Payment) -> None:
    """Have the sweep end the checkouts of an order that another payment paid."""
    Payment.objects.filter(order_id=payment.order_id, live=True).exclude(
        pk=payment.pk
    ).exclude(status=PaymentStatus.REVIEW).update(due_at=timezone.now())
