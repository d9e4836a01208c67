"""Addresses only the buyer has: the return page and its status, with a signature."""

import uuid
from dataclasses import dataclass

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse

from payments_connect.models import Order

SESSION_KEY = "payments_connect_orders"
_REMEMBERED = 20


def _signer() -> signing.Signer:
    return signing.Signer(salt="payments_connect.order")


def order_key(order: Order) -> str:
    """The signature that lets its holder see one order."""
    return _signer().signature(str(order.public_id))


def order_path(order: Order, view: str = "return") -> str:
    """Path of an order's page, with the key in it."""
    path = reverse(f"payments_connect:{view}", args=[order.public_id])
    return f"{path}?key={order_key(order)}"


def _is_key(order: Order, key: str) -> bool:
    """Whether a key is the order's, signed with today's secret or a fallback."""
    try:
        _signer().unsign(f"{order.public_id}:{key}")
    except signing.BadSignature:
        return False
    return True


def remember(request: HttpRequest, order: Order) -> None:
    """Let this browser session see the order without the key."""
    session = getattr(request, "session", None)
    if session is not None:
        known = [
            key for key in session.get(SESSION_KEY, []) if key != str(order.public_id)
        ]
        session[SESSION_KEY] = [*known, str(order.public_id)][-_REMEMBERED:]


def may_see(request: HttpRequest, order: Order) -> bool:
    """Whether this is the order's buyer: by signed link, session, or login."""
    if _is_key(order, request.GET.get("key", "")):
        return True
    session = getattr(request, "session", None)
    if session is not None and str(order.public_id) in session.get(SESSION_KEY, []):
        return True
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and user.pk == order.buyer_id


@dataclass(frozen=True, kw_only=True)
class ReturnUrls:
    """Where the gateway sends the buyer afterwards, absolute."""

    success: str
    cancel: str


def return_urls(order: Order, request: HttpRequest) -> ReturnUrls:
    """The return page of this site, for a checkout started by a request."""
    url = request.build_absolute_uri(order_path(order))
    return ReturnUrls(success=url, cancel=url)


def visible_order(request: HttpRequest, public_id: uuid.UUID) -> Order | None:
    """The order of that id, if this request may see it; None tells nobody which."""
    order = Order.objects.filter(public_id=public_id).first()
    return order if order is not None and may_see(request, order) else None
