import pytest

from payments_connect.enums import (
    OrderStatus,
    PaymentStatus,
    WebhookStatus,
)
from payments_connect.exceptions import GatewayUnavailable
from payments_connect.models import Payment, WebhookEvent
from payments_connect.sandbox import Fault
from payments_connect.services import inbox
from payments_connect.services.confirmation import confirm_payment
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import make_line, make_order

from .sales import checkout, fresh, pass_time, sell

pytestmark = pytest.mark.django_db(transaction=True)


def copy_of(session, **fields):
    """A session of somebody else's that carries our session's metadata."""
    return session | {"id": "cs_test_copy", "payment_intent": "pi_copy"} | fields


@pytest.fixture
def paid(account, payments_sandbox):
    """A sale that was paid at the gateway, and of which we do not know yet."""
    order, payment = sell(account)
    session = payments_sandbox.stripe.pay(payment.checkout_id)
    return order, payment, session


class TestForeignClaims:
    def test_another_accounts_session_with_our_metadata(
        self, paid, payments_sandbox, *, payments_events
    ):
        """The event is rejected, the payment untouched, and the real one pays."""
        order, payment, session = paid
        thief = payments_sandbox.stripe.add_account()["id"]
        answer = payments_events.post(
            payments_sandbox.stripe.emit(
                "checkout.session.completed", copy_of(session), account=thief
            )
        )
        assert answer.content == b"rejected"
        assert answer.status_code == 200
        assert WebhookEvent.objects.get().status == WebhookStatus.REJECTED
        assert fresh(payment).status == PaymentStatus.OPEN
        payments_events.post_new("checkout.session.completed")
        assert fresh(order).paid_by == payment

    def test_another_session_of_the_same_account_with_our_metadata(
        self, paid, payments_sandbox, *, payments_events
    ):
        """Sellers cannot pay orders with cheaper sessions of their own."""
        order, payment, session = paid
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed",
            copy_of(session),
            account=payment.account.external_id,
        )
        assert payments_events.post(event).content == b"rejected"
        assert fresh(payment).status == PaymentStatus.OPEN
        assert fresh(order).status == OrderStatus.PENDING

    def test_another_payment_intent_with_our_metadata(
        self, paid, payments_sandbox, *, payments_events
    ):
        """Our own page is asked about it, and knows nothing of it."""
        _order, payment, session = paid
        intent = payments_sandbox.stripe.get(session["payment_intent"])
        event = payments_sandbox.stripe.emit(
            "payment_intent.succeeded",
            intent | {"id": "pi_copy"},
            account=payment.account.external_id,
        )
        payments_events.post(event)
        pass_time()
        sweep()
        stored = WebhookEvent.objects.get(event_id=event["id"])
        assert stored.status == WebhookStatus.REJECTED

    def test_a_session_with_another_payments_mark(
        self, account, payments_sandbox, *, payments_events
    ):
        """An object we know by its id pays its own payment, whoever it names."""
        order, payment = sell(account)
        other_order, other = sell(account)
        session = payments_sandbox.stripe.pay(payment.checkout_id)
        marked = dict(session["metadata"]) | {
            "payments_connect_payment": str(other.public_id)
        }
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed",
            session | {"metadata": marked},
            account=account.external_id,
        )
        assert payments_events.post(event).content == b"processed"
        assert fresh(order).paid_by == payment
        assert fresh(other_order).status == OrderStatus.PENDING


class TestOwnObject:
    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            {"payments_connect": "other", "payments_connect_payment": "x"},
            {"payments_connect": "tests", "payments_connect_payment": "not a uuid"},
        ],
        ids=["removed", "other site's", "broken"],
    )
    def test_settles_whatever_became_of_its_metadata(
        self, paid, payments_sandbox, *, payments_events, metadata
    ):
        """The recorded id decides; sellers can edit metadata in their Dashboard."""
        order, payment, session = paid
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed",
            session | {"metadata": metadata},
            account=payment.account.external_id,
        )
        assert payments_events.post(event).content == b"processed"
        assert fresh(order).paid_by == payment


