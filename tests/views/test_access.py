import pytest

from payments_connect.enums import OrderStatus
from payments_connect.models import Order
from payments_connect.services.access import order_key, order_path
from payments_connect.testing.factories import make_order
from tests.accounts.models import Member

from .sales import bare, begin, page_of, state_on


@pytest.mark.django_db
class TestWhoMaySee:
    """The buyer sees the order; for anybody else it does not exist."""

    @pytest.fixture(params=["return", "status"])
    def view(self, request):
        return request.param

    def member(self, email="m@example.com"):
        return Member.objects.create_user(email)

    def test_signed_address_is_enough(self, client, view):
        """As the gateway's redirect has it, and our e-mails."""
        assert page_of(client, make_order(), view).status_code == 200

    def test_session_remembers_the_order(self, client, view):
        """After one visit the key is not needed any more."""
        order = make_order()
        assert client.get(bare(order, view)).status_code == 404
        page_of(client, order)
        assert client.get(bare(order, view)).status_code == 200

    def test_buyer_who_is_logged_in_sees_it(self, client, view):
        """By the account, on any device."""
        member = self.member()
        client.force_login(member)
        assert client.get(bare(make_order(buyer=member), view)).status_code == 200

    def test_nobody_else_sees_it(self, client, view):
        """Not a stranger, not another member, not staff by this page."""
        order = make_order(buyer=self.member())
        guests = make_order()
        for user in (None, self.member("x@example.com")):
            if user:
                client.force_login(user)
            assert client.get(bare(order, view)).status_code == 404
            assert client.get(bare(guests, view)).status_code == 404

    def test_unknown_order_looks_the_same(self, client, view):
        """A 404 tells nobody which orders exist."""
        order = make_order()
        Order.objects.filter(pk=order.pk).delete()
        assert page_of(client, order, view).status_code == 404

    @pytest.mark.parametrize("key", ["", "x", "é", "%00", "%ed%a0%80", "a" * 10_000])
    def test_wrong_key_opens_nothing(self, client, view, key):
        """Whatever it is made of."""
        assert client.get(bare(make_order(), view, key=key)).status_code == 404

    def test_key_opens_its_own_order_only(self, client, view):
        """Keys are not tickets for the next number."""
        mine, other = make_order(), make_order()
        assert client.get(bare(other, view, key=order_key(mine))).status_code == 404
        altered = order_key(other)[:-1] + ("a" if order_key(other)[-1] != "a" else "b")
        assert client.get(bare(other, view, key=altered)).status_code == 404

    def test_session_remembers_the_latest_orders_only(self, client, view):
        """It does not grow for ever."""
        orders = [make_order() for _n in range(21)]
        for order in orders:
            page_of(client, order)
        assert client.get(bare(orders[0], view)).status_code == 404
        assert client.get(bare(orders[-1], view)).status_code == 200

    @pytest.mark.parametrize(
        "claim",
        [
            "paid=1",
            "status=paid",
            "state=paid",
            "redirect_status=succeeded",
            "canceled=1",
        ],
    )
    def test_query_proves_nothing(self, account, client, claim):
        """Neither that it is paid nor that it is canceled."""
        order, _payment = begin(account)
        response = client.get(order_path(order) + f"&{claim}&session_id=cs_other")
        assert state_on(response) == "open"
        order.refresh_from_db()
        assert order.status == OrderStatus.PENDING

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_pages_are_read_only(self, client, view, method):
        """They answer GET, HEAD and OPTIONS."""
        assert (
            getattr(client, method)(order_path(make_order(), view)).status_code == 405
        )
