import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import ChargeType, PaymentStatus, Source

from .fields import CurrencyField, ExternalIdField
from .order import Order
from .seller import ConnectedAccount


class Payment(models.Model):
    """One attempt to pay an order at one gateway.

    What we asked for (account, amount, currency, fee, allowed changes) never changes
    after creation; what the gateway told us is beside it. ``live`` is true while the
    payment may still take the buyer's money and null afterwards, so that the unique
    constraint allows one live payment an order on every database.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        on_delete=models.PROTECT,
        related_name="payments",
    )
    gateway = models.CharField(_("gateway"), max_length=32)
    account = models.ForeignKey(
        ConnectedAccount,
        verbose_name=_("connected account"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="payments",
    )
    livemode = models.BooleanField(_("live mode"), default=False)
    charge_type = models.CharField(_("charge type"), max_length=20, choices=ChargeType)
    amount = models.BigIntegerField(_("amount"))
    currency = CurrencyField(_("currency"))
    application_fee_amount = models.BigIntegerField(_("application fee"), default=0)
    allows_discount = models.BooleanField(_("allows gateway discounts"), default=False)
    allows_tax = models.BooleanField(_("allows gateway tax"), default=False)
    allows_shipping = models.BooleanField(_("allows gateway shipping"), default=False)

    checkout_id = ExternalIdField(_("checkout id"), null=True, blank=True)
    external_id = ExternalIdField(_("external id"), null=True, blank=True)
    charge_id = ExternalIdField(_("charge id"), blank=True, db_index=True)
    application_fee_id = ExternalIdField(_("application fee id"), blank=True)

    status = models.CharField(
        _("status"),
        max_length=20,
        choices=PaymentStatus,
        default=PaymentStatus.CREATED,
    )
    live = models.BooleanField(_("live"), null=True, default=True, editable=False)
    amount_captured = models.BigIntegerField(_("amount captured"), default=0)
    captured_currency = CurrencyField(_("currency captured"), blank=True)
    refund_reserved = models.BigIntegerField(_("refund reserved"), default=0)
    refund_done = models.BigIntegerField(_("refund done"), default=0)
    failure_code = models.CharField(_("failure code"), max_length=100, blank=True)
    failure_message = models.CharField(_("failure message"), max_length=500, blank=True)
    review_reason = models.TextField(_("review reason"), blank=True)
    confirmed_by = models.CharField(
        _("confirmed by"), max_length=20, choices=Source, blank=True
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    last_checked_at = models.DateTimeField(_("last checked at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "checkout_id"], name="payments_payment_checkout"
            ),
            models.UniqueConstraint(
                fields=["gateway", "external_id"], name="payments_payment_external"
            ),
            models.UniqueConstraint(
                fields=["order", "live"], name="payments_payment_one_live"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, application_fee_amount__gte=0),
                name="payments_payment_asked",
            ),
        )
        permissions = (("accept_payment", _("Can accept a payment in review")),)

    def __str__(self) -> str:
        return f"{self.gateway} {self.checkout_id or self.public_id}"

    @property
    def account_external_id(self) -> str:
        """The connected account the payment lives on; "" is the platform's own."""
        return self.account.external_id if self.account else ""

    @property
    def arrived_currency(self) -> str:
        """Currency of ``amount_captured``: the one asked for, unless told otherwise."""
        return str(self.captured_currency or self.currency)

    @property
    def is_surplus(self) -> bool:
        """Whether it holds money that its order does not owe."""
        return (
            self.status == PaymentStatus.SUCCEEDED and self.order.paid_by_id != self.pk
        )
