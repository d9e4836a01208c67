"""Two people, two payments, many sweepers: one of them wins."""

from collections import Counter
from functools import partial

import pytest
from django.db import connection

from payments_connect.api import accept_payment, start_checkout
from payments_connect.enums import OrderStatus, PaymentStatus, Source
from payments_connect.models import Order, Payment, StockItem

from .interleaving import Gate, before
from .racing import errors, race
from .shop import (
    FEE,
    PRICE,
    RETURN,
    SHIPPED,
    assert_paid_once,
    ledger_of,
    make_everything_due,
    start_sale,
    sweep_until_quiet,
    swept,
)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


class TestReview:
    @pytest.fixture
    def reviewed(self, site, account):
        """A paid session that says another amount than we asked for."""
        sale = start_sale(site, account)
        sale.pay()
        site.stripe.alter(sale.payment.checkout_id, amount_total=1)
        sale.confirm()
        assert Payment.objects.get().status == PaymentStatus.REVIEW
        return sale

    def test_a_payment_is_accepted_by_one_of_many_people(self, reviewed, heard):
        accepts = [
            partial(accept_payment, Payment.objects.get(), reason=f"Person {n}")
            for n in range(8)
        ]
        outcomes = race(*accepts, *[reviewed.return_page] * 4, *[swept] * 4)
        assert not errors(outcomes)
        assert outcomes[:8].count(True) == 1
        payment, order = Payment.objects.get(), Order.objects.get()
        assert (payment.status, payment.confirmed_by) == ("succeeded", Source.ADMIN)
        assert payment.review_reason.count("Accepted:") == 1
        assert order.paid_by == payment
        assert heard["order_paid"] == 1
        assert [order.pk] == SHIPPED

    def test_events_do_not_accept_what_a_person_must_judge(self, reviewed, heard):
        assert set(race(*reviewed.anything(copies=2))) == {200}
        sweep_until_quiet()
        assert Payment.objects.get().status == PaymentStatus.REVIEW
        assert Order.objects.get().status == OrderStatus.PENDING
        assert heard["order_paid"] == 0


class TestTwoPayments:
    @pytest.fixture
    def two(self, site, account):
        """An order whose first checkout was lost sight of, so that two are paid."""
        first = start_sale(site, account)
        Payment.objects.update(status=PaymentStatus.CANCELED, live=None, due_at=None)
        second = start_checkout(Order.objects.get(), **RETURN).payment
        first.pay()
        site.stripe.pay(second.checkout_id)
        return first

    @pytest.mark.parametrize("_round", range(3))
    def test_one_pays_the_order_and_one_is_surplus(self, two, heard, _round):
        assert set(race(*two.anything(copies=3))) == {200}
        sweep_until_quiet()
        order = Order.objects.get()
        payments = list(Payment.objects.select_related("order"))
        assert {payment.status for payment in payments} == {PaymentStatus.SUCCEEDED}
        assert [payment.is_surplus for payment in payments].count(True) == 1
        assert order.paid_by in payments
        assert StockItem.objects.get().available == 9
        for payment in payments:
            sale = [("application_fee", FEE), ("charge", PRICE)]
            assert ledger_of(payment) == sale
        assert (heard["order_paid"], heard["payment_surplus"]) == (1, 1)
        assert [order.pk] == SHIPPED

    def test_neither_waits_for_the_other_s_rows(self, two):
        """The first holds the order; the second holds itself and wants the order.

        If the first wanted the second now, the database would have one of them lose,
        and its transaction would be run again. (MariaDB locks the order already when
        the payment's index entry for it changes.)
        """
        wants = "payment" if connection.vendor == "mysql" else "order"
        completed = "checkout.session.completed"
        events = [event for event in two.events if event["type"] == completed]
        gate = Gate()
        tries: Counter[int] = Counter()

        def deliver(number, statement, act):
            count = partial(tries.update, [number])
            with (
                before("INTO payments_connect_webhookevent", count, nth=None),
                before(statement, act),
            ):
                return two.deliver(events[number])

        def first():
            return deliver(0, "UPDATE payments_connect_stockitem SET", gate.wait)

        def second():
            gate.reached()
            return deliver(1, f"UPDATE payments_connect_{wants} SET", gate.open_soon)

        assert race(first, second) == [200, 200]
        assert tries == {0: 1, 1: 1}
        assert Order.objects.get().paid_by_id == two.payment.pk


class TestSweeping:
    def test_an_open_payment_is_asked_about_by_one_of_many_sweepers(
        self, site, account, heard
    ):
        sale = start_sale(site, account)
        sale.pay()
        make_everything_due()
        before = len(site.requests)
        assert set(race(*[swept] * 8)) == {200}
        assert len(site.requests) - before == 1
        assert_paid_once(sale, heard)

    def test_a_return_page_asks_once_however_often_it_is_reloaded(
        self, site, account, settings
    ):
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {"CONFIRM_INTERVAL": 60}
        sale = start_sale(site, account)
        before = len(site.requests)
        assert set(race(*[sale.return_page] * 16)) == {200}
        assert len(site.requests) - before == 1
