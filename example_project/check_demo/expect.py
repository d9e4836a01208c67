"""What a scenario demands, by comparing rows and pages with what they must be."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from example_project.shop.models import Parcel, Product
from payments_connect.enums import LedgerKind
from payments_connect.models import LedgerEntry, WebhookEvent
from payments_connect.money import to_decimal

if TYPE_CHECKING:
    from .stage import Sale

_PATIENCE = 15

T = TypeVar("T")


class Unexpected(Exception):  # says what it is
    """Something is not as it must be."""


def eventually(what: str, ask: Callable[[], T]) -> T:
    """Ask again until the answer is true; give that answer.

    Raises:
        Unexpected: It never was, in the time that anything may take.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Unexpected(f"waited in vain for: {what}")
        time.sleep(0.05)


def equal(what: str, found: Any, wanted: Any) -> None:
    """Demand that something is what it must be."""
    if found != wanted:
        raise Unexpected(f"{what} is {found!r}, must be {wanted!r}")


def stock_moved(sale: "Sale", by: int) -> None:
    """Demand how much of a product's stock was taken since the sale began."""
    equal("stock taken", sale.stock_before - available(sale.product), by)


def available(product: Product) -> int:
    """How many of a product are left now; 0 too where nobody counts."""
    return (
        Product.objects.select_related("stock_item").get(pk=product.pk).available or 0
    )


def ledger(sale: "Sale", *, charge: int, fee: int) -> None:
    """Demand the ledger entries of all the sale's payments, each exactly once."""
    entries = LedgerEntry.objects.filter(payment__order=sale.order)
    wanted = {(LedgerKind.CHARGE, charge), (LedgerKind.APPLICATION_FEE, fee)}
    equal(
        "ledger",
        sorted(entries.values_list("kind", "amount")),
        sorted((str(kind), amount) for kind, amount in wanted if amount),
    )


def paid(sale: "Sale", by: str, *, amount: int | None = None) -> str:
    """Demand everything that a paid order is, once; tell it in short.

    Args:
        sale: Of a product that a seller sells.
        by: Who confirmed it, or several by "|".
        amount: What was captured, if it is not the order's total.
    """
    eventually("the parcel", lambda: sale.order.fulfilment != "queued")
    order, payment = sale.order, sale.payment
    captured = order.total if amount is None else amount
    fee = min(payment.application_fee_amount, captured)
    equal("order", order.status, "paid")
    equal("paid by", order.paid_by_id, payment.pk)
    equal("payment", payment.status, "succeeded")
    if payment.confirmed_by not in by.split("|"):
        raise Unexpected(f"confirmed by {payment.confirmed_by}, must be {by}")
    equal("captured", payment.amount_captured, captured)
    equal("fulfilment", order.fulfilment, "fulfilled")
    equal("parcels", Parcel.objects.filter(order=order).count(), 1)
    stock_moved(sale, sale.quantity)
    ledger(sale, charge=captured, fee=fee)
    money = to_decimal(captured, order.currency)
    return (
        f"order paid {money} {order.currency} by {payment.confirmed_by}, "
        f"fee {to_decimal(fee, order.currency)}, stock -{sale.quantity}, 1 parcel"
    )


def unpaid(sale: "Sale", payment: str) -> None:
    """Demand that nothing of a sale happened yet, and how its payment stands."""
    order = sale.order
    equal("order", order.status, "pending")
    equal("payment", sale.payment.status, payment)
    equal("parcels", Parcel.objects.filter(order=order).count(), 0)
    stock_moved(sale, 0)
    ledger(sale, charge=0, fee=0)


def events(*event_ids: str) -> dict[str, str]:
    """The status of these events in the inbox, by id."""
    rows = WebhookEvent.objects.filter(event_id__in=event_ids)
    return dict(rows.values_list("event_id", "status"))
