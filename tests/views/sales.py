"""Sales that have begun: an order, its open checkout, and the buyer's pages."""

from django.urls import reverse

from payments_connect.services.access import order_path
from payments_connect.services.checkout import start_checkout
from payments_connect.testing.factories import make_line, make_order

SESSIONS = "/v1/checkout/sessions"


def begin(account=None, **options):
    """Place an order and open its checkout; give the order and the payment."""
    seller = account.seller if account else None
    currency = options.pop("currency", "USD")
    order = make_order(lines=[make_line(seller=seller)], currency=currency)
    started = start_checkout(order, success_url="http://testserver/ok", **options)
    return order, started.payment


def page_of(client, order, view="return"):
    """Get one of the order's pages by its signed address."""
    return client.get(order_path(order, view))


def bare(order, view="return", **query):
    """Address a page without the key."""
    path = reverse(f"payments_connect:{view}", args=[order.public_id])
    return path + (
        "?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else ""
    )


def state_on(response):
    """Read the state a return page shows."""
    return response.context["state"].value
