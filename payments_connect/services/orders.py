"""Orders: placed once, canceled when nobody paid."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.db import IntegrityError, models
from django.utils import timezone

from payments_connect.conf import get_settings
from payments_connect.enums import OrderStatus
from payments_connect.exceptions import InvalidOrder, OrderNotPayable
from payments_connect.models import Order, OrderLine, Payment, Seller, StockItem
from payments_connect.models.fields import EXTERNAL_ID_LENGTH
from payments_connect.money import allocate, check_amount, check_currency
from payments_connect.signals import order_canceled

from . import promotions
from .fees import application_fee
from .moves import move
from .transactions import announce, settlement

_fits_column = MaxLengthValidator(254)  # validate_email takes longer ones
_MAX_DESCRIPTION = 250
_MAX_QUANTITY = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Line:
    """One position of an order to be placed.

    Attributes:
        description: What the buyer reads, on our page and the gateway's.
        unit_amount: Minor units of the order's currency for one piece.
        quantity: How many.
        seller: Who sells it; None for the platform itself.
        item: Any model instance it stands for.
        stock_item: What to take from stock when it is paid.
        tax: On top of the amount, for all pieces, minor units.
        application_fee: The platform's share, instead of the fee rule's.
    """

    description: str
    unit_amount: int
    quantity: int = 1
    seller: Seller | None = None
    item: models.Model | None = None
    stock_item: StockItem | None = None
    tax: int = 0
    application_fee: int | None = None


def place_order(  # noqa: PLR0913  # what an order is made of; all keyword-only
    *,
    lines: Iterable[Line],
    currency: str = "",
    buyer: AbstractBaseUser | AnonymousUser | None = None,
    email: str = "",
    promotion_code: str = "",
    shipping: int = 0,
    placement_key: str | None = None,
    basket_id: uuid.UUID | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Order:
    """Place an order, reserving its promotion use; nothing is charged yet.

    Args:
        lines: At least one.
        currency: ISO 4217, upper case; DEFAULT_CURRENCY if left out.
        buyer: The user who buys; None or ``AnonymousUser`` for a guest.
        email: Of the buyer; the user's own if left out.
        promotion_code: As the buyer typed it; "" for none.
        shipping: Added to the total, minor units.
        placement_key: Unique to this click of the buyer (a token in the form): placing
            again with the same key gives the same order.
        basket_id: Common to the orders that one basket became.
        metadata: Kept with the order for the site's own use.

    Raises:
        InvalidOrder: The order cannot be placed; the message says why.
        PromotionRefused: The code cannot be used; may be shown to the buyer.
        InvalidAmount: An amount is negative, not whole, or its fee is more than it.
    """
    if buyer is not None and buyer.pk is None:
        buyer = None  # request.user of a guest
    lines = list(lines)
    if not lines:
        raise InvalidOrder("An order needs at least one line.")
    currency = check_currency(currency or get_settings().default_currency)
    order = Order(
        buyer_id=getattr(buyer, "pk", None),
        email=_checked_email(email or _email_of(buyer)),
        currency=currency,
        subtotal=sum(_line_amount(line) for line in lines),
        tax=sum(check_amount(line.tax, name="tax") for line in lines),
        shipping=check_amount(shipping, name="shipping"),
        placement_key=_placement_key(placement_key),
        basket_id=basket_id,
        metadata=dict(metadata or {}),
        due_at=timezone.now() + get_settings().order_expires_after,
    )
    try:
        return settlement(partial(_place, order, lines, promotion_code), savepoint=True)
    except IntegrityError:
        placed = _placed_before(order, lines)
        if placed is None:
            raise
        return placed


def _place(order: Order, lines: Sequence[Line], promotion_code: str) -> Order:
    promotion = promotions.get_promotion(promotion_code) if promotion_code else None
    if promotion is not None:
        order.discount = promotions.discount_of(
            promotion, subtotal=order.subtotal, currency=order.currency
        )
    order.total = order.subtotal - order.discount + order.tax + order.shipping
    check_amount(order.total, name="total")
    # A transaction that is run again must insert again, with what it had the first
    # time. The insert comes before the reservation: a double click ends here.
    order.pk, order._state.adding = None, True
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(_order_lines(order, lines))
    if promotion is not None:
        promotions.reserve(promotion, order)
    return order


def _order_lines(order: Order, lines: Sequence[Line]) -> list[OrderLine]:
    amounts = [_line_amount(line) for line in lines]
    discounts = allocate(order.discount, amounts)
    rows = []
    for line, amount, discount in zip(lines, amounts, discounts, strict=True):
        fee, explanation = application_fee(
            amount - discount,
            order.currency,
            seller=line.seller,
            override=line.application_fee,
        )
        rows.append(
            OrderLine(
                order=order,
                seller=line.seller,
                stock_item=line.stock_item,
                description=line.description,
                unit_amount=line.unit_amount,
                quantity=line.quantity,
                amount=amount,
                discount=discount,
                tax=line.tax,
                application_fee=fee,
                fee_explanation=explanation,
                **_item_fields(line.item),
            )
        )
    return rows


def _item_fields(item: models.Model | None) -> dict[str, Any]:
    if item is None:
        return {}
    content_type = ContentType.objects.get_for_model(item)
    return {"content_type": content_type, "object_id": str(item.pk)}


def _line_amount(line: Line) -> int:
    text: Any = line.description
    readable = isinstance(text, str) and text.strip() and "\x00" not in text
    if not readable or len(text) > _MAX_DESCRIPTION:
        raise InvalidOrder("An order line needs a description of 1 to 250 characters.")
    check_amount(line.quantity, name="quantity", minimum=1)
    if line.quantity > _MAX_QUANTITY:
        raise InvalidOrder(f"Not so many of one thing: {line.quantity}.")
    check_amount(line.unit_amount, name="unit_amount")
    return check_amount(line.unit_amount * line.quantity)


def _email_of(buyer: AbstractBaseUser | AnonymousUser | None) -> str:
    if not isinstance(buyer, AbstractBaseUser):
        return ""  # AnonymousUser has none
    return str(getattr(buyer, buyer.get_email_field_name(), "") or "")


def _checked_email(email: str) -> str:
    if email:
        try:
            validate_email(email)
            _fits_column(email)
        except ValidationError:
            raise InvalidOrder("That is not an e-mail address.") from None
    return email


def _placement_key(key: str | None) -> str | None:
    if key is None:
        return None
    if not (0 < len(key) <= EXTERNAL_ID_LENGTH and key.isprintable()):
        raise InvalidOrder("A placement key has 1 to 255 printable characters.")
    return key


def _placed_before(order: Order, lines: Sequence[Line]) -> Order | None:
    """The order this click placed the first time, if it is the same click."""
    if order.placement_key is None:
        return None
    placed = Order.objects.filter(placement_key=order.placement_key).first()
    if placed is None:
        return None
    same = ("buyer_id", "email", "currency", "subtotal", "total")
    if any(
        getattr(placed, name) != getattr(order, name) for name in same
    ) or not _has_lines(placed, lines):
        raise InvalidOrder("This placement key belongs to another order.")
    return placed


def _has_lines(placed: Order, lines: Sequence[Line]) -> bool:
    """Whether an order is of the same things: another one may cost as much."""
    wanted = [
        (
            line.description,
            line.unit_amount,
            line.quantity,
            line.seller.pk if line.seller else None,
            str(line.item.pk) if line.item else "",
        )
        for line in lines
    ]
    has = placed.lines.order_by("pk").values_list(
        "description", "unit_amount", "quantity", "seller_id", "object_id"
    )
    return list(has) == wanted


def mark_canceled(order: Order) -> bool:
    """Cancel a pending order in our rows, releasing its promotion use.

    This asks no gateway: ``ending.cancel_order`` ends an open checkout first.

    Raises:
        OrderNotPayable: A checkout was started since that was looked at.
    """
    return settlement(partial(_cancel, order))


def _cancel(order: Order) -> bool:
    if not move(order, OrderStatus.CANCELED, due_at=None):
        return False
    # The update holds the order's lock: a checkout that was started meanwhile has
    # committed its payment, one that is being started will find the order canceled.
    if Payment.objects.filter(order=order, live=True).exists():
        raise OrderNotPayable("A payment has just been started.", status="busy")
    promotions.release(order)
    announce(order_canceled, Order, order=order)
    return True
