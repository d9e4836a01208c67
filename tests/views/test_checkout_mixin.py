from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client
from django.utils import timezone

from payments_connect.enums import IntentStatus, OrderStatus, PaymentStatus
from payments_connect.models import Intent, Order, Payment, WebhookEvent
from payments_connect.sandbox import Fault
from payments_connect.services.access import order_path
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PromotionCodeFactory,
)
from tests.accounts.models import Member

from .pages import check_accessible, form_fields, read
from .sales import SESSIONS, page_of, state_on

pytestmark = [
    pytest.mark.urls("tests.views.shop"),
    pytest.mark.django_db(transaction=True),
]


def buy(client, account=None, path="/buy/", **fields):
    seller = {"seller": account.seller_id} if account else {}
    return client.post(path, seller | fields)


class TestBuying:
    """One POST sells: the order is placed, and the buyer sent on."""

    def test_buyer_is_sent_to_the_gateways_page(self, account, client):
        """With 303, so that reloading posts nothing again."""
        response = buy(client, account)
        assert response.status_code == 303
        payment = Payment.objects.get()
        assert payment.checkout_id in response.headers["Location"]
        assert payment.account == account
        assert payment.application_fee_amount == 10_00

    def test_gateway_sends_the_buyer_back_to_this_site(
        self, account, client, payments_sandbox
    ):
        """To the return page, with the key of the order, absolute."""
        buy(client, account)
        session = payments_sandbox.stripe.get(Payment.objects.get().checkout_id)
        path = order_path(Order.objects.get())
        assert session["success_url"] == f"http://testserver{path}"
        assert session["cancel_url"] == f"http://testserver{path}"

    def test_whole_sale_ends_paid(self, account, client, payments_sandbox):
        """Buy, pay, return: the session of the buyer is enough to see it."""
        buy(client, account)
        order = Order.objects.get()
        payments_sandbox.stripe.pay(Payment.objects.get().checkout_id)
        assert state_on(client.get(order_path(order).partition("?")[0])) == "paid"

    def test_double_click_is_one_order(self, account, client):
        """The form's key makes both clicks one, with one session."""
        first = buy(client, account, placement_key="click")
        second = buy(client, account, placement_key="click")
        assert first.headers["Location"] == second.headers["Location"]
        assert Order.objects.count() == Payment.objects.count() == 1

    def test_click_after_paying_leads_to_the_return_page(
        self, account, client, payments_sandbox
    ):
        """The back button does not sell twice."""
        buy(client, account, placement_key="click")
        payments_sandbox.stripe.pay(Payment.objects.get().checkout_id)
        page_of(client, Order.objects.get())
        response = buy(client, account, placement_key="click")
        assert response.status_code == 303
        assert response.headers["Location"] == order_path(Order.objects.get())

    def test_order_of_nothing_is_paid_at_once(self, client, payments_sandbox):
        """Our own 100 % code: no gateway, straight to the return page."""
        PromotionCodeFactory(code="FREE", percent_off=100)
        response = buy(client, code="FREE")
        order = Order.objects.get()
        assert response.headers["Location"].endswith(order_path(order))
        assert order.status == OrderStatus.PAID
        assert payments_sandbox.requests == []

    def test_embedded_page_gets_json(self, account, client, settings):
        """Secret, publishable key and account, kept by no cache."""
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"CHECKOUT_UI_MODE": "embedded_page"}
        response = buy(client, account)
        body = response.json()
        assert response.status_code == 200
        assert body["client_secret"].startswith(Payment.objects.get().checkout_id)
        assert body["account"] == account.external_id
        assert body.keys() == {"client_secret", "publishable_key", "account"}
        assert response.headers["Cache-Control"] == "no-store"

    def test_csrf_protection_applies(self, account):
        """A buyer has a cookie: other sites must not buy for them."""
        client = Client(enforce_csrf_checks=True)
        assert buy(client, account).status_code == 403
        assert Order.objects.count() == 0

    def test_view_without_build_order_says_what_is_missing(self, client):
        """To its author."""
        with pytest.raises(NotImplementedError, match="build_order"):
            buy(client, path="/buy/forgetful/")

    def test_get_is_not_taken(self, client):
        """A link or a crawler sells nothing."""
        assert client.get("/buy/").status_code == 405

    def test_hostile_host_sells_nothing(self, account, client):
        """The return address is built from the host: only ours may be in it."""
        response = client.post("/buy/", headers={"Host": "evil.example"})
        assert response.status_code == 400
        assert Order.objects.count() == 0


