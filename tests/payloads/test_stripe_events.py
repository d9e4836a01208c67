import pytest

from payments_connect.enums import OrderStatus, PaymentStatus, WebhookStatus
from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.models import LedgerEntry, Payment, WebhookEvent
from payments_connect.testing.events import sign
from payments_connect.testing.fixtures import sandbox_gateway
from payments_connect.testing.posting import secret_of

from .recorded import FILES, MAPPED, Story, recorded

ENDED = {PaymentStatus.EXPIRED, PaymentStatus.FAILED, PaymentStatus.CANCELED}

# What each type makes of an open (or, for delayed ones, processing) payment.
EXPECTED = {
    "checkout.session.expired": PaymentStatus.EXPIRED,
    "checkout.session.async_payment_succeeded": PaymentStatus.SUCCEEDED,
    "checkout.session.async_payment_failed": PaymentStatus.FAILED,
    "payment_intent.processing": PaymentStatus.PROCESSING,
    "payment_intent.payment_failed": PaymentStatus.OPEN,
    "payment_intent.canceled": PaymentStatus.CANCELED,
    "payment_intent.amount_capturable_updated": PaymentStatus.AUTHORIZED,
}


def expected(story):
    """The status the payment must have afterwards."""
    found = story.found
    if story.type == "checkout.session.completed":
        free = found["payment_status"] == "no_payment_required"
        if free and found["amount_total"]:
            return PaymentStatus.REVIEW
        unpaid = found["payment_status"] == "unpaid"
        return PaymentStatus.PROCESSING if unpaid else PaymentStatus.SUCCEEDED
    if story.type == "payment_intent.succeeded":
        whole = found.get("amount_received") == found["amount"]
        return PaymentStatus.SUCCEEDED if whole else PaymentStatus.REVIEW
    return EXPECTED[story.type]


@pytest.fixture
def post(payments_sandbox, payments_events, settings):
    """Post a recorded event with keys of its mode, its objects seeded first."""

    def post(story, endpoint=""):
        if story.livemode:
            key = payments_sandbox.stripe.live_secret_key
            entry = sandbox_gateway(payments_sandbox, api_key=key)
            raw = settings.PAYMENTS_CONNECT | {"GATEWAYS": {"stripe": entry}}
            settings.PAYMENTS_CONNECT = raw
        return payments_events.post(story.event, endpoint=endpoint)

    return post


class TestEveryPayload:
    """Whatever Stripe sends to either endpoint is answered, never with an error."""

    @pytest.mark.django_db
    @pytest.mark.parametrize("endpoint", ["platform", "connect"])
    @recorded(FILES)
    def test_payload_is_answered_and_moves_nothing(
        self, file, endpoint, payments_events
    ):
        """Signed, byte for byte as it was recorded, on a site that knows nothing."""
        body = file.read_bytes()
        response = payments_events.post(
            sign(body, secret_of(endpoint)), endpoint=endpoint
        )
        assert response.status_code in (200, 400)
        assert response.status_code == 200 or not WebhookEvent.objects.exists()
        assert not Payment.objects.exists()

    @pytest.mark.django_db
    @recorded([file for file in FILES if file not in MAPPED])
    def test_type_we_do_not_map_is_ignored(self, file, payments_events):
        """And leaves no row behind, as does what lacks an event's id or mode."""
        body = sign(file.read_bytes(), secret_of("connect"))
        response = payments_events.post(body, endpoint="connect")
        assert response.content == b"ignored" or response.status_code == 400
        assert not WebhookEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestMappedPayload:
    """Each event of a type we map changes the rows it belongs to.

    As recorded, in an old API version, it is a hint: the object is retrieved. Stamped
    with our own version, it is read directly.
    """

    @pytest.fixture(params=[None, API_VERSION], ids=["hint", "direct"])
    def version(self, request):
        return request.param

    @recorded(MAPPED)
    def test_event_changes_its_payment(self, file, version, *, post, payments_sandbox):
        """The status moves as the event says, once, and the inbox says processed."""
        story = Story.of(file, version=version)
        story.seed(payments_sandbox)
        payment = story.make_payment()
        before = (payment.status, payment.application_fee_id, payment.failure_code)
        response = post(story)
        assert (response.status_code, response.content) == (200, b"processed")
        payment.refresh_from_db()
        payment.order.refresh_from_db()
        after = (payment.status, payment.application_fee_id, payment.failure_code)
        assert after != before
        check(story, payment)
        row = WebhookEvent.objects.get()
        assert (row.status, row.due_at) == (WebhookStatus.PROCESSED, None)
        assert post(story).content == b"duplicate"

    @recorded(MAPPED)
    def test_event_at_the_other_endpoint_changes_it_too(
        self, file, version, *, post, payments_sandbox
    ):
        """A misconfigured endpoint loses no sale."""
        story = Story.of(file, version=version)
        story.seed(payments_sandbox)
        payment = story.make_payment()
        other = "platform" if story.event.get("account") else "connect"
        assert post(story, other).content == b"processed"
        payment.refresh_from_db()
        payment.order.refresh_from_db()
        check(story, payment)

    @recorded([file for file in MAPPED if not Story.of(file).is_fee])
    def test_event_of_another_account_changes_nothing(
        self, file, version, *, post, payments_sandbox
    ):
        """The same object id on an account that is not the payment's is a claim."""
        story = Story.of(file, version=version)
        story.seed(payments_sandbox)
        payment = story.make_payment()
        was = payment.status
        stranger = Story(story.event | {"account": "acct_stranger"})
        assert post(stranger).content == b"rejected"
        payment.refresh_from_db()
        assert payment.status == was

    @recorded(MAPPED)
    def test_event_that_is_early_waits(self, file, version, *, post, payments_sandbox):
        """Nobody knows the object yet: parked, not lost, and not an error."""
        story = Story.of(file, version=version)
        story.seed(payments_sandbox)
        assert post(story).content == b"parked"
        row = WebhookEvent.objects.get()
        assert row.due_at
        assert row.payload


def check(story, payment):
    """Check what a type must have changed."""
    if story.is_fee:
        assert payment.application_fee_id == story.found["id"]
        return
    status = expected(story)
    assert payment.status == status
    assert payment.live is (None if status in {*ENDED, "succeeded"} else True)
    paid = status == PaymentStatus.SUCCEEDED
    assert payment.order.status == (OrderStatus.PAID if paid else OrderStatus.PENDING)
    if paid:
        assert payment.order.paid_by == payment
        assert payment.amount_captured == story.amount("amount_total", "amount")
        assert LedgerEntry.objects.filter(payment=payment).exists() or (
            payment.amount_captured == 0
        )
        assert payment.charge_id in {story.charge, ""}
    if story.type == "payment_intent.payment_failed":
        error = story.found["last_payment_error"]
        assert payment.failure_code in {error.get("decline_code"), error.get("code")}
        assert payment.failure_message
        assert payment.charge_id == ""
