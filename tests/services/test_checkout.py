import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.handlers.base import BaseHandler
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.exceptions import ConfigurationError, OrderNotPayable
from payments_connect.gateways.stripe import StripeGateway
from payments_connect.models import Intent, Order, Payment
from payments_connect.sandbox import Fault
from payments_connect.services.access import SESSION_KEY, order_path
from payments_connect.services.checkout import start_checkout
from payments_connect.services.ending import abandon
from payments_connect.services.orders import mark_canceled
from payments_connect.testing.factories import PaymentFactory, make_line, make_order

from .sales import RETURN, checkout, fresh, sell

pytestmark = pytest.mark.django_db(transaction=True)


def sessions(sandbox):
    """The ids of all sessions ever created at the gateway."""
    return [each["id"] for each in sandbox.stripe.world.store.each("checkout.session")]


class TestStart:
    def test_gives_the_gateways_page(self, account, payments_sandbox):
        """The buyer is sent to a page that belongs to the payment."""
        started = checkout(make_order(lines=[make_line(seller=account.seller)]))
        session = payments_sandbox.stripe.get(started.payment.checkout_id)
        assert started.url == session["url"]
        assert started.payment.status == PaymentStatus.OPEN
        assert started.payment.expires_at.timestamp() == session["expires_at"]

    def test_embedded_page_gives_a_client_secret(self, account, one_try, settings):
        """A page of the site's own needs secret, key and account instead."""
        one_try(publishable_key="pk_test_1")
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"CHECKOUT_UI_MODE": "embedded_page"}
        started = checkout(make_order(lines=[make_line(seller=account.seller)]))
        assert started.url == ""
        assert started.client_secret.startswith(started.payment.checkout_id)
        assert started.publishable_key == "pk_test_1"
        assert started.account == account.external_id

    def test_secrets_are_not_in_its_repr(self, account):
        """What only the buyer may hold reaches no log by accident."""
        started = checkout(make_order(lines=[make_line(seller=account.seller)]))
        assert started.url not in repr(started)

    def test_intent_and_payment_are_written_before_the_call(self, account, meanwhile):
        """When the gateway hears of it, rows say so already, and are committed."""
        seen = []

        def look():
            seen.append((connection.in_atomic_block, Intent.objects.get().tries))

        meanwhile("create_checkout", look, first=True)
        sell(account)
        assert seen == [(False, 1)]

    def test_request_gives_return_page_and_remembers_the_buyer(
        self, account, payments_sandbox
    ):
        """The return page of this site is where the gateway sends the buyer."""
        order = make_order(lines=[make_line(seller=account.seller)])
        request = RequestFactory().post("/buy/")
        request.session = SessionStore()
        started = start_checkout(order, request=request)
        session = payments_sandbox.stripe.get(started.payment.checkout_id)
        ours = f"http://testserver{order_path(order)}"
        assert session["success_url"] == ours
        assert session["cancel_url"] == ours
        assert request.session[SESSION_KEY] == [str(order.public_id)]

    def test_given_addresses_win(self, account, payments_sandbox):
        """A site may have pages of its own."""
        order = make_order(lines=[make_line(seller=account.seller)])
        started = start_checkout(
            order, success_url=RETURN, cancel_url="http://testserver/basket"
        )
        session = payments_sandbox.stripe.get(started.payment.checkout_id)
        assert session["success_url"] == RETURN
        assert session["cancel_url"] == "http://testserver/basket"

    def test_neither_request_nor_address(self, account):
        """The buyer must come back somewhere."""
        with pytest.raises(ValueError, match="success_url"):
            start_checkout(make_order())

    def test_unknown_gateway(self, account):
        """A gateway that is not configured is a mistake of the site's."""
        with pytest.raises(ConfigurationError, match="square"):
            checkout(make_order(), gateway="square")


class TestZeroTotal:
    def test_is_paid_without_any_call(self, heard, payments_sandbox):
        """Same settlement, rows and signals, no gateway."""
        started = checkout(make_order(lines=[make_line(unit_amount=0)]))
        order = fresh(started.payment.order)
        assert order.status == OrderStatus.PAID
        assert order.paid_by == started.payment
        assert started.url == RETURN
        assert heard == ["order_paid"]
        assert payments_sandbox.requests == []
        assert not Intent.objects.exists()

    def test_second_click_says_paid(self, payments_sandbox):
        """It is an order like any other."""
        order = make_order(lines=[make_line(unit_amount=0)])
        checkout(order)
        with pytest.raises(OrderNotPayable) as refused:
            checkout(order)
        assert refused.value.status == "paid"

    def test_double_click_pays_once(self, payments_sandbox, after_statement):
        """Of two clicks at the same moment one finds the other's payment."""
        order = make_order(lines=[make_line(unit_amount=0)])

        def other_click():
            # Still live, as it is while the other click's transaction is open.
            PaymentFactory.create(order=order)

        after_statement("SELECT", "payments_connect_payment", other_click)
        assert checkout(order).payment.status == PaymentStatus.SUCCEEDED
        assert fresh(order).status == OrderStatus.PAID
        assert Payment.objects.filter(status=PaymentStatus.SUCCEEDED).count() == 1


