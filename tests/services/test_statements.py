"""How much a webhook costs: statements besides transaction control, and calls."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments_connect.enums import OrderStatus
from payments_connect.testing.factories import StockItemFactory, make_line

from .sales import fresh, sell

pytestmark = pytest.mark.django_db(transaction=True)

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "START", "SET ")


@pytest.fixture
def completed(account, payments_sandbox):
    """A paid one-line order with stock and fee, its event not posted yet."""
    stock = StockItemFactory.create()
    line = make_line(seller=account.seller, stock_item=stock)
    order, payment = sell(account, lines=[line])
    payments_sandbox.stripe.pay(payment.checkout_id)
    return order, payments_sandbox.stripe.events[-1]


def statements_of(work):
    """The statements that some work makes, without transaction control."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return [
        query["sql"]
        for query in captured
        if not query["sql"].upper().startswith(_CONTROL)
    ]


class TestWebhook:
    def test_settling_takes_nine_statements_and_no_call(
        self, completed, payments_sandbox, *, payments_events
    ):
        """Order, payment, line, stock and two ledger entries, by one event."""
        order, event = completed
        calls = len(payments_sandbox.requests)
        made = statements_of(lambda: payments_events.post(event))
        assert fresh(order).status == OrderStatus.PAID
        assert len(made) <= 9, "\n".join(made)
        assert len(payments_sandbox.requests) == calls

    def test_a_duplicate_takes_two(
        self, completed, payments_sandbox, *, payments_events
    ):
        """A copy of a processed event takes no lock and asks nobody."""
        _order, event = completed
        payments_events.post(event)
        calls = len(payments_sandbox.requests)
        made = statements_of(lambda: payments_events.post(event))
        assert len(made) <= 2, "\n".join(made)
        assert len(payments_sandbox.requests) == calls
