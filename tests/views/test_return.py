import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client

from payments_connect.enums import FulfilmentStatus, OrderStatus, PaymentStatus
from payments_connect.models import Order
from payments_connect.sandbox import CardDeclined, Fault
from payments_connect.services.access import order_path
from payments_connect.services.ending import cancel_order
from payments_connect.testing.factories import make_order

from .pages import check_accessible, read
from .sales import begin, page_of, state_on

CONFIRMING = "We are confirming your payment"


@pytest.mark.django_db(transaction=True)
class TestStates:
    """The page says how things stand, as the gateway tells it."""

    def test_paid_order_is_confirmed_without_a_webhook(
        self, account, client, payments_sandbox
    ):
        """The buyer was faster than the event: the page settles by itself."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        response = page_of(client, order)
        assert state_on(response) == "paid"
        order.refresh_from_db()
        payment.refresh_from_db()
        assert order.status == OrderStatus.PAID
        assert payment.confirmed_by == "return_page"
        assert read(response).find("script") == []

    def test_buyer_who_has_not_paid_can_go_on(self, account, client):
        """Back from the gateway's page without paying: a button, not a failure."""
        order, _payment = begin(account)
        response = page_of(client, order)
        assert state_on(response) == "open"
        [form] = read(response).find("form", method="post")
        assert form.attributes["action"] == order_path(order, "pay")
        assert form.find("button")[0].text == "Pay now"

    def test_declined_buyer_can_try_again(self, account, client, payments_sandbox):
        """The checkout is still open for another card."""
        order, payment = begin(account)
        with pytest.raises(CardDeclined):
            payments_sandbox.stripe.pay(payment.checkout_id, "4000000000000002")
        assert state_on(page_of(client, order)) == "open"
        payment.refresh_from_db()
        assert payment.failure_code == "generic_decline"

    def test_delayed_payment_is_processing(self, account, client, payments_sandbox):
        """Nothing to do for the buyer, and nothing to poll for."""
        order, payment = begin(account, currency="EUR")
        payments_sandbox.stripe.pay(payment.checkout_id, "AT321904300235473204")
        response = page_of(client, order)
        assert state_on(response) == "processing"
        assert read(response).find("form") == []
        assert read(response).find("script") == []

    def test_failed_delayed_payment_is_told(self, account, client, payments_sandbox):
        """And another try is offered, while the order waits."""
        order, payment = begin(account, currency="EUR")
        payments_sandbox.stripe.pay(payment.checkout_id, "AT861904300235473202")
        payments_sandbox.clock.advance(seconds=24 * 3600)
        response = page_of(client, order)
        assert state_on(response) == "failed"
        assert read(response).find("form", method="post")

    def test_expired_checkout_can_be_opened_again(
        self, account, client, payments_sandbox
    ):
        """The order lives longer than its checkout."""
        order, _payment = begin(account)
        payments_sandbox.clock.advance(seconds=24 * 3600)
        response = page_of(client, order)
        assert state_on(response) == "failed"
        assert "Nothing was charged. You can try again." in response.content.decode()

    def test_canceled_order_offers_no_payment(self, account, client):
        """It cannot be paid any more."""
        order, _payment = begin(account)
        cancel_order(order)
        response = page_of(client, order)
        assert state_on(response) == "failed"
        assert read(response).find("form") == []
        assert "canceled" in response.content.decode()

    def test_order_without_a_payment_is_open(self, client):
        """It was placed, and nobody has clicked yet."""
        assert state_on(page_of(client, make_order())) == "open"

    def test_canceled_order_without_a_payment_has_failed(self, client):
        """Nobody ever tried to pay it."""
        order = make_order()
        cancel_order(order)
        assert state_on(page_of(client, order)) == "failed"

    def test_order_on_hold_says_so(self, account, client, payments_sandbox):
        """Paid, but sold out meanwhile."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        page_of(client, order)
        Order.objects.filter(pk=order.pk).update(fulfilment=FulfilmentStatus.ON_HOLD)
        text = page_of(client, order).content.decode()
        assert "sold out" in text
        assert "has arrived" in text

    def test_payment_in_review_is_being_confirmed(
        self, account, client, payments_sandbox
    ):
        """A person must look at it: the buyer is neither thanked nor refused."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_sandbox.stripe.alter(payment.checkout_id, amount_total=1)
        assert state_on(page_of(client, order)) == "checking"
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.REVIEW

    @pytest.mark.parametrize(
        "kind", ["http_503_down", "http_500", "http_429", "connection_reset"]
    )
    def test_gateway_that_is_down_is_no_failure(
        self, account, client, *, payments_sandbox, kind
    ):
        """We are confirming: 200, never failed, no second payment offered."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_sandbox.faults.add(Fault(kind, times=None))
        response = page_of(client, order)
        assert response.status_code == 200
        assert CONFIRMING in response.content.decode()
        assert state_on(response) == "checking"
        page = read(response)
        assert page.find("form") == []
        assert page.find("a", href=order_path(order))
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.OPEN

    def test_answer_nobody_can_read_is_no_failure(
        self, account, client, payments_sandbox
    ):
        """A session that became something else is our problem, not the buyer's."""
        order, payment = begin(account)
        payments_sandbox.stripe.alter(payment.checkout_id, currency=None)
        assert state_on(page_of(client, order)) == "checking"

    def test_lost_checkout_is_no_failure(self, account, client, payments_sandbox):
        """An account that was disconnected answers nothing useful either."""
        order, _payment = begin(account)
        payments_sandbox.stripe.world.keys.clear()
        assert state_on(page_of(client, order)) == "checking"


