"""Buyers who click at the same moment: orders, stock and promotion codes."""

from functools import partial

import pytest

from payments_connect.api import (
    GatewayUnavailable,
    OrderNotPayable,
    PromotionRefused,
    cancel_order,
    release_hold,
    start_checkout,
)
from payments_connect.enums import (
    FulfilmentStatus,
    IntentKind,
    OrderStatus,
    PaymentStatus,
)
from payments_connect.models import (
    Intent,
    LedgerEntry,
    Order,
    OrderLine,
    Payment,
    PromotionCode,
    StockItem,
)
from payments_connect.testing.factories import (
    PromotionCodeFactory,
    StockItemFactory,
    make_line,
    make_order,
)

from .interleaving import Gate, before
from .racing import errors, race
from .shop import (
    RETURN,
    SHIPPED,
    assert_paid_once,
    make_everything_due,
    start_sale,
    sweep_until_quiet,
    swept,
)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


class TestStock:
    @pytest.mark.parametrize("_round", range(3))
    def test_the_last_item_is_sold_to_one_of_two(self, site, account, heard, _round):
        last = StockItemFactory.create(available=1)
        sales = [start_sale(site, account, stock=last) for _order in range(2)]
        for sale in sales:
            sale.pay()
        assert set(race(*sales[0].deliveries(copies=4))) == {200}
        assert StockItem.objects.get(pk=last.pk).available == 0
        orders = Order.objects.filter(pk__in=[sale.order.pk for sale in sales])
        assert {order.status for order in orders} == {OrderStatus.PAID}
        assert sorted(order.fulfilment for order in orders) == [
            FulfilmentStatus.FULFILLED,
            FulfilmentStatus.ON_HOLD,
        ]
        assert (heard["order_paid"], heard["order_on_hold"]) == (2, 1)
        assert len(SHIPPED) == 1

    @pytest.mark.parametrize("_round", range(3))
    def test_no_more_is_sold_than_there_is(self, site, account, _round):
        stock = StockItemFactory.create(available=7)
        sales = [start_sale(site, account, stock=stock) for _order in range(16)]
        for sale in sales:
            sale.pay()
        completed = _completed_events(site)
        assert set(race(*[partial(sales[0].deliver, e) for e in completed])) == {200}
        assert StockItem.objects.get(pk=stock.pk).available == 0
        assert OrderLine.objects.filter(stock_taken=1).count() == 7
        assert Order.objects.filter(status=OrderStatus.PAID).count() == 16
        assert Order.objects.filter(fulfilment="on_hold").count() == 9

    def test_orders_that_share_items_in_opposite_order_all_settle(self, site, account):
        items = [StockItemFactory.create(available=100) for _item in range(4)]
        for number in range(16):
            wanted = items if number % 2 else items[::-1]
            lines = [make_line(seller=account.seller, stock_item=i) for i in wanted]
            payment = start_checkout(make_order(lines=lines), **RETURN).payment
            site.stripe.pay(payment.checkout_id)
        sale = start_sale(site, account)
        deliveries = [partial(sale.deliver, e) for e in _completed_events(site)]
        assert set(race(*deliveries * 2)) == {200}
        for item in items:
            item.refresh_from_db()
            assert item.available == 100 - 16
        assert Order.objects.filter(status=OrderStatus.PAID).count() == 16

    def test_a_hold_is_released_by_one_of_many(self, site, account):
        sold_out = StockItemFactory.create(available=0)
        sale = start_sale(site, account, stock=sold_out)
        sale.pay()
        race(*sale.deliveries(copies=2))
        StockItem.objects.filter(pk=sold_out.pk).update(available=10)
        released = race(*[partial(release_hold, _fresh(sale.order))] * 8)
        assert sorted(released) == [False] * 7 + [True]
        assert StockItem.objects.get(pk=sold_out.pk).available == 9
        assert [sale.order.pk] == SHIPPED


class TestPlacing:
    @pytest.mark.parametrize("_round", range(2))
    def test_sixteen_clicks_with_one_key_place_one_order(self, site, _round):
        PromotionCodeFactory.create(code="ONCE", max_uses=100)
        click = partial(make_order, placement_key="click", promotion_code="ONCE")
        orders = race(*[click] * 16)
        assert not errors(orders)
        assert len({order.pk for order in orders}) == 1
        assert (Order.objects.count(), OrderLine.objects.count()) == (1, 1)
        assert PromotionCode.objects.get().uses == 1

    def test_a_promotion_is_used_no_more_often_than_allowed(self, site):
        PromotionCodeFactory.create(code="FIVE", max_uses=5)
        buys = [
            partial(make_order, email=f"{n}@example.com", promotion_code="FIVE")
            for n in range(16)
        ]
        outcomes = race(*buys)
        refused = errors(outcomes)
        assert len(refused) == 11
        assert {type(error) for error in refused} == {PromotionRefused}
        assert PromotionCode.objects.get().uses == 5
        assert Order.objects.count() == 5, "a refused order was left behind"

    def test_a_promotion_once_per_buyer_is_used_once(self, site):
        PromotionCodeFactory.create(code="YOU", once_per_buyer=True)
        outcomes = race(*[partial(make_order, promotion_code="YOU")] * 16)
        refused = errors(outcomes)
        assert len(refused) == 15
        assert {type(error) for error in refused} == {PromotionRefused}
        assert PromotionCode.objects.get().uses == Order.objects.count() == 1

    def test_a_use_is_given_back_once_by_many_cancels(self, site):
        PromotionCodeFactory.create(code="BACK", max_uses=3)
        orders = [make_order(promotion_code="BACK") for _order in range(2)]
        race(*[partial(cancel_order, _fresh(orders[0])) for _cancel in range(8)])
        assert PromotionCode.objects.get().uses == 1


