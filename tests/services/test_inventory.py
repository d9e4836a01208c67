import pytest

from payments_connect.enums import FulfilmentStatus, OrderStatus, Source
from payments_connect.models import StockItem
from payments_connect.services.fulfilment import release_hold
from payments_connect.services.inventory import change_stock, take_stock
from payments_connect.services.settlement import settle_payment
from payments_connect.testing.factories import (
    PaymentFactory,
    StockItemFactory,
    make_line,
    make_order,
)

from .sales import fresh
from .snapshots import session_of

pytestmark = pytest.mark.django_db


def order_of(*wanted):
    """An order of so many pieces of each stock item."""
    return make_order(
        lines=[
            make_line(stock_item=stock, quantity=quantity) for stock, quantity in wanted
        ]
    )


def pay(order):
    """Settle an order's payment, as any source would."""
    payment = PaymentFactory.create(order=order, checkout_id=f"cs_{order.pk}")
    settle_payment(session_of(payment), source=Source.WEBHOOK)
    return fresh(order)


class TestTakeStock:
    def test_takes_what_the_lines_need(self):
        """Each line takes its quantity, and says so."""
        stock = StockItemFactory.create(available=10)
        order = order_of((stock, 2), (stock, 3))
        assert take_stock(order) == []
        assert fresh(stock).available == 5
        assert sorted(order.lines.values_list("stock_taken", flat=True)) == [2, 3]

    def test_taking_again_takes_nothing(self):
        """What a line has taken it does not need again."""
        stock = StockItemFactory.create(available=10)
        order = order_of((stock, 2))
        take_stock(order)
        assert take_stock(order) == []
        assert fresh(stock).available == 8

    def test_a_line_gets_all_or_nothing(self):
        """One missing piece leaves the stock to those it suffices for."""
        few, many = (
            StockItemFactory.create(available=1),
            StockItemFactory.create(available=9),
        )
        order = order_of((few, 2), (many, 2))
        assert [line.stock_item for line in take_stock(order)] == [few]
        assert (fresh(few).available, fresh(many).available) == (1, 7)

    def test_the_last_piece_can_be_taken(self):
        """Available means available."""
        stock = StockItemFactory.create(available=2)
        assert take_stock(order_of((stock, 2))) == []
        assert fresh(stock).available == 0

    def test_lines_without_stock_take_none(self):
        """Services and downloads never run out."""
        assert take_stock(make_order()) == []


class TestChangeStock:
    def test_adds_and_removes_by_what_there_is_now(self):
        """The number a person has read may be old by now."""
        stock = StockItemFactory.create(available=10)
        StockItem.objects.update(available=5)
        assert change_stock(stock, 3)
        assert change_stock(stock, -8)
        assert not change_stock(stock, -1)
        assert fresh(stock).available == 0


class TestHold:
    def test_last_item_bought_twice(self):
        """Both have paid, one gets it, the other waits for a person."""
        stock = StockItemFactory.create(available=1)
        first, second = order_of((stock, 1)), order_of((stock, 1))
        assert pay(first).fulfilment == FulfilmentStatus.NONE
        assert pay(second).fulfilment == FulfilmentStatus.ON_HOLD
        assert {first.status, second.status} == {OrderStatus.PAID}
        assert fresh(stock).available == 0

    def test_partial_shortage_keeps_what_there_is(self):
        """What could be taken stays taken while the order waits for the rest."""
        few, many = (
            StockItemFactory.create(available=0),
            StockItemFactory.create(available=9),
        )
        order = pay(order_of((few, 1), (many, 2)))
        assert order.fulfilment == FulfilmentStatus.ON_HOLD
        assert fresh(many).available == 7


class TestReleaseHold:
    def test_takes_the_missing_piece_only(self):
        """Once restocked, a person lets the order go on; nothing is taken twice."""
        few, many = (
            StockItemFactory.create(available=0),
            StockItemFactory.create(available=9),
        )
        order = pay(order_of((few, 1), (many, 2)))
        few.available = 5
        few.save()
        assert release_hold(order)
        assert fresh(order).fulfilment == FulfilmentStatus.NONE
        assert (fresh(few).available, fresh(many).available) == (4, 7)

    def test_still_short_stays_on_hold(self):
        """Without the goods the order goes on waiting, and can be tried again."""
        stock = StockItemFactory.create(available=0)
        order = pay(order_of((stock, 1)))
        assert not release_hold(order)
        assert fresh(order).fulfilment == FulfilmentStatus.ON_HOLD
        stock.available = 1
        stock.save()
        assert release_hold(order)

    def test_releasing_twice_releases_once(self):
        """Two people click; the stock moves once."""
        stock = StockItemFactory.create(available=0)
        order = pay(order_of((stock, 1)))
        stock.available = 5
        stock.save()
        assert release_hold(order)
        assert not release_hold(order)
        assert fresh(stock).available == 4

    def test_an_order_that_is_not_on_hold_is_left_alone(self):
        """There is nothing to release."""
        stock = StockItemFactory.create(available=5)
        order = order_of((stock, 1))
        assert not release_hold(order)
        assert fresh(stock).available == 5
