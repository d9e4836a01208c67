import secrets
import uuid

from django.conf import settings  # noqa: TID251  # AUTH_USER_MODEL, Django's own idiom
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import FulfilmentStatus, OrderStatus

from .fields import CurrencyField, ExternalIdField
from .seller import Seller
from .stock import StockItem

# No vowels and no look-alikes: it is read out on the telephone.
_REFERENCE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"
_REFERENCE_LENGTH = 10


def new_reference() -> str:
    """Make up an order reference that a person can read out."""
    return "".join(
        secrets.choice(_REFERENCE_ALPHABET) for _index in range(_REFERENCE_LENGTH)
    )


class Order(models.Model):
    """What a buyer agreed to pay. Its amounts never change once it is placed.

    ``paid_by`` is the one payment that won; money from any other payment of the order
    is surplus. ``due_at`` is when a pending order expires.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    reference = models.CharField(
        _("reference"), max_length=16, unique=True, default=new_reference
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("buyer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="payment_orders",
    )
    email = models.EmailField(_("e-mail"), blank=True, db_index=True)
    currency = CurrencyField(_("currency"))
    subtotal = models.BigIntegerField(_("subtotal"))
    discount = models.BigIntegerField(_("discount"), default=0)
    tax = models.BigIntegerField(_("tax"), default=0)
    shipping = models.BigIntegerField(_("shipping"), default=0)
    total = models.BigIntegerField(_("total"))
    status = models.CharField(
        _("status"), max_length=20, choices=OrderStatus, default=OrderStatus.PENDING
    )
    paid_by = models.OneToOneField(
        "payments_connect.Payment",
        verbose_name=_("paid by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="won_order",
    )
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    placement_key = ExternalIdField(
        _("placement key"), null=True, blank=True, unique=True
    )
    basket_id = models.UUIDField(_("basket"), null=True, blank=True, db_index=True)
    fulfilment = models.CharField(
        _("fulfilment"),
        max_length=20,
        choices=FulfilmentStatus,
        default=FulfilmentStatus.NONE,
    )
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    subtotal__gte=0,
                    discount__gte=0,
                    tax__gte=0,
                    shipping__gte=0,
                    total=F("subtotal") - F("discount") + F("tax") + F("shipping"),
                    total__gte=0,
                ),
                name="payments_order_sum",
            ),
        )
        permissions = (("release_hold", _("Can release an order on hold")),)

    def __str__(self) -> str:
        return self.reference


class OrderLine(models.Model):
    """One position of an order: of one seller, or of the platform itself.

    ``amount`` is unit amount times quantity; ``discount`` and ``tax`` are this line's
    shares of the order's; ``application_fee`` is what the platform keeps of it.
    """

    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        on_delete=models.CASCADE,
        related_name="lines",
    )
    seller = models.ForeignKey(
        Seller,
        verbose_name=_("seller"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="order_lines",
    )
    content_type = models.ForeignKey(
        ContentType,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    object_id = models.CharField(max_length=64, blank=True)
    item = GenericForeignKey("content_type", "object_id")
    stock_item = models.ForeignKey(
        StockItem,
        verbose_name=_("stock item"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="order_lines",
    )
    description = models.CharField(_("description"), max_length=250)
    unit_amount = models.BigIntegerField(_("unit amount"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    amount = models.BigIntegerField(_("amount"))
    discount = models.BigIntegerField(_("discount"), default=0)
    tax = models.BigIntegerField(_("tax"), default=0)
    application_fee = models.BigIntegerField(_("application fee"), default=0)
    fee_explanation = models.CharField(_("fee explanation"), max_length=250, blank=True)
    stock_taken = models.PositiveIntegerField(_("stock taken"), default=0)
    refunded = models.BigIntegerField(_("refunded"), default=0)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    unit_amount__gte=0,
                    quantity__gte=1,
                    amount=F("unit_amount") * F("quantity"),
                    discount__gte=0,
                    discount__lte=F("amount"),
                    tax__gte=0,
                    application_fee__gte=0,
                ),
                name="payments_line_sum",
            ),
        )

    def __str__(self) -> str:
        return f"{self.quantity} × {self.description}"  # noqa: RUF001  # a times sign
