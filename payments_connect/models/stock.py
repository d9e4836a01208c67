from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StockItem(models.Model):
    """Something there is only so much of; taken when an order is paid."""

    sku = models.CharField(_("SKU"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    available = models.BigIntegerField(_("available"), default=0)

    class Meta:
        verbose_name = _("stock item")
        verbose_name_plural = _("stock items")
        constraints = (
            models.CheckConstraint(
                condition=Q(available__gte=0), name="payments_stock_available"
            ),
        )

    def __str__(self) -> str:
        return self.name