class TestDoubleClick:
    def test_clicks_at_the_same_moment_share_one_page(
        self, account, payments_sandbox, after_statement
    ):
        """Both find no payment; one opens it, the other resumes it."""
        order = make_order(lines=[make_line(seller=account.seller)])
        others = []

        def other_click():
            others.append(checkout(Order.objects.get(pk=order.pk)))

        after_statement("SELECT", "payments_connect_payment", other_click)
        started = checkout(order)
        assert [started.url] == [other.url for other in others]
        assert sessions(payments_sandbox) == [started.payment.checkout_id]

    def test_click_during_the_call_gets_the_same_page(
        self, account, payments_sandbox, meanwhile
    ):
        """The same call made twice under one key has one result."""
        order = make_order(lines=[make_line(seller=account.seller)])
        others = []

        def other_click():
            others.append(checkout(Order.objects.get(pk=order.pk)))

        meanwhile("create_checkout", other_click)
        started = checkout(order)
        assert [started.url] == [other.url for other in others]
        assert sessions(payments_sandbox) == [started.payment.checkout_id]

    @pytest.mark.usefixtures("one_try")
    def test_the_other_click_s_success_counts(
        self, account, payments_sandbox, meanwhile
    ):
        """A call that failed is forgotten if the same one got through meanwhile."""
        order = make_order(lines=[make_line(seller=account.seller)])
        others = []

        def other_click():
            others.append(checkout(Order.objects.get(pk=order.pk)))
            payments_sandbox.faults.add(Fault("connection_reset", method="POST"))

        meanwhile("create_checkout", other_click, first=True)
        assert checkout(order).url == others[0].url

    @pytest.mark.parametrize("total", [100_00, 0])
    def test_an_order_decided_while_its_payment_is_inserted_gets_none(
        self, account, payments_sandbox, *, after_statement, total
    ):
        """The insert had to wait for a decision: it is undone, and nobody called."""
        order = make_order(lines=[make_line(unit_amount=total)])
        after_statement(
            "INSERT",
            "payments_connect_payment",
            lambda: Order.objects.update(status=OrderStatus.CANCELED),
        )
        before = len(payments_sandbox.requests)
        started = checkout(order)
        # Our transaction took the other's decision along when it was rolled back.
        assert fresh(order).status != OrderStatus.CANCELED
        assert Payment.objects.get() == started.payment
        assert len(payments_sandbox.requests) - before == bool(total)

    def test_many_rounds_end(self, account, monkeypatch):
        """Somebody who always ends what we open does not keep us busy for ever."""
        order = make_order(lines=[make_line(seller=account.seller)])
        original = StripeGateway.create_checkout

        def ended_meanwhile(self, *args, **kwargs):
            answer = original(self, *args, **kwargs)
            abandon(Payment.objects.get(live=True))
            return answer

        monkeypatch.setattr(StripeGateway, "create_checkout", ended_meanwhile)
        with pytest.raises(OrderNotPayable) as refused:
            checkout(order)
        assert refused.value.status == "busy"
        assert not Payment.objects.filter(live=True).exists()

    def test_a_page_whose_payment_was_given_up_is_ended(
        self, account, payments_sandbox, meanwhile
    ):
        """The sweep gave it up during the call: its session must not be payable."""
        order = make_order(lines=[make_line(seller=account.seller)])
        meanwhile("create_checkout", lambda: abandon(Payment.objects.get()))
        started = checkout(order)
        first, second = sessions(payments_sandbox)
        assert payments_sandbox.stripe.get(first)["status"] == "expired"
        assert started.payment.checkout_id == second


