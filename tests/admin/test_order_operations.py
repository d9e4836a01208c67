from django.contrib.admin.models import LogEntry

from payments_connect.models import Order, OrderLine, StockItem
from payments_connect.sandbox import Fault
from payments_connect.testing.factories import StockItemFactory, make_line, make_order

from .pages import operate, page_of, told
from .rows import make_sale


def make_held():
    """An order on hold for want of one piece."""
    order = make_order(
        lines=[make_line(stock_item=StockItemFactory.create(available=0))]
    )
    Order.objects.filter(pk=order.pk).update(status="paid", fulfilment="on_hold")
    return order


class TestReleaseHold:
    def test_stock_that_came_in_releases_the_order(self, desk, person):
        order = make_held()
        StockItem.objects.update(available=1)
        answer = operate(desk, "release_hold", order)
        order.refresh_from_db()
        assert order.fulfilment == "none"
        assert (
            StockItem.objects.get().available,
            OrderLine.objects.get().stock_taken,
        ) == (0, 1)
        assert told(answer) == [f"{order} is released."]
        assert LogEntry.objects.get().user == person

    def test_order_still_short_stays_on_hold(self, desk):
        order = make_held()
        answer = operate(desk, "release_hold", order)
        order.refresh_from_db()
        assert order.fulfilment == "on_hold"
        assert told(answer) == [f"{order} is still short of stock."]
        assert not LogEntry.objects.exists()

    def test_order_that_is_not_on_hold_is_told(self, desk):
        sale = make_sale()
        assert told(operate(desk, "release_hold", sale)) == [f"{sale} is not on hold."]

    def test_needs_its_own_permission(self, desk_with):
        order = make_held()
        StockItem.objects.update(available=1)
        client = desk_with("view_order", "change_order")
        operate(client, "release_hold", order)
        order.refresh_from_db()
        assert order.fulfilment == "on_hold"
        assert 'value="release_hold"' not in client.get(page_of(order)).text
        operate(
            desk_with("view_order", "release_hold", "view_payment"),
            "release_hold",
            order,
        )
        order.refresh_from_db()
        assert order.fulfilment == "none"

    def test_order_on_hold_has_the_button(self, desk):
        assert 'value="release_hold"' in desk.get(page_of(make_held())).text


class TestCancelOrder:
    def test_it_asks_before(self, desk):
        order = make_order()
        page = operate(desk, "cancel_order", order)
        assert page.status_code == 200
        assert order.reference in page.text
        order.refresh_from_db()
        assert order.status == "pending"

    def test_open_checkout_is_ended_first(self, desk, checkout, payments_sandbox):
        payment = checkout()
        answer = operate(desk, "cancel_order", payment.order, _confirmed="1")
        payment.order.refresh_from_db()
        assert payment.order.status == "canceled"
        assert told(answer) == [f"{payment.order} is canceled."]
        found = payments_sandbox.stripe.get(payment.checkout_id)
        assert found["status"] == "expired"
        assert LogEntry.objects.get().change_message == "Canceled."

    def test_checkout_that_was_paid_meanwhile_pays_the_order(self, desk, unheard):
        answer = operate(desk, "cancel_order", unheard.order, _confirmed="1")
        unheard.order.refresh_from_db()
        assert unheard.order.status == "paid"
        assert "The order is paid." in told(answer)[0]
        assert not LogEntry.objects.exists()

    def test_gateway_that_is_down_is_a_message(self, desk, checkout, payments_sandbox):
        payment = checkout()
        payments_sandbox.faults.add(Fault("http_503_down"))
        answer = operate(desk, "cancel_order", payment.order, _confirmed="1")
        payment.order.refresh_from_db()
        assert payment.order.status == "pending"
        assert "Stripe:" in told(answer)[0]

    def test_canceled_twice_is_told(self, desk):
        order = make_order()
        for _twice in range(2):
            answer = operate(desk, "cancel_order", order, _confirmed="1")
        assert told(answer)[-1] == f"{order} was canceled before."

    def test_staff_who_may_only_look_cannot(self, desk_with):
        order = make_order()
        operate(desk_with("view_order"), "cancel_order", order, _confirmed="1")
        order.refresh_from_db()
        assert order.status == "pending"

    def test_pending_order_has_the_button(self, desk):
        assert 'value="cancel_order"' in desk.get(page_of(make_order())).text

    def test_finished_order_has_no_buttons(self, desk):
        sale = make_sale()
        sale.refresh_from_db()
        assert 'name="action"' not in desk.get(page_of(sale)).text
