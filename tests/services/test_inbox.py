import json
from datetime import timedelta

import pytest
from django.utils import timezone

from payments_connect.enums import OrderStatus, PaymentStatus, WebhookStatus
from payments_connect.models import Payment, WebhookEvent
from payments_connect.sandbox import Fault
from payments_connect.services import inbox
from payments_connect.services.sweep import sweep
from payments_connect.testing.events import stripe_event

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


class TestProcessed:
    def test_leaves_one_row_that_says_what_came(self, sale, completed, payments_events):
        """The row survives success, with everything but the secret."""
        assert post(payments_events, completed) == (200, "processed")
        event = WebhookEvent.objects.get()
        assert event.status == WebhookStatus.PROCESSED
        assert (event.gateway, event.endpoint) == ("stripe", "connect")
        assert event.event_id == completed["id"]
        assert event.account == completed["account"]
        assert event.type == "checkout.session.completed"
        assert event.object_id == sale[1].checkout_id
        assert json.loads(event.payload) == completed
        assert len(event.secret_fingerprint) == 16
        assert (event.attempts, event.due_at, event.last_error) == (1, None, "")
        assert event.settled_at == event.received_at

    def test_copies_are_duplicates(self, sale, completed, payments_events):
        """However often it is delivered, at whichever endpoint knows the secret."""
        answers = [post(payments_events, completed) for _copy in range(3)]
        assert answers == [(200, "processed"), (200, "duplicate"), (200, "duplicate")]
        event = WebhookEvent.objects.get()
        assert event.attempts == 1

    def test_either_endpoint_settles(self, sale, completed, payments_events):
        """An event at the wrong endpoint is verified there and means the same."""
        answer = payments_events.post(completed, endpoint="platform")
        assert answer.content == b"processed"
        assert fresh(sale[0]).status == OrderStatus.PAID

    def test_nothing_of_ours_is_an_answer_too(self, sale, payments_events):
        """Types that do not concern us leave no row."""
        event = stripe_event("customer.created", {"id": "cus_1", "livemode": False})
        assert post(payments_events, event) == (200, "ignored")
        assert not WebhookEvent.objects.exists()


class TestParked:
    def test_our_mark_without_a_row_waits_and_is_applied_later(
        self, sale, completed, payments_events
    ):
        """An event faster than our own commit is not lost."""
        order, payment = sale
        public_id, checkout_id = payment.public_id, payment.checkout_id
        Payment.objects.filter(pk=payment.pk).update(
            public_id="00000000-0000-4000-8000-000000000000", checkout_id=None
        )
        assert post(payments_events, completed) == (200, "parked")
        event = WebhookEvent.objects.get()
        assert "no such payment" in event.last_error
        assert event.settled_at is None
        Payment.objects.filter(pk=payment.pk).update(
            public_id=public_id, checkout_id=checkout_id
        )
        pass_time()
        sweep()
        assert fresh(order).status == OrderStatus.PAID
        assert fresh(event).status == WebhookStatus.PROCESSED
        assert event.attempts == 2

    def test_a_copy_of_a_parked_event_is_another_try_once_it_is_due(
        self, sale, completed, payments_events
    ):
        """Before that a copy tells nothing new; a storm of them is no attempt."""
        _order, payment = sale
        Payment.objects.filter(pk=payment.pk).update(gateway="square")
        Payment.objects.filter(pk=payment.pk).update(checkout_id=None)
        post(payments_events, completed)
        Payment.objects.filter(pk=payment.pk).update(
            gateway="stripe", checkout_id=payment.checkout_id
        )
        later = timezone.now() + timedelta(hours=1)
        WebhookEvent.objects.update(status=WebhookStatus.PARKED, due_at=later)
        before = WebhookEvent.objects.get().attempts
        assert post(payments_events, completed) == (200, "duplicate")
        assert WebhookEvent.objects.get().attempts == before
        pass_time(WebhookEvent)
        assert post(payments_events, completed) == (200, "processed")

    def test_our_mark_that_never_gets_a_row_is_a_dead_letter(
        self, sale, completed, payments_events, *, settings
    ):
        """Somebody must look: it carries our mark and nobody knows it."""
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "WEBHOOK_MAX_ATTEMPTS": 3
        }
        _order, payment = sale
        Payment.objects.filter(pk=payment.pk).update(
            public_id="00000000-0000-4000-8000-000000000000", checkout_id=None
        )
        post(payments_events, completed)
        for _try in range(3):
            pass_time(WebhookEvent)
            sweep()
        event = WebhookEvent.objects.get()
        assert (event.status, event.due_at) == (WebhookStatus.DEAD, None)
        assert event.payload

    def test_a_dead_letter_delivered_again_is_tried_again(
        self, sale, completed, payments_events
    ):
        """Asking the gateway to resend is a way to replay."""
        post(payments_events, completed | {"id": "evt_other"})
        event = WebhookEvent.objects.get()
        WebhookEvent.objects.update(status=WebhookStatus.DEAD)
        assert post(payments_events, completed | {"id": "evt_other"}) == (
            200,
            "processed",
        )
        assert fresh(event).status == WebhookStatus.PROCESSED


