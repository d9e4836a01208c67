from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import RedemptionStatus

from .fields import CurrencyField, ExternalIdField
from .order import Order

CODE_LENGTH = 64


class PromotionCode(models.Model):
    """A code that lowers an order's total: by a percentage or by an amount.

    ``uses`` counts the redemptions that are reserved; it is moved only by conditional
    updates, so that ``max_uses`` holds under concurrency.
    """

    code = ExternalIdField(_("code"), max_length=CODE_LENGTH, unique=True)
    percent_off = models.DecimalField(
        _("percent off"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    amount_off = models.BigIntegerField(_("amount off"), null=True, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    minimum_subtotal = models.BigIntegerField(_("minimum subtotal"), default=0)
    max_uses = models.PositiveIntegerField(_("limit of uses"), null=True, blank=True)
    once_per_buyer = models.BooleanField(_("once per buyer"), default=False)
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("promotion code")
        verbose_name_plural = _("promotion codes")
        constraints = (
            models.CheckConstraint(
                # "is not null" is said: a CHECK that comes out null passes.
                condition=Q(
                    percent_off__isnull=False,
                    percent_off__gt=0,
                    percent_off__lte=100,
                    amount_off__isnull=True,
                )
                | (
                    Q(
                        amount_off__isnull=False,
                        amount_off__gt=0,
                        percent_off__isnull=True,
                    )
                    & ~Q(currency="")
                ),
                name="payments_promotion_kind",
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(uses__lte=F("max_uses")),
                name="payments_promotion_uses",
            ),
        )

    def __str__(self) -> str:
        return str(self.code)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep codes in upper case: buyers type them as they like."""
        self.code = normalize_code(self.code)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Keep codes in upper case, and a limit above what is already used."""
        self.code = normalize_code(self.code)
        if len(self.code) > CODE_LENGTH:  # "ß" is two letters in upper case
            raise ValidationError({"code": _("This code is too long.")})
        if self.max_uses is not None and self.max_uses < self.uses:
            raise ValidationError(
                {"max_uses": _("There are more uses than that already.")}
            )


def normalize_code(code: str) -> str:
    """The form in which codes are stored and looked up."""
    return code.strip().upper()


class PromotionRedemption(models.Model):
    """One use of a promotion code, reserved by an order and given back with it.

    ``once_key`` names the buyer while a once-per-buyer use is reserved, else null.
    """

    promotion = models.ForeignKey(
        PromotionCode,
        verbose_name=_("promotion code"),
        on_delete=models.PROTECT,
        related_name="redemptions",
    )
    order = models.OneToOneField(
        Order,
        verbose_name=_("order"),
        on_delete=models.CASCADE,
        related_name="redemption",
    )
    amount = models.BigIntegerField(_("amount"))
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=RedemptionStatus,
        default=RedemptionStatus.RESERVED,
    )
    once_key = ExternalIdField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("promotion redemption")
        verbose_name_plural = _("promotion redemptions")
        constraints = (
            models.UniqueConstraint(
                fields=["promotion", "once_key"], name="payments_redemption_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.promotion_id} {self.order_id}"
