"""What an order's page shows below the order: its lines and its payments."""

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.models import Order, OrderLine, Payment

from .display import link_to, money_column, state
from .payments import ALARMING_PAYMENTS, standing
from .readonly import ReadOnlyInline


class OrderLineInline(ReadOnlyInline[OrderLine, Order]):
    """The positions of an order."""

    model = OrderLine
    verbose_name_plural = _lazy("order lines")
    fields = (
        "description",
        "item",
        "seller",
        "quantity",
        "unit",
        "sum",
        "less",
        "tax_share",
        "fee",
        "stock",
    )
    readonly_fields = fields
    unit = money_column("unit_amount", _lazy("unit"), currency="order.currency")
    sum = money_column("amount", _lazy("amount"), currency="order.currency")
    less = money_column("discount", _lazy("discount"), currency="order.currency")
    tax_share = money_column("tax", _lazy("tax"), currency="order.currency")
    fee = money_column("application_fee", _lazy("fee"), currency="order.currency")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        """Everything a line shows, in one query."""
        rows = super().get_queryset(request)
        return rows.select_related("order", "seller", "stock_item").order_by("pk")

    @admin.display(description=_lazy("item"))
    def item(self, line: OrderLine) -> str:
        """What the line stands for, without fetching it."""
        if line.content_type_id is None:
            return "-"
        content_type = ContentType.objects.get_for_id(line.content_type_id)
        text = f"{content_type.name} {line.object_id}"
        model = content_type.model_class()
        if model is None:
            return text
        return link_to(self.admin_site, model, pk=line.object_id, text=text)

    @admin.display(description=_lazy("stock"))
    def stock(self, line: OrderLine) -> str:
        """What was taken, and what there is where that was not enough."""
        if line.stock_item is None:
            return "-"
        if line.stock_taken >= line.quantity:
            return _("taken")
        return _("%(taken)s of %(needed)s taken; %(sku)s has %(available)s") % {
            "taken": line.stock_taken,
            "needed": line.quantity,
            "sku": line.stock_item.sku,
            "available": line.stock_item.available,
        }


class PaymentInline(ReadOnlyInline[Payment, Order]):
    """The attempts to pay an order."""

    model = Payment
    show_change_link = True
    verbose_name_plural = _lazy("payments")
    fields = ("state", "asked", "captured", "standing", "account", "confirmed_by")
    readonly_fields = fields
    asked = money_column("amount", _lazy("asked for"))
    captured = money_column(
        "amount_captured", _lazy("captured"), currency="arrived_currency"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Everything a payment shows, in one query."""
        rows = super().get_queryset(request)
        return rows.select_related("order", "account").order_by("pk")

    @admin.display(description=_lazy("status"))
    def state(self, payment: Payment) -> str:
        """Strong where a person should look."""
        return state(payment, alarming=ALARMING_PAYMENTS)

    @admin.display(description=_lazy("money"))
    def standing(self, payment: Payment) -> str:
        """Whether the money pays the order or is too much."""
        return standing(payment)