@pytest.mark.usefixtures("one_try")
class TestLostAnswer:
    """We asked for a session and never learned its id."""

    @pytest.fixture
    def lost(self, account, payments_sandbox):
        order = make_order(lines=[make_line(seller=account.seller)])
        payments_sandbox.faults.add(Fault("timeout_after_success"))
        with pytest.raises(GatewayUnavailable):
            checkout(order)
        (session,) = payments_sandbox.stripe.world.store.each("checkout.session")
        return order, Payment.objects.get(), session["id"]

    def test_its_event_is_proven_by_asking_the_gateway(
        self, lost, payments_sandbox, *, payments_events
    ):
        """Retrieved on the recorded account, and all as asked for: it is ours."""
        order, payment, session_id = lost
        payments_sandbox.stripe.pay(session_id)
        (answer,) = payments_events.post_new("checkout.session.completed")
        assert answer.content == b"processed"
        assert fresh(payment).checkout_id == session_id
        assert fresh(order).paid_by == payment

    def test_while_the_gateway_is_down_its_event_waits(
        self, lost, payments_sandbox, *, payments_events
    ):
        """Not proven is not refused."""
        order, payment, session_id = lost
        payments_sandbox.stripe.pay(session_id)
        payments_sandbox.faults.add(Fault("http_503_down"))
        (answer,) = payments_events.post_new("checkout.session.completed")
        assert (answer.status_code, answer.content) == (200, b"parked")
        payments_sandbox.faults.clear()
        sweep()
        assert fresh(order).paid_by == payment

    def test_a_sellers_copy_is_rejected(
        self, lost, payments_sandbox, *, payments_events
    ):
        """A session of the same account with our mark but without our fee."""
        _order, payment, session_id = lost
        payments_sandbox.stripe.pay(session_id)
        session = payments_sandbox.stripe.get(session_id)
        intent = payments_sandbox.stripe.get(session["payment_intent"])
        copied_intent = intent | {"id": "pi_copy", "application_fee_amount": None}
        account = payment.account.external_id
        payments_sandbox.stripe.insert(copied_intent, account)
        payments_sandbox.stripe.insert(copy_of(session), account)
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed", copy_of(session), account=account
        )
        assert payments_events.post(event).content == b"rejected"
        assert fresh(payment).status == PaymentStatus.CREATED

    def test_a_session_that_does_not_exist_is_rejected(
        self, lost, payments_sandbox, *, payments_events
    ):
        """The gateway knows no such session on the recorded account."""
        _order, payment, session_id = lost
        session = payments_sandbox.stripe.get(session_id)
        event = payments_sandbox.stripe.emit(
            "checkout.session.completed",
            copy_of(session, status="complete", payment_status="paid"),
            account=payment.account.external_id,
        )
        assert payments_events.post(event).content == b"rejected"

    def test_a_payment_intent_alone_waits_for_the_session(
        self, lost, payments_sandbox, *, payments_events
    ):
        """It names no session, so there is nothing to ask for yet."""
        order, payment, session_id = lost
        payments_sandbox.stripe.pay(session_id)
        posted = {e["type"]: e for e in payments_sandbox.stripe.events}
        first = posted["payment_intent.succeeded"]
        assert payments_events.post(first).content == b"parked"
        pass_time()
        WebhookEvent.objects.update(attempts=1)
        inbox.work(WebhookEvent.objects.get())
        assert WebhookEvent.objects.get().status == WebhookStatus.PARKED
        payments_events.post(posted["checkout.session.completed"])
        pass_time()
        sweep()
        assert fresh(order).paid_by == payment
        assert not WebhookEvent.objects.exclude(status="processed").exists()


class TestApplicationFee:
    def fee_event(self, sandbox):
        sandbox.clock.run_due()
        return next(
            e for e in sandbox.stripe.events if e["type"] == "application_fee.created"
        )

    def test_after_the_charge_is_known(
        self, paid, payments_sandbox, *, payments_events
    ):
        """The fee object comes late and finds its payment by the charge."""
        _order, payment, _session = paid
        payments_events.post_new()
        event = self.fee_event(payments_sandbox)
        pass_time()
        sweep()
        assert payments_events.post(event).content == b"processed"
        assert fresh(payment).application_fee_id == event["data"]["object"]["id"]
        again = event | {"id": "evt_again"}
        assert payments_events.post(again).content == b"processed"

    def test_before_the_charge_is_known(
        self, paid, payments_sandbox, *, payments_events
    ):
        """It waits for the event that names the charge."""
        _order, payment, _session = paid
        event = self.fee_event(payments_sandbox)
        assert payments_events.post(event).content == b"parked"
        payments_events.post_new(
            "checkout.session.completed", "payment_intent.succeeded"
        )
        for _try in range(2):
            pass_time()
            sweep()
        assert fresh(payment).application_fee_id == event["data"]["object"]["id"]

    @pytest.mark.parametrize("other", [{"account": "acct_other"}, {"currency": "eur"}])
    def test_of_another_account_or_currency(
        self, paid, payments_sandbox, *, payments_events, other
    ):
        """A fee that does not go with its charge is rejected."""
        _order, payment, _session = paid
        confirm_payment(payment)
        event = self.fee_event(payments_sandbox)
        event["data"]["object"] |= other
        assert payments_events.post(event).content == b"rejected"
        assert fresh(payment).application_fee_id == ""
