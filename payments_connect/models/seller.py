import uuid

from django.conf import settings  # noqa: TID251  # AUTH_USER_MODEL, Django's own idiom
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments_connect.conf import fee_rule
from payments_connect.enums import AccountStatus, ChargeType

from .fields import CurrencyField, ExternalIdField


class Seller(models.Model):
    """A party that sells on the platform.

    ``fees`` and ``charge_type`` override the settings where they are set; ``fees`` has
    the form of the setting ``FEES``.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="owned_payment_sellers",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("members"),
        blank=True,
        related_name="payment_sellers",
    )
    charge_type = models.CharField(
        _("charge type"), max_length=20, choices=ChargeType, blank=True
    )
    fees = models.JSONField(_("fees"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse fees that would fail when an order is placed."""
        if self.fees is None:
            return
        try:
            fee_rule(self.fees)
        except ValueError as error:
            raise ValidationError({"fees": str(error)}) from error


class ConnectedAccount(models.Model):
    """A seller's account at one gateway."""

    seller = models.ForeignKey(
        Seller,
        verbose_name=_("seller"),
        on_delete=models.PROTECT,
        related_name="accounts",
    )
    gateway = models.CharField(_("gateway"), max_length=32, default="stripe")
    external_id = ExternalIdField(_("external id"))
    livemode = models.BooleanField(_("live mode"), default=False)
    country = models.CharField(_("country"), max_length=2, blank=True)
    currency = CurrencyField(_("currency"), blank=True)
    status = models.CharField(
        _("status"),
        max_length=20,
        choices=AccountStatus,
        default=AccountStatus.ONBOARDING,
    )
    can_charge = models.BooleanField(_("can charge"), default=False)
    can_receive = models.BooleanField(_("can receive transfers"), default=False)
    can_payout = models.BooleanField(_("can be paid out"), default=False)
    requirements = models.JSONField(_("requirements"), default=dict, blank=True)
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)
    disabled_reason = models.CharField(_("disabled reason"), max_length=255, blank=True)
    synced_from = models.DateTimeField(_("synced from"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("connected account")
        verbose_name_plural = _("connected accounts")
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "external_id"], name="payments_account_external"
            ),
        )

    def __str__(self) -> str:
        return f"{self.gateway} {self.external_id}"
