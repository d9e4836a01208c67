"""Promotion codes: priced, reserved with the order, given back with it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from payments_connect.enums import RedemptionStatus
from payments_connect.exceptions import PromotionRefused
from payments_connect.models import Order, PromotionCode, PromotionRedemption
from payments_connect.models.promotion import normalize_code
from payments_connect.money import percentage

from .moves import move
from .transactions import database


def get_promotion(code: str) -> PromotionCode:
    """Look up a code as the buyer typed it.

    Raises:
        PromotionRefused: There is no such code.
    """
    promotion = None
    if code.isprintable():  # PostgreSQL refuses to look for a NUL character
        promotion = PromotionCode.objects.filter(code=normalize_code(code)).first()
    if promotion is None:
        raise PromotionRefused(_("There is no such promotion code."))
    return promotion


def discount_of(promotion: PromotionCode, *, subtotal: int, currency: str) -> int:
    """What the code takes off a subtotal, minor units; never more than all of it.

    Raises:
        PromotionRefused: It is not valid now, for this currency, or this little.
    """
    _check_window(promotion, now=timezone.now())
    if subtotal < promotion.minimum_subtotal:
        raise PromotionRefused(_("The order is too small for this promotion code."))
    if promotion.percent_off is not None:
        return percentage(subtotal, promotion.percent_off)
    if promotion.currency != currency:
        raise PromotionRefused(_("This promotion code is for another currency."))
    return min(promotion.amount_off or 0, subtotal)


def _check_window(promotion: PromotionCode, *, now: datetime) -> None:
    if not promotion.active:
        raise PromotionRefused(_("This promotion code is not valid any more."))
    if promotion.valid_from is not None and now < promotion.valid_from:
        raise PromotionRefused(_("This promotion code is not valid yet."))
    if promotion.valid_until is not None and now >= promotion.valid_until:
        raise PromotionRefused(_("This promotion code is not valid any more."))


def reserve(promotion: PromotionCode, order: Order) -> None:
    """Count one use for an order, inside the transaction that places it.

    Raises:
        PromotionRefused: The limit of uses, or the one use per buyer, is reached.
    """
    counted = PromotionCode.objects.filter(
        Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses")),
        pk=promotion.pk,
        active=True,
    ).update(uses=F("uses") + 1)
    if not counted:
        raise PromotionRefused(_("This promotion code has been used up."))
    redemption = PromotionRedemption(
        promotion=promotion,
        order=order,
        amount=order.discount,
        once_key=_buyer_key(order) if promotion.once_per_buyer else None,
    )
    try:
        with transaction.atomic(using=database()):
            redemption.save()
    except IntegrityError:
        raise PromotionRefused(_("You have used this promotion code.")) from None


def _buyer_key(order: Order) -> str:
    """Who the buyer is for "once per buyer": the account, else the e-mail address.

    Raises:
        PromotionRefused: A guest without an address could come again and again.
    """
    if order.buyer_id is not None:
        return f"user:{order.buyer_id}"
    if not order.email:
        raise PromotionRefused(_("Give your e-mail address to use this code."))
    return f"email:{order.email.strip().lower()}"[:255]


def release(order: Order) -> None:
    """Give an order's use back, once, inside the transaction that cancels it."""
    redemption = PromotionRedemption.objects.filter(order=order).first()
    if redemption is None:
        return
    if move(redemption, RedemptionStatus.RELEASED, once_key=None):
        PromotionCode.objects.filter(pk=redemption.promotion_id, uses__gt=0).update(
            uses=F("uses") - 1
        )
