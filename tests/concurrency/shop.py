"""A sale as the races see it: its events, its pages, and what it must come to."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.test import Client
from django.utils import timezone

from payments_connect import signals
from payments_connect.api import confirm_payment, order_path, start_checkout, sweep
from payments_connect.enums import FulfilmentStatus, IntentKind, OrderStatus
from payments_connect.models import (
    Intent,
    LedgerEntry,
    Order,
    Payment,
    StockItem,
    WebhookEvent,
)
from payments_connect.sandbox import Sandbox
from payments_connect.testing.events import sign
from payments_connect.testing.factories import (
    StockItemFactory,
    make_line,
    make_order,
)
from payments_connect.testing.posting import endpoint_of, path_of, secret_of

RETURN: Any = {"success_url": "https://shop.test/done"}
PRICE, FEE, IN_STOCK = 100_00, 10_00, 10

SHIPPED: list[int] = []
"""Orders that the site's handler was called for, in the order of the calls."""


def ship(order: Order) -> None:
    """The site's fulfilment handler."""
    SHIPPED.append(order.pk)


class Heard:
    """Every signal of the app, counted by name and row."""

    _NAMES = (
        "order_paid",
        "order_canceled",
        "order_on_hold",
        "payment_failed",
        "payment_needs_review",
        "payment_processing",
        "payment_surplus",
    )

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._receivers: list[tuple[Any, Callable[..., None]]] = []

    def __enter__(self) -> "Heard":
        for name in self._NAMES:
            receiver = partial(self._hear, name)
            signal = getattr(signals, name)
            signal.connect(receiver, weak=False)
            self._receivers.append((signal, receiver))
        return self

    def __exit__(self, *_exc: object) -> None:
        for signal, receiver in self._receivers:
            signal.disconnect(receiver)

    def _hear(self, name: str, **_kwargs: Any) -> None:
        with self._guard:
            self._counts[name] += 1

    def __getitem__(self, name: str) -> int:
        return self._counts[name]


@dataclass
class Sale:
    """One order on its way, and everything that may arrive about it."""

    sandbox: Sandbox
    order: Order
    payment: Payment
    stock: StockItem

    def pay(self, number: str = "4242424242424242") -> None:
        """The buyer pays at the gateway; nothing has been told to the site yet."""
        self.sandbox.stripe.pay(self.payment.checkout_id or "", number)
        self.sandbox.clock.advance(1)  # the application fee comes a moment later

    @property
    def events(self) -> list[dict[str, Any]]:
        """What the gateway has to tell about this sale's account and its fees."""
        return [e for e in self.sandbox.stripe.events if e["type"] != "account.updated"]

    def deliveries(self, *, copies: int) -> list[Callable[[], int]]:
        """Every event several times at its endpoint, and once at the other one."""
        works: list[Callable[[], int]] = []
        for event in self.events:
            own = endpoint_of(event)
            other = "platform" if own == "connect" else "connect"
            works += [partial(self.deliver, event, own) for _copy in range(copies)]
            works.append(partial(self.deliver, event, other))
        return works

    def deliver(self, event: dict[str, Any], endpoint: str = "") -> int:
        """Post one event; give the HTTP status."""
        return post(event, endpoint)

    def return_page(self) -> int:
        """The buyer comes back; give the HTTP status."""
        return (
            Client(raise_request_exception=False)
            .get(order_path(self.order))
            .status_code
        )

    def confirm(self) -> int:
        """Somebody asks the gateway."""
        confirm_payment(Payment.objects.get(pk=self.payment.pk))
        return 200

    def anything(self, *, copies: int) -> list[Callable[[], int]]:
        """All that may happen at once after the buyer paid."""
        return [
            *self.deliveries(copies=copies),
            *[self.return_page] * 3,
            *[self.confirm] * 2,
            *[swept] * 2,
        ]


def start_sale(
    sandbox: Sandbox, account: Any, *, stock: StockItem | None = None, **fields: Any
) -> Sale:
    """Place an order of one thing in stock, and open its checkout."""
    stock = stock or StockItemFactory.create(available=IN_STOCK)
    order = make_order(
        lines=[make_line(seller=account.seller, stock_item=stock)], **fields
    )
    payment = start_checkout(order, **RETURN).payment
    return Sale(sandbox=sandbox, order=order, payment=payment, stock=stock)


def post(event: dict[str, Any], endpoint: str = "") -> int:
    """Deliver an event, to where it belongs if nothing is said; give the status."""
    endpoint = endpoint or endpoint_of(event)
    delivery = sign(event, secret_of(endpoint))
    answer = Client(raise_request_exception=False).post(
        path_of(endpoint),
        delivery.body,
        content_type="application/json",
        headers=delivery.headers,
    )
    return answer.status_code


def swept() -> int:
    """One sweep over all that is due, none of which may fail."""
    assert sweep().failures == 0
    return 200


def make_everything_due() -> None:
    """Let time pass for whatever waits."""
    past = timezone.now() - timedelta(seconds=1)
    for model in (WebhookEvent, Intent, Payment):
        model._default_manager.filter(due_at__isnull=False).update(due_at=past)


def sweep_until_quiet() -> None:
    """Sweep until nothing waits for another event."""
    for _round in range(4):
        make_everything_due()
        swept()


def assert_paid_once(
    sale: Sale, heard: Heard | None = None, *, shipped_here: int = 1
) -> None:
    """The promise: one payment, one piece, one charge, one fee, one hand-over."""
    order = Order.objects.get(pk=sale.order.pk)
    assert (order.status, order.paid_by_id) == (OrderStatus.PAID, sale.payment.pk)
    assert StockItem.objects.get(pk=sale.stock.pk).available == IN_STOCK - 1
    assert ledger_of(sale.payment) == [("application_fee", FEE), ("charge", PRICE)]
    assert order.fulfilment == FulfilmentStatus.FULFILLED
    assert SHIPPED.count(order.pk) == shipped_here
    intents = Intent.objects.filter(kind=IntentKind.FULFILMENT, target_id=order.pk)
    assert intents.count() == 1
    if heard is not None:
        assert heard["order_paid"] == 1
        assert heard["payment_surplus"] == heard["payment_failed"] == 0


def ledger_of(payment: Payment) -> list[tuple[str, int]]:
    """Kind and amount of a payment's ledger entries, sorted."""
    return sorted(
        LedgerEntry.objects.filter(payment=payment).values_list("kind", "amount")
    )