class TestUnmarked:
    @pytest.fixture
    def sellers_own(self, account, payments_sandbox):
        """An event about a session that the seller made without us."""
        session = {"id": "cs_test_own", "object": "checkout.session", "metadata": {}}
        template = payments_sandbox.stripe.get(sell(account)[1].checkout_id)
        return payments_sandbox.stripe.emit(
            "checkout.session.completed",
            template | session | {"status": "complete", "payment_status": "paid"},
            account=account.external_id,
        )

    def test_is_forgotten_after_a_few_tries(self, sellers_own, payments_events):
        """A seller's own business: waited for briefly, then its payload dropped."""
        assert post(payments_events, sellers_own) == (200, "parked")
        event = WebhookEvent.objects.get()
        for _try in range(3):
            assert fresh(event).status == WebhookStatus.PARKED
            pass_time(WebhookEvent)
            sweep()
        assert fresh(event).status == WebhookStatus.IGNORED
        assert (event.payload, event.due_at) == ("", None)
        assert post(payments_events, sellers_own) == (200, "duplicate")

    def test_payment_moves_by_no_such_event(self, sellers_own, payments_events):
        """Not ours means not ours."""
        post(payments_events, sellers_own)
        assert Payment.objects.get().status == PaymentStatus.OPEN


class TestOtherNamespace:
    def test_leaves_no_row(self, account, sale, *, payments_sandbox, payments_events):
        """Another site on the same gateway account has its own inbox."""
        session = payments_sandbox.stripe.pay(sale[1].checkout_id)
        mark = session["metadata"] | {"payments_connect": "other-site"}
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed",
            session | {"id": "cs_test_theirs", "metadata": mark},
            account=account.external_id,
        )
        assert post(payments_events, event) == (200, "ignored")
        assert not WebhookEvent.objects.exists()


class TestOtherMode:
    @pytest.mark.parametrize("live_keys", [False, True])
    def test_is_counted_and_never_settled(
        self, completed, one_try, *, sale, payments_sandbox, payments_events, live_keys
    ):
        """A live Connect endpoint gets test events too; 200, a row, no payload."""
        if live_keys:
            one_try(api_key=payments_sandbox.stripe.live_secret_key)
            event = completed
        else:
            event = completed | {"livemode": True}
        assert post(payments_events, event) == (200, "ignored")
        assert post(payments_events, event) == (200, "ignored")
        stored = WebhookEvent.objects.get()
        assert (stored.status, stored.payload) == (WebhookStatus.IGNORED, "")
        assert "mode" in stored.last_error
        assert fresh(sale[1]).status == PaymentStatus.OPEN


