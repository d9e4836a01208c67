from typing import ClassVar

from django.db import models
from django.urls import reverse

from payments_connect.models import Order, Seller, StockItem


class Product(models.Model):
    """Something on offer; `seller` is empty for what the marketplace itself sells."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    picture = models.CharField(max_length=100, help_text="Path of a static file")
    description = models.TextField()
    seller = models.ForeignKey(
        Seller, null=True, blank=True, on_delete=models.PROTECT, related_name="products"
    )
    price = models.BigIntegerField(help_text="Minor units: 6.50 is 650")
    currency = models.CharField(max_length=3, default="USD")
    stock_item = models.ForeignKey(
        StockItem, null=True, blank=True, on_delete=models.PROTECT
    )
    takes_stripe_codes = models.BooleanField(
        default=False, help_text="Buyers may enter Stripe's own codes on its page"
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager["Product"]] = models.Manager()

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.slug])

    @property
    def available(self) -> int | None:
        """How many are left; None where there is no end of it."""
        return None if self.stock_item is None else self.stock_item.available


class Parcel(models.Model):
    """What the warehouse packs: one for each paid order."""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="parcel")
    packed_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Parcel"]] = models.Manager()

    def __str__(self) -> str:
        return f"Parcel of order {self.order.reference}"