class TestRefused:
    """An order that cannot be placed or charged is told plainly."""

    def test_unusable_promotion_is_told_to_the_buyer(self, account, client):
        """In words that may be shown, and without leaving an order."""
        gone = timezone.now() - timedelta(days=1)
        PromotionCodeFactory(code="OLD", valid_until=gone)
        for code in ("OLD", "NEVER-WAS"):
            response = buy(client, account, code=code)
            assert response.status_code == 400
            page = read(response)
            check_accessible(page)
            [alert] = page.find("div", role="alert")
            assert alert.find("p")[0].text.strip()
        assert Order.objects.count() == 0

    def test_our_own_mistake_is_not_told_to_the_buyer(self, client, caplog):
        """What is for developers goes to the log."""
        response = buy(client, amount=-1)
        assert response.status_code == 400
        assert "unit_amount" not in response.content.decode()
        assert "unit_amount" in caplog.text

    @pytest.mark.parametrize(
        "fields", [{"amount": 10}, {"currency": "KWD"}, {"amount": 10**13}]
    )
    def test_amount_the_gateway_cannot_take_fails_before_any_call(
        self, client, payments_sandbox, fields
    ):
        """Too small, too large, or in an impossible currency."""
        assert buy(client, **fields).status_code == 409
        assert payments_sandbox.requests == []
        assert Payment.objects.count() == 0

    def test_seller_without_an_account_fails_before_any_call(
        self, client, payments_sandbox
    ):
        """There is nobody to pay."""
        closed = ConnectedAccountFactory(status="rejected")
        assert buy(client, closed).status_code == 409
        assert payments_sandbox.requests == []

    def test_refusal_of_the_gateway_closes_the_attempt(
        self, account, client, payments_sandbox
    ):
        """A definite no; the next try is a new payment with a new key."""
        payments_sandbox.stripe.alter(account.external_id, charges_enabled=False)
        assert buy(client, account, placement_key="k").status_code == 409
        assert Payment.objects.get().status == PaymentStatus.FAILED
        assert Intent.objects.get().status == IntentStatus.REFUSED
        payments_sandbox.stripe.alter(account.external_id, charges_enabled=True)
        assert buy(client, account, placement_key="k").status_code == 303
        keys = [each.idempotency_key for each in payments_sandbox.requests]
        assert len(set(keys)) == 2

    def test_secrets_stay_out_of_the_log(
        self, account, client, *, payments_sandbox, caplog
    ):
        """One line with our reference and the gateway's code."""
        payments_sandbox.faults.add(Fault("http_503_down"))
        buy(client, account)
        lines = [r for r in caplog.records if r.name.startswith("payments_connect")]
        assert len(lines) == 1
        assert Order.objects.get().reference in caplog.text
        for secret in ("sk_test", "guest@example.com", "whsec", "key="):
            assert secret not in lines[0].getMessage()


