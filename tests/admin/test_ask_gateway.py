import pytest
from django.contrib.admin.models import LogEntry
from django.db import connections
from django.urls import resolve

from payments_connect.admin.operations import AT_ONCE
from payments_connect.models import Order
from payments_connect.sandbox import Fault
from payments_connect.testing.factories import PaymentFactory

from .pages import list_of, operate, page_of, told


class TestAskGateway:
    def test_payment_whose_webhooks_were_lost_is_settled(self, desk, person, unheard):
        answer = operate(desk, "ask_gateway", unheard)
        unheard.refresh_from_db()
        assert (unheard.status, unheard.confirmed_by) == ("succeeded", "admin")
        assert Order.objects.get().status == "paid"
        assert "told us something new" in told(answer)[0]
        assert LogEntry.objects.get().user == person

    def test_nothing_new_is_said(self, desk, checkout):
        assert "nothing new" in told(operate(desk, "ask_gateway", checkout()))[0]

    def test_gateway_that_is_down_is_a_message(self, desk, checkout, payments_sandbox):
        payment = checkout()
        payments_sandbox.faults.add(Fault("http_503_down"))
        answer = operate(desk, "ask_gateway", payment)
        assert answer.status_code == 302
        assert "Stripe:" in told(answer)[0]
        payment.refresh_from_db()
        assert payment.status == "open"

    def test_gateway_that_is_not_configured_any_more_is_a_message(self, desk, checkout):
        payment = checkout()
        type(payment).objects.update(gateway="gone")
        answer = operate(desk, "ask_gateway", payment)
        assert "No gateway 'gone'" in told(answer)[0]

    def test_answer_about_another_object_is_told(self, desk, checkout):
        payment = checkout()
        type(payment).objects.update(livemode=True)
        answer = operate(desk, "ask_gateway", payment)
        assert "not about this payment" in told(answer)[0]

    def test_payment_that_never_reached_the_gateway_is_not_asked(self, desk, db):
        answer = operate(desk, "ask_gateway", PaymentFactory.create())
        assert "has nothing at the gateway" in told(answer)[0]

    def test_too_many_at_once_are_refused(self, desk, db):
        payments = [PaymentFactory.create() for _each in range(AT_ONCE + 1)]
        answer = operate(desk, "ask_gateway", *payments)
        assert told(answer) == [f"Choose at most {AT_ONCE} at once."]

    def test_staff_who_may_only_look_cannot(self, desk_with, checkout):
        payment = checkout()
        operate(desk_with("view_payment"), "ask_gateway", payment)
        payment.refresh_from_db()
        assert payment.last_checked_at is None

    def test_open_payment_has_the_button(self, desk, checkout):
        assert 'value="ask_gateway"' in desk.get(page_of(checkout())).text


class TestAtomicRequests:
    @pytest.fixture(autouse=True)
    def _atomic_requests(self, monkeypatch):
        monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)

    def test_operations_run_outside_the_transaction_of_the_request(self, desk, unheard):
        answer = operate(desk, "ask_gateway", unheard)
        assert "told us something new" in told(answer)[0]

    def test_other_admin_pages_keep_it(self, desk, checkout):
        payment = checkout()
        of_list = resolve(list_of(type(payment))).func
        of_page = resolve(page_of(payment)).func
        assert vars(of_list)["_non_atomic_requests"] == {"default"}
        assert not hasattr(of_page, "_non_atomic_requests")