class TestResume:
    def test_second_click_gets_the_same_page(self, account, payments_sandbox):
        """One live payment, one session, however often the buyer clicks."""
        order, payment = sell(account)
        again = checkout(order)
        assert again.payment == payment
        assert again.url == payments_sandbox.stripe.get(payment.checkout_id)["url"]
        assert sessions(payments_sandbox) == [payment.checkout_id]

    def test_other_terms_end_the_old_session_first(self, account, payments_sandbox):
        """A session that allows what is not wanted any more cannot be paid."""
        order, payment = sell(account)
        other = checkout(order, allow_promotion_codes=True).payment
        assert other != payment
        assert fresh(payment).status == PaymentStatus.EXPIRED
        old = payments_sandbox.stripe.get(payment.checkout_id)
        assert old["status"] == "expired"
        assert Payment.objects.filter(live=True).get() == other

    def test_other_page_style_is_other_terms(self, account, settings):
        """A hosted page cannot be embedded."""
        order, payment = sell(account)
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"CHECKOUT_UI_MODE": "embedded_page"}
        started = checkout(order)
        assert started.payment != payment
        assert started.client_secret

    def test_session_paid_meanwhile_is_settled_instead(
        self, account, payments_sandbox, heard
    ):
        """A click after the payment pays nothing twice, even without any webhook."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        with pytest.raises(OrderNotPayable) as refused:
            checkout(order)
        assert refused.value.status == "paid"
        assert fresh(order).paid_by == payment
        assert heard == ["order_paid"]

    def test_session_paid_while_it_is_being_ended_is_settled_instead(
        self, account, payments_sandbox, meanwhile
    ):
        """Expiring comes second; the buyer's money comes first."""
        order, payment = sell(account)
        meanwhile(
            "expire_checkout",
            lambda: payments_sandbox.stripe.pay(payment.checkout_id),
            first=True,
        )
        with pytest.raises(OrderNotPayable):
            checkout(order, allow_promotion_codes=True)
        assert fresh(order).paid_by == payment

    def test_session_expired_meanwhile_is_replaced(self, account, payments_sandbox):
        """After a day the buyer gets a fresh page."""
        order, payment = sell(account)
        payments_sandbox.stripe.alter(payment.checkout_id, status="expired", url=None)
        again = checkout(order).payment
        assert again != payment
        assert fresh(payment).status == PaymentStatus.EXPIRED


class TestNotPayable:
    def test_paid_order(self, account, payments_sandbox, payments_events):
        """What is paid is not sold again."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new()
        with pytest.raises(OrderNotPayable, match="paid"):
            checkout(order)

    def test_canceled_order(self, account):
        """What is canceled is over."""
        order = make_order(lines=[make_line(seller=account.seller)])
        mark_canceled(order)
        with pytest.raises(OrderNotPayable) as refused:
            checkout(order)
        assert refused.value.status == "canceled"

    def test_money_on_its_way(self, account, payments_sandbox, payments_events):
        """A delayed payment is not doubled while the bank works."""
        order, payment = sell(account, currency="EUR")
        payments_sandbox.stripe.pay(payment.checkout_id, "AT321904300235473204")
        payments_events.post_new()
        with pytest.raises(OrderNotPayable) as refused:
            checkout(order)
        assert refused.value.status == "processing"

    def test_a_payment_under_review(self, account):
        """Nobody pays twice while a person thinks."""
        order, payment = sell(account)
        Payment.objects.filter(pk=payment.pk).update(status=PaymentStatus.REVIEW)
        with pytest.raises(OrderNotPayable) as refused:
            checkout(order)
        assert refused.value.status == "review"


class TestTransactions:
    def test_inside_a_transaction_it_says_what_to_do(self, account, payments_sandbox):
        """No gateway call under somebody's rollback, and a clear text instead."""
        order = make_order(lines=[make_line(seller=account.seller)])
        with (
            transaction.atomic(),
            pytest.raises(RuntimeError, match=r"start_checkout\(\).*non_atomic"),
        ):
            checkout(order)
        assert payments_sandbox.requests == []

    def test_atomic_requests_are_noticed(self, account, monkeypatch):
        """A site's view under ATOMIC_REQUESTS is told, one kept out of it works."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        order = make_order(lines=[make_line(seller=account.seller)])

        urls = []

        def buy(_request):
            urls.append(checkout(order).url)
            return HttpResponse()

        atomic = BaseHandler().make_view_atomic(buy)
        with pytest.raises(RuntimeError, match="ATOMIC_REQUESTS"):
            atomic(RequestFactory().post("/"))
        free = BaseHandler().make_view_atomic(transaction.non_atomic_requests(buy))
        free(RequestFactory().post("/"))
        assert urls == [checkout(order).url]
