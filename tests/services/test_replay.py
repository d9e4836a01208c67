import json

import pytest
from django.db import transaction
from django.utils import timezone

from payments_connect.enums import OrderStatus, WebhookStatus
from payments_connect.exceptions import SnapshotError
from payments_connect.models import WebhookEvent
from payments_connect.services.replay import retry_event

from .sales import fresh, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dead(account, payments_sandbox):
    """A dead letter that pays an order, once somebody has it tried again."""
    order, payment = sell(account)
    payments_sandbox.stripe.pay(payment.checkout_id)
    # As if it had come too early, and too often: the row without its effects.
    event = payments_sandbox.stripe.events[-1]
    stored = WebhookEvent.objects.create(
        gateway="stripe",
        endpoint="connect",
        event_id=event["id"],
        account=event["account"],
        type=event["type"],
        object_id=payment.checkout_id,
        payload=json.dumps(event),
        status=WebhookStatus.DEAD,
        attempts=12,
        received_at=timezone.now(),
    )
    return order, stored


class TestRetryEvent:
    def test_a_dead_letter_is_applied(self, dead):
        """A person decides, and gets the result at once."""
        order, event = dead
        assert retry_event(event)
        assert event.status == WebhookStatus.PROCESSED
        assert fresh(order).status == OrderStatus.PAID

    def test_what_is_done_is_left_alone(self, dead):
        """There is nothing left to try."""
        _order, event = dead
        WebhookEvent.objects.update(status=WebhookStatus.PROCESSED)
        assert not retry_event(event)
        assert event.status == WebhookStatus.PROCESSED

    def test_a_failure_is_told_and_recorded(self, dead):
        """It has all its tries again, and the first of them failed."""
        _order, event = dead
        WebhookEvent.objects.update(payload="{")
        event.refresh_from_db()
        with pytest.raises(SnapshotError):
            retry_event(event)
        assert (event.status, event.attempts) == (WebhookStatus.FAILED, 1)

    def test_inside_a_transaction(self, dead):
        """It may call the gateway, and says so."""
        with (
            transaction.atomic(),
            pytest.raises(RuntimeError, match=r"retry_event\(\)"),
        ):
            retry_event(dead[1])
