import pytest
from django.db import connection
from django.utils import timezone

from payments_connect.enums import OrderStatus, PaymentStatus, WebhookStatus
from payments_connect.models import WebhookEvent
from payments_connect.services.sweep import sweep
from payments_connect.signals import order_paid

from .sales import fresh, pass_time, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sale(account):
    return sell(account)


@pytest.fixture
def completed(sale, payments_sandbox):
    """The event of a session that was paid, not posted yet."""
    payments_sandbox.stripe.pay(sale[1].checkout_id)
    return payments_sandbox.stripe.events[-1]


def post(events, event):
    """Post an event; give status and word of the answer."""
    answer = events.post(event)
    return answer.status_code, answer.content.decode()


class TestFailure:
    """Something of ours breaks while an event is settled."""

    @pytest.fixture
    def broken(self):
        """Make the database refuse the sale's ledger entries."""

        def refuse(execute, sql, *call):
            if "INSERT" in sql and "ledgerentry" in sql and armed:
                raise RuntimeError("Broken\nsk_test_secret")
            return execute(sql, *call)

        armed = [True]
        with connection.execute_wrapper(refuse):
            yield armed

    def test_effects_roll_back_and_the_event_stays(
        self, sale, completed, broken, *, payments_events, heard
    ):
        """Nothing half-done: a failed row, and a request to deliver again."""
        assert post(payments_events, completed) == (500, "failed")
        event = WebhookEvent.objects.get()
        assert (event.status, event.attempts) == (WebhookStatus.FAILED, 1)
        assert event.last_error == "RuntimeError: Broken"
        assert event.due_at
        assert event.due_at > event.received_at
        assert fresh(sale[0]).status == OrderStatus.PENDING
        assert fresh(sale[1]).status == PaymentStatus.OPEN
        assert heard == []

    def test_patience_ends(self, completed, broken, payments_events):
        """After a few 500s the sweep owns the event and the gateway gets its 200."""
        answers = [post(payments_events, completed)[0] for _try in range(5)]
        assert answers == [500, 500, 500, 200, 200]
        assert WebhookEvent.objects.get().attempts == 5

    def test_redelivery_settles_once_it_works(
        self, sale, completed, broken, *, payments_events
    ):
        """The next delivery does what the first one could not."""
        post(payments_events, completed)
        broken.clear()
        assert post(payments_events, completed) == (200, "processed")
        assert fresh(sale[0]).status == OrderStatus.PAID
        assert WebhookEvent.objects.get().last_error == ""

    def test_so_does_the_sweep(self, sale, completed, broken, *, payments_events):
        """Nobody needs to deliver again."""
        post(payments_events, completed)
        pass_time(WebhookEvent)
        assert sweep().failures == 1
        assert WebhookEvent.objects.get().attempts == 2
        broken.clear()
        pass_time(WebhookEvent)
        assert sweep().failures == 0
        assert fresh(sale[0]).status == OrderStatus.PAID

    def test_too_many_failures_are_a_dead_letter(
        self, completed, broken, *, payments_events, settings
    ):
        """Visible, kept, and not tried for ever."""
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "WEBHOOK_MAX_ATTEMPTS": 2
        }
        post(payments_events, completed)
        pass_time(WebhookEvent)
        sweep()
        event = WebhookEvent.objects.get()
        assert (event.status, event.due_at) == (WebhookStatus.DEAD, None)
        assert event.payload

    def test_never_overwrites_what_another_delivery_processed(
        self, sale, completed, broken, *, payments_events, after_statement
    ):
        """The copy that failed finds the event done: 200, and nothing is touched."""
        WebhookEvent.objects.create(
            gateway="stripe",
            event_id=completed["id"],
            status=WebhookStatus.FAILED,
            received_at=timezone.now(),
        )

        def other_copy():
            WebhookEvent.objects.update(status=WebhookStatus.PROCESSED)

        # The second insert is the one of the failure's row, after the rollback.
        after_statement(
            "INSERT",
            "webhookevent",
            lambda: after_statement("INSERT", "webhookevent", other_copy),
        )
        assert post(payments_events, completed) == (200, "failed")
        event = WebhookEvent.objects.get()
        assert (event.status, event.attempts) == (WebhookStatus.PROCESSED, 0)


class TestSite:
    def test_a_failing_receiver_does_not_change_the_answer(
        self, sale, completed, payments_events, *, caplog
    ):
        """The site's code runs after the commit; what it raises is logged, by name."""

        def receiver(**_kwargs):
            raise ValueError("buyer@example.com")

        order_paid.connect(receiver)
        try:
            assert post(payments_events, completed) == (200, "processed")
        finally:
            order_paid.disconnect(receiver)
        assert fresh(sale[0]).status == OrderStatus.PAID
        ours = [r.getMessage() for r in caplog.records if "payments_connect" in r.name]
        assert any("ValueError" in message for message in ours)
        assert not any("buyer@example.com" in message for message in ours)

    def test_a_failing_handler_does_not_change_the_answer(
        self, sale, completed, payments_events, *, settings
    ):
        """Fulfilment is tried again; the event is processed all the same."""
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "FULFILMENT_HANDLER": "tests.services.handlers.refuse"
        }
        assert post(payments_events, completed) == (200, "processed")
        assert fresh(sale[0]).status == OrderStatus.PAID
