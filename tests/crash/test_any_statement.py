"""A crash at any line loses nothing: die before each statement in turn.

In this process, by an exception that nothing of ours catches; the database rolls back
as it does for a connection that is gone. ``test_crashes.py`` kills real processes.
"""

import pytest
from django.db import connection

from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.models import LedgerEntry, Order, Payment, StockItem
from payments_connect.services.checkout import start_checkout
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import StockItemFactory, make_line, make_order
from tests.services.sales import pass_time

pytestmark = pytest.mark.django_db(transaction=True)


class Death(BaseException):
    """Not an ``Exception``: no handler of ours may survive it."""


def die_before(number, work):
    """Do some work, dying before the statement of that number.

    Returns:
        Whether it died: False when there are not so many statements.
    """
    seen = 0

    def watch(execute, sql, *rest):
        nonlocal seen
        seen += 1
        if seen == number:
            raise Death
        return execute(sql, *rest)

    try:
        with connection.execute_wrapper(watch):
            work()
    except Death:
        return True
    return False


@pytest.fixture
def order(account):
    """One piece of something in stock, for 100.00."""
    stock = StockItemFactory.create(available=10)
    return make_order(lines=[make_line(seller=account.seller, stock_item=stock)])


def click(order):
    """The buyer clicks, in a process of its own."""
    return start_checkout(
        Order.objects.get(pk=order.pk), success_url="http://testserver/ok"
    )


def created(sandbox):
    """The ids of all sessions ever created at the gateway."""
    return [each["id"] for each in sandbox.stripe.world.store.each("checkout.session")]


class TestAnyStatement:
    def test_of_a_checkout(self, order, payments_sandbox):
        """However many clicks die, each at another line, there is one session."""
        number = 1
        while die_before(number, lambda: click(order)):
            number += 1
        assert number > 5
        started = click(order)
        assert created(payments_sandbox) == [started.payment.checkout_id]
        assert Payment.objects.get().status == PaymentStatus.OPEN

    def test_of_a_webhook(self, order, payments_sandbox, payments_events):
        """However many deliveries die, one at last settles, once."""
        payment = click(order).payment
        payments_sandbox.stripe.pay(payment.checkout_id)
        event = payments_sandbox.stripe.events[-1]
        number = 1
        while die_before(number, lambda: payments_events.post(event)):
            assert Order.objects.get().status == OrderStatus.PENDING
            assert not LedgerEntry.objects.exists()
            number += 1
        assert number > 5
        assert Order.objects.get().paid_by == payment
        assert LedgerEntry.objects.count() == 2
        assert StockItem.objects.get().available == 9

    def test_of_a_sweep(self, order, payments_sandbox):
        """However many sweeps die, the next one finds what is due."""
        payment = click(order).payment
        payments_sandbox.stripe.pay(payment.checkout_id)

        def late_sweep():
            pass_time(Payment)
            sweep()

        number = 1
        while die_before(number, late_sweep):
            number += 1
        assert number > 5
        assert Order.objects.get().paid_by == payment
        assert LedgerEntry.objects.count() == 2
        assert StockItem.objects.get().available == 9
