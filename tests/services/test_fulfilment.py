import pytest
from django.utils import timezone

from payments_connect.enums import (
    FulfilmentStatus,
    IntentKind,
    IntentStatus,
    OrderStatus,
    Source,
)
from payments_connect.models import Intent, Order
from payments_connect.services import fulfilment
from payments_connect.services.settlement import settle_payment
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import (
    PaymentFactory,
    StockItemFactory,
    make_line,
    make_order,
)

from . import handlers
from .sales import fresh, pass_time
from .snapshots import session_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handler(settings):
    """Choose the site's handler by its name in ``handlers``."""

    def choose(name):
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "FULFILMENT_HANDLER": f"tests.services.handlers.{name}"
        }

    handlers.handed_over.clear()
    choose("hand_over")
    return choose


def pay(**fields):
    """Settle a fresh order."""
    payment = PaymentFactory.create(checkout_id="cs_1", **fields)
    settle_payment(session_of(payment), source=Source.WEBHOOK)
    return fresh(payment.order)


class TestHandOver:
    def test_a_paid_order_is_handed_over_once_and_outside_the_transaction(
        self, handler
    ):
        """The handler may call anybody: the sale is committed before it runs."""
        order = pay()
        assert handlers.handed_over == [(order.pk, False)]
        assert order.fulfilment == FulfilmentStatus.FULFILLED
        intent = Intent.objects.get(kind=IntentKind.FULFILMENT)
        assert (intent.status, intent.due_at) == (IntentStatus.SUCCEEDED, None)
        pass_time()
        sweep()
        assert len(handlers.handed_over) == 1

    def test_without_a_handler_nothing_is_due(self):
        """Signals are enough for some sites."""
        order = pay()
        assert order.fulfilment == FulfilmentStatus.NONE
        assert not Intent.objects.exists()

    def test_orders_on_hold_are_not_handed_over(self, handler):
        """Paid but short of stock: a person decides first."""
        stock = StockItemFactory.create(available=0)
        order = pay(order=make_order(lines=[make_line(stock_item=stock)]))
        assert (order.status, order.fulfilment) == (
            OrderStatus.PAID,
            FulfilmentStatus.ON_HOLD,
        )
        assert handlers.handed_over == []
        stock.available = 1
        stock.save()
        assert fulfilment.release_hold(order)
        assert handlers.handed_over == [(order.pk, False)]
        assert fresh(order).fulfilment == FulfilmentStatus.FULFILLED


class TestRetries:
    def test_a_failing_handler_is_tried_until_it_returns(self, handler):
        """With growing pauses; the order stays paid and queued meanwhile."""
        handler("refuse")
        order = pay()
        assert order.fulfilment == FulfilmentStatus.QUEUED
        pauses = []
        for tries in range(1, 4):
            intent = Intent.objects.get()
            assert (intent.status, intent.tries) == (IntentStatus.UNKNOWN, tries)
            assert intent.last_error == "LookupError: out of boxes"
            assert intent.due_at
            pauses.append(intent.due_at - timezone.now())
            pass_time(Intent)
            sweep()
        assert pauses == sorted(pauses)
        handler("hand_over")
        pass_time(Intent)
        sweep()
        assert handlers.handed_over == [(order.pk, False)]
        assert fresh(order).fulfilment == FulfilmentStatus.FULFILLED

    def test_before_it_is_due_nobody_runs_it(self, handler):
        """Any number of runners keep to the pause."""
        handler("refuse")
        pay()
        assert not fulfilment.run(Intent.objects.get())
        assert Intent.objects.get().tries == 1

    def test_a_handler_that_is_gone_is_tried_again_too(self, handler):
        """A broken deployment loses no hand-over."""
        handler("no_such_handler")
        pay()
        assert "ImportError" in Intent.objects.get().last_error

    def test_an_order_that_is_gone_stops_nobody(self, handler):
        """Whoever deleted it, the sweep goes on."""
        intent = Intent.objects.create(
            kind=IntentKind.FULFILMENT,
            target_id=0,
            idempotency_key="fulfilment:0",
            due_at=timezone.now(),
        )
        assert not Order.objects.filter(pk=0).exists()
        assert not fulfilment.run(intent)
        assert "DoesNotExist" in fresh(intent).last_error