class TestHint:
    """An event rendered in another API version only points to its object."""

    @pytest.fixture
    def old(self, completed):
        return completed | {"api_version": "2019-01-01"}

    def test_is_retrieved_after_the_commit(
        self, sale, old, *, payments_sandbox, payments_events
    ):
        """Its fields may mean something else; the gateway is asked in our version."""
        old["data"]["object"]["amount_total"] = 1
        before = len(payments_sandbox.requests)
        assert post(payments_events, old) == (200, "processed")
        assert fresh(sale[0]).status == OrderStatus.PAID
        (call,) = payments_sandbox.requests[before:]
        assert (call.method, call.account) == ("GET", sale[1].account.external_id)

    def test_while_the_gateway_is_down_it_waits_for_the_sweep(
        self, sale, old, *, payments_sandbox, payments_events, one_try
    ):
        """A failing follow-up never changes the answer."""
        payments_sandbox.faults.add(Fault("http_503_down"))
        assert post(payments_events, old) == (200, "parked")
        sweep()
        event = WebhookEvent.objects.get()
        assert event.status == WebhookStatus.PARKED
        assert fresh(sale[1]).status == PaymentStatus.OPEN
        payments_sandbox.faults.clear()
        pass_time(WebhookEvent)
        sweep()
        assert fresh(event).status == WebhookStatus.PROCESSED
        assert fresh(sale[0]).status == OrderStatus.PAID

    def test_about_a_payment_intent_leads_to_the_payments_checkout(
        self, sale, completed, *, payments_sandbox, payments_events
    ):
        """A payment that has recorded its checkout is asked about by that."""
        event = next(
            e
            for e in payments_sandbox.stripe.events
            if e["type"] == "payment_intent.succeeded"
        )
        old = event | {"api_version": "2019-01-01"}
        assert post(payments_events, old) == (200, "processed")
        assert fresh(sale[0]).status == OrderStatus.PAID

    def test_of_another_account_is_rejected_without_asking(
        self, sale, old, *, payments_sandbox, payments_events
    ):
        """Our mark on somebody else's account; nobody is asked about it."""
        thief = payments_sandbox.stripe.add_account()["id"]
        old["data"]["object"]["id"] = "cs_test_copy"
        before = len(payments_sandbox.requests)
        assert post(payments_events, old | {"account": thief}) == (200, "rejected")
        assert len(payments_sandbox.requests) == before

    def test_about_a_payment_intent_waits_until_its_checkout_names_one(
        self, sale, old, *, payments_sandbox, payments_events
    ):
        """Our mark on a payment intent that our open page knows nothing of yet."""
        _order, payment = sale
        session = payments_sandbox.stripe.get(payment.checkout_id)
        intent = payments_sandbox.stripe.get(session["payment_intent"])
        payments_sandbox.stripe.alter(payment.checkout_id, payment_intent=None)
        event = stripe_event(
            "payment_intent.succeeded",
            intent,
            account=payment.account.external_id,
            api_version="2019-01-01",
        )
        assert post(payments_events, event) == (200, "parked")

    def test_about_nothing_of_ours_waits_like_any_other(self, old, payments_events):
        """No payment, nothing to ask for."""
        old["data"]["object"] |= {"id": "cs_test_unknown", "metadata": {}}
        assert post(payments_events, old) == (200, "parked")


class TestWork:
    def test_one_of_many_sweepers_gets_an_event(self, completed, payments_events):
        """A lease keeps the others away."""
        post(payments_events, completed)
        WebhookEvent.objects.update(status=WebhookStatus.PARKED)
        inbox.work(WebhookEvent.objects.get())
        assert WebhookEvent.objects.get().status == WebhookStatus.PARKED

    def test_an_event_somebody_finished_meanwhile_is_left_alone(
        self, sale, completed, payments_events, *, after_statement
    ):
        """The lease was taken, and the gateway's own copy was faster."""
        post(payments_events, completed)
        WebhookEvent.objects.update(status=WebhookStatus.PARKED)
        pass_time(WebhookEvent)
        event = WebhookEvent.objects.get()

        def finish():
            WebhookEvent.objects.update(status=WebhookStatus.PROCESSED, attempts=7)

        after_statement("UPDATE", "webhookevent", finish)
        inbox.work(event)
        assert WebhookEvent.objects.get().attempts == 7

    def test_an_event_that_cannot_be_read_any_more_is_not_tried_for_ever(
        self, completed, payments_events, *, settings
    ):
        """It ends as a dead letter, where somebody sees it."""
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "WEBHOOK_MAX_ATTEMPTS": 3
        }
        post(payments_events, completed)
        WebhookEvent.objects.update(status=WebhookStatus.FAILED, payload="{")
        for _try in range(3):
            WebhookEvent.objects.update(due_at=WebhookEvent.objects.get().received_at)
            sweep()
        assert WebhookEvent.objects.get().status == WebhookStatus.DEAD