@pytest.mark.django_db(transaction=True)
class TestAsking:
    """How often the gateway is asked."""

    def test_reloading_asks_once_in_a_while(self, account, client, payments_sandbox):
        """A nervous buyer, or ten tabs, are one call."""
        order, payment = begin(account)
        before = len(payments_sandbox.requests)
        for _time in range(5):
            page_of(client, order)
        assert len(payments_sandbox.requests) == before + 1
        payment.refresh_from_db()
        assert payment.last_checked_at

    def test_interval_over_asks_again(
        self, account, client, *, payments_sandbox, settings
    ):
        """As soon as the interval allows."""
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"CONFIRM_INTERVAL": 0}
        order, _payment = begin(account)
        before = len(payments_sandbox.requests)
        page_of(client, order)
        page_of(client, order)
        assert len(payments_sandbox.requests) == before + 2

    def test_settled_payment_is_not_asked_about(
        self, account, client, payments_sandbox
    ):
        """What we know we need not ask."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        page_of(client, order)
        before = len(payments_sandbox.requests)
        assert state_on(page_of(client, order)) == "paid"
        assert len(payments_sandbox.requests) == before

    def test_asked_a_moment_ago_is_being_confirmed(
        self, account, client, payments_sandbox
    ):
        """Paid right after somebody asked: neither "not paid" nor failed."""
        order, payment = begin(account)
        page_of(client, order)
        payments_sandbox.stripe.pay(payment.checkout_id)
        response = page_of(client, order)
        assert state_on(response) == "checking"
        [script] = read(response).find("script")
        assert script.attributes["data-status-url"] == order_path(order, "status")
        assert script.attributes["data-return-url"] == order_path(order)
        assert "defer" in script.attributes

    @pytest.mark.parametrize("asgi", [False, True])
    def test_atomic_requests_are_no_obstacle(
        self, account, *, payments_sandbox, monkeypatch, asgi
    ):
        """The page is never atomic: its call is made outside transactions."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        get = async_to_sync(AsyncClient().get) if asgi else Client().get
        assert state_on(get(order_path(order))) == "paid"


@pytest.mark.django_db
class TestPage:
    """What the page is made of."""

    def test_page_reads_well_and_is_kept_by_nobody(self, client):
        """For a screen reader, for caches, and for the next site's logs."""
        order = make_order()
        response = page_of(client, order)
        page = read(response)
        check_accessible(page)
        [status] = page.find("div", role="status")
        assert status.find("h1")
        assert status.attributes["data-state"] == "open"
        assert order.reference in page.text
        assert "100.00" in page.text
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert page.find("meta", name="robots", content="noindex")

    def test_page_speaks_the_buyers_language(self, client):
        """At least it says which language it is in, and which way it runs."""
        order = make_order()
        response = client.get(order_path(order), headers={"Accept-Language": "en"})
        assert read(response).find("html", lang="en-us", dir="ltr")

    def test_page_shows_no_markup_of_others(self, client):
        """Texts are escaped."""
        order = make_order()
        Order.objects.filter(pk=order.pk).update(reference="<b>1</b>&x")
        assert "<b>1</b>" not in page_of(client, order).content.decode()

    def test_unknown_host_is_refused(self, client):
        """An address built from it would send the buyer elsewhere."""
        order = make_order()
        response = client.get(order_path(order), headers={"Host": "evil.example"})
        assert response.status_code == 400