class TestStarting:
    @pytest.mark.parametrize("_round", range(2))
    def test_sixteen_starts_open_one_checkout(self, site, account, _round):
        order = make_order(lines=[make_line(seller=account.seller)])
        outcomes = race(
            *[partial(start_checkout, _fresh(order), **RETURN) for _click in range(16)]
        )
        expected = (GatewayUnavailable, OrderNotPayable)
        assert all(isinstance(error, expected) for error in errors(outcomes))
        urls = {each.url for each in outcomes if not isinstance(each, Exception)}
        assert len(urls) == 1
        assert Payment.objects.filter(live=True).count() == 1
        assert Intent.objects.filter(kind=IntentKind.CHECKOUT).count() == 1
        assert len(_sessions_made(site)) == 1
        again = start_checkout(_fresh(order), **RETURN)
        assert {again.url} == urls

    def test_an_order_paid_meanwhile_gets_no_second_checkout(
        self, site, account, heard
    ):
        """The click looks at the order; before it looks for payments, it is paid."""
        sale, gate = start_sale(site, account), Gate()
        sale.pay()

        def click():
            with before("payments_connect_payment", gate.wait):
                return start_checkout(_fresh(sale.order), **RETURN)

        def paying():
            gate.reached()
            try:
                return race(*sale.deliveries(copies=2))
            finally:
                gate.open()

        refusal, answers = race(click, paying)
        assert isinstance(refusal, OrderNotPayable)
        assert set(answers) == {200}
        assert Payment.objects.count() == len(_sessions_made(site)) == 1
        assert_paid_once(sale, heard)

    def test_an_order_of_nothing_is_settled_once(self, site, heard):
        PromotionCodeFactory.create(code="FREE", percent_off=100)
        stock = StockItemFactory.create(available=10)
        line = make_line(stock_item=stock)
        order = make_order(lines=[line], promotion_code="FREE")
        outcomes = race(
            *[partial(start_checkout, _fresh(order), **RETURN) for _click in range(16)]
        )
        assert all(isinstance(error, OrderNotPayable) for error in errors(outcomes))
        assert len(outcomes) - len(errors(outcomes)) == 1
        assert Order.objects.get().status == OrderStatus.PAID
        assert StockItem.objects.get().available == 9
        assert Payment.objects.count() == 1
        assert (heard["order_paid"], heard["payment_surplus"]) == (1, 0)
        assert [order.pk] == SHIPPED
        assert not LedgerEntry.objects.exists()


class TestCanceling:
    @pytest.mark.parametrize("_round", range(4))
    def test_cancel_and_pay_never_both_win(self, site, account, heard, _round):
        sale = start_sale(site, account)
        race(
            sale.pay,
            *[partial(cancel_order, _fresh(sale.order)) for _cancel in range(3)],
            *[sale.return_page] * 4,
            *[sale.confirm] * 4,
        )
        race(*sale.anything(copies=2))
        sweep_until_quiet()
        session = site.stripe.get(sale.payment.checkout_id)
        order = _fresh(sale.order)
        if session["status"] == "complete":
            assert_paid_once(sale, heard)
            assert heard["order_canceled"] == 0
        else:
            assert session["status"] == "expired"
            assert order.status == OrderStatus.CANCELED
            assert (heard["order_canceled"], heard["order_paid"]) == (1, 0)
            assert Payment.objects.get().status == PaymentStatus.EXPIRED

    def test_an_expired_order_is_canceled_by_one_of_many_sweeps(
        self, site, account, heard
    ):
        sale = start_sale(site, account)
        make_everything_due()
        Order.objects.update(due_at=sale.order.created_at)
        assert set(race(*[swept] * 8)) == {200}
        assert _fresh(sale.order).status == OrderStatus.CANCELED
        assert heard["order_canceled"] == heard["payment_failed"] == 1


def _fresh(order):
    return Order.objects.get(pk=order.pk)


def _completed_events(site):
    return [e for e in site.stripe.events if e["type"] == "checkout.session.completed"]


def _sessions_made(site):
    return [
        call
        for call in site.requests
        if (call.method, call.path) == ("POST", "/v1/checkout/sessions")
        and call.status == 200
        and not call.replayed
    ]
