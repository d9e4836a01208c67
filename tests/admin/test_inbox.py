import json
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from payments_connect.models import Order, Payment, WebhookEvent
from payments_connect.sandbox import Fault
from payments_connect.services.replay import retry_event

from .pages import operate, page_of, told
from .rows import make_event


@pytest.fixture
def dead(unheard, payments_sandbox):
    """The event that pays an order, dead after all its tries."""
    for event in payments_sandbox.stripe.events:
        if event["type"] == "checkout.session.completed":
            return make_event(
                event_id=event["id"],
                account=event["account"],
                object_id=unheard.checkout_id,
                payload=json.dumps(event),
                status="dead",
                attempts=99,
                last_error="OperationalError: gone",
            )
    raise AssertionError("no such event")


class TestRetry:
    @pytest.mark.parametrize("status", ["dead", "failed", "parked"])
    def test_undone_event_is_applied(self, desk, dead, status):
        due_at = None if status == "dead" else timezone.now()
        WebhookEvent.objects.update(status=status, due_at=due_at)
        answer = operate(desk, "retry", dead)
        dead.refresh_from_db()
        assert (dead.status, dead.last_error, dead.due_at) == ("processed", "", None)
        assert Order.objects.get().status == "paid"
        assert "Processed" in told(answer)[0]
        assert LogEntry.objects.get().change_message == "Tried again: Processed."

    def test_event_that_fails_again_is_told_and_will_be_tried(self, desk, dead):
        WebhookEvent.objects.update(payload="{}")
        answer = operate(desk, "retry", dead)
        assert answer.status_code == 302
        dead.refresh_from_db()
        assert (dead.status, dead.attempts) == ("failed", 1)
        assert dead.due_at is not None
        assert dead.last_error in told(answer)[0]

    def test_event_that_must_wait_is_parked(self, desk, dead, payments_sandbox):
        payload = json.loads(dead.payload) | {"api_version": "2019-01-01"}
        WebhookEvent.objects.update(payload=json.dumps(payload))
        payments_sandbox.faults.add(Fault("http_503_down"))
        operate(desk, "retry", dead)
        dead.refresh_from_db()
        assert dead.status in ("parked", "failed")
        payments_sandbox.faults.clear()
        operate(desk, "retry", dead)
        dead.refresh_from_db()
        assert dead.status == "processed"
        assert Order.objects.get().status == "paid"

    def test_event_whose_payment_is_not_there_goes_on_waiting(self, desk, dead):
        Payment.objects.update(public_id=uuid4(), checkout_id="cs_other")
        answer = operate(desk, "retry", dead)
        dead.refresh_from_db()
        assert (dead.status, dead.attempts) == ("parked", 1)
        assert "there is no such payment" in told(answer)[0]

    @pytest.mark.parametrize("status", ["processed", "ignored", "rejected"])
    def test_event_that_is_done_stays_as_it_is(self, desk, dead, status):
        WebhookEvent.objects.update(status=status)
        answer = operate(desk, "retry", dead)
        dead.refresh_from_db()
        assert (dead.status, dead.attempts) == (status, 99)
        assert "is done already" in told(answer)[0]

    def test_event_that_somebody_else_finished_is_left_alone(self, dead):
        WebhookEvent.objects.update(status="processed")
        assert not retry_event(dead)
        assert (dead.status, dead.attempts) == ("processed", 99)

    def test_retry_refuses_to_run_inside_a_transaction(self, dead):
        with transaction.atomic(), pytest.raises(RuntimeError, match="retry_event"):
            retry_event(dead)

    def test_staff_who_may_only_look_cannot(self, desk_with, dead):
        client = desk_with("view_webhookevent")
        operate(client, "retry", dead)
        dead.refresh_from_db()
        assert dead.status == "dead"
        assert 'value="retry"' not in client.get(page_of(dead)).text

    def test_dead_letter_stands_out_and_has_the_button(self, desk, dead):
        page = desk.get(page_of(dead)).text
        assert "<strong>Dead letter, needs a person</strong>" in page
        assert 'value="retry"' in page
