import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory

from payments_connect.services.access import (
    SESSION_KEY,
    may_see,
    order_key,
    order_path,
    remember,
    visible_order,
)
from payments_connect.testing.factories import make_order
from tests.accounts.models import Member

pytestmark = pytest.mark.django_db


def request_to(path="/", *, session=None, user=None):
    """A request as the middleware would leave it; without either, as none did."""
    request = RequestFactory().get(path)
    if session is not None:
        request.session = session
    if user is not None:
        request.user = user
    return request


class TestMaySee:
    def test_who_has_the_signed_link(self):
        """The address alone opens this order, and no other."""
        order, other = make_order(), make_order()
        request = request_to(order_path(order))
        assert may_see(request, order)
        assert not may_see(request, other)

    @pytest.mark.parametrize("key", ["", "x", "ключ"])
    def test_not_with_any_key(self, key):
        """A guess is compared in constant time, whatever its letters."""
        assert not may_see(request_to(f"/?key={key}"), make_order())

    def test_the_browser_that_bought(self):
        """Remembered in the session, the key is not needed."""
        order = make_order()
        request = request_to(session=SessionStore())
        assert not may_see(request, order)
        remember(request, order)
        assert may_see(request, order)

    def test_the_user_who_bought(self):
        """Logged in on another device; others and guests see nothing."""
        buyer = Member.objects.create(email="me@example.com")
        other = Member.objects.create(email="you@example.com")
        order, guests = make_order(buyer=buyer), make_order()
        assert may_see(request_to(user=buyer), order)
        assert not may_see(request_to(user=other), order)
        assert not may_see(request_to(user=AnonymousUser()), guests)

    def test_a_site_without_sessions_or_logins(self):
        """The link works there too."""
        order = make_order()
        remember(request_to(), order)
        assert may_see(request_to(order_path(order)), order)
        assert not may_see(request_to(), order)


class TestRemember:
    def test_keeps_the_last_orders_once_each(self):
        """A session does not grow for ever."""
        request = request_to(session=SessionStore())
        orders = [make_order() for _ in range(22)]
        for order in [*orders, orders[-2]]:
            remember(request, order)
        kept = request.session[SESSION_KEY]
        assert len(kept) == len(set(kept)) == 20
        assert kept[-1] == str(orders[-2].public_id)


class TestVisibleOrder:
    def test_gives_the_order_to_its_buyer_only(self):
        """For anybody else it is as if there were none."""
        order = make_order()
        request = request_to(order_path(order))
        assert visible_order(request, order.public_id) == order
        assert visible_order(request_to(), order.public_id) is None

    def test_an_order_that_does_not_exist(self):
        """The same answer as for one that may not be seen."""
        order = make_order()
        public_id = order.public_id
        order.delete()
        assert visible_order(request_to(), public_id) is None


class TestOrderKey:
    def test_differs_from_order_to_order(self):
        """A signature of the public id, under a salt of its own."""
        order, other = make_order(), make_order()
        assert order_key(order) == order_key(order) != order_key(other)
        assert order_path(order, "status") != order_path(order)
