"""A person has a webhook event tried again, a dead letter included."""

from django.utils import timezone

from payments_connect.enums import WebhookStatus
from payments_connect.models import WebhookEvent

from .inbox import work
from .moves import move
from .transactions import require_no_transaction


def retry_event(event: WebhookEvent) -> bool:
    """Apply a parked, failed or dead event now, and give it all its tries again.

    Args:
        event: Its attributes are fresh afterwards, and say what became of it.

    Returns:
        Whether there was anything left to try.

    Raises:
        Exception: Whatever went wrong; it is recorded on the event, which the sweep
            tries again.
        RuntimeError: Called inside a transaction.
    """
    require_no_transaction("retry_event")
    # Full tries again: an event at its last one would be buried before anybody asked
    # the gateway about it.
    if not move(event, WebhookStatus.FAILED, attempts=0, due_at=timezone.now()):
        event.refresh_from_db()
        return False
    try:
        work(event)
    finally:
        event.refresh_from_db()
    return True