class TestGatewayDown:
    """The order is kept, and trying again succeeds."""

    @pytest.fixture(autouse=True)
    def _impatient(self, payments_sandbox, settings):
        raw = settings.PAYMENTS_CONNECT
        entry = raw["GATEWAYS"]["stripe"]
        options = {**entry["OPTIONS"], "max_network_retries": 0}
        gateways = {"stripe": {**entry, "OPTIONS": options}}
        settings.PAYMENTS_CONNECT = raw | {"GATEWAYS": gateways}

    @pytest.mark.parametrize(
        "fault",
        [
            Fault("http_503_down"),
            Fault("http_500_then_success", executed=True),
            Fault("timeout_after_success"),
            Fault("connection_reset"),
            Fault("http_429"),
        ],
        ids=lambda fault: fault.kind,
    )
    def test_trying_again_gives_the_same_session(
        self, account, client, *, payments_sandbox, fault
    ):
        """By the button on the page, whatever broke, with the same key."""
        payments_sandbox.faults.add(fault)
        response = buy(client, account)
        assert response.status_code == 503
        page = read(response)
        check_accessible(page)
        assert "your order is kept" in page.text
        [form] = page.find("form", method="post")
        assert form.find("button")[0].text == "Try again"
        assert Order.objects.get().status == OrderStatus.PENDING
        payments_sandbox.faults.clear()
        again = client.post(form.attributes["action"], form_fields(form))
        assert again.status_code == 303
        payment = Payment.objects.get()
        assert payment.status == PaymentStatus.OPEN
        assert payment.checkout_id in again.headers["Location"]
        sessions = payments_sandbox.stripe.world.store.each("checkout.session")
        assert len(list(sessions)) == 1
        keys = {each.idempotency_key for each in payments_sandbox.requests}
        assert len(keys) == 1

    def test_stored_500_is_repeated_until_given_up(
        self, account, client, payments_sandbox
    ):
        """Stripe replays a 500 for a day: a third click starts afresh."""
        payments_sandbox.faults.add(Fault("http_500", path=SESSIONS))
        answers = [buy(client, account, placement_key="k") for _time in range(3)]
        assert [each.status_code for each in answers] == [503, 503, 303]
        statuses = set(Payment.objects.values_list("status", flat=True))
        assert statuses == {PaymentStatus.CANCELED, PaymentStatus.OPEN}


class TestTransactions:
    """The view works the same whatever the site wraps around it."""

    @pytest.mark.parametrize("path", ["/buy/", "/buy/patient/", "/buy/member/"])
    @pytest.mark.parametrize("asgi", [False, True])
    def test_atomic_requests_are_no_obstacle(
        self, account, client, *, path, asgi, monkeypatch
    ):
        """With a dispatch of one's own, with login, with ASGI."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        member = Member.objects.create_user("m@example.com")
        fields = {"seller": account.seller_id}
        if asgi:
            browser = AsyncClient()
            async_to_sync(browser.aforce_login)(member)
            response = async_to_sync(browser.post)(path, fields)
        else:
            client.force_login(member)
            response = client.post(path, fields)
        assert response.status_code == 303
        assert Payment.objects.get().checkout_id in response.headers["Location"]

    def test_atomic_requests_do_not_forget_the_order(
        self, account, client, *, payments_sandbox, monkeypatch
    ):
        """The intent is committed before the call, and stays when that fails."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        payments_sandbox.faults.add(Fault("http_503_down"))
        assert buy(client, account).status_code == 503
        assert Intent.objects.get().status == IntentStatus.UNKNOWN

    def test_stranger_is_sent_to_the_login(self, account, client):
        """Django's own mixins work in front of ours."""
        response = buy(client, account, path="/buy/member/")
        assert response.status_code == 302
        assert Order.objects.count() == 0

    def test_member_owns_the_order(self, account, client):
        """And sees it wherever they log in."""
        member = Member.objects.create_user("m@example.com")
        client.force_login(member)
        buy(client, account, path="/buy/member/")
        order = Order.objects.get()
        assert order.buyer == member
        elsewhere = Client()
        elsewhere.force_login(member)
        path = order_path(order).partition("?")[0]
        assert elsewhere.get(path).status_code == 200

    def test_buying_stores_no_event(self, account, client):
        """Webhooks are another door."""
        buy(client, account)
        assert WebhookEvent.objects.count() == 0
