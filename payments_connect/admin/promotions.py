"""Promotion codes, and who used them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.exceptions import InvalidAmount
from payments_connect.models import PromotionCode, PromotionRedemption
from payments_connect.money import check_currency
from payments_connect.templatetags.payments_connect import money

from .display import TABLE_LIMIT, link, moment, money_column, table
from .editing import EditableAdmin
from .readonly import ReadOnlyAdmin

_MINOR = _lazy("In the currency's smallest unit: 500 is USD 5.00, or JPY 500.")


class PromotionCodeForm(forms.ModelForm):  # type: ignore[type-arg]  # not at run time
    """Either a percentage, or an amount with its currency."""

    class Meta:
        model = PromotionCode
        fields = (
            "code",
            "active",
            "percent_off",
            "amount_off",
            "currency",
            "minimum_subtotal",
            "max_uses",
            "once_per_buyer",
            "valid_from",
            "valid_until",
        )
        help_texts: ClassVar = {"amount_off": _MINOR, "minimum_subtotal": _MINOR}

    def clean_currency(self) -> str:
        """Upper case, as everywhere."""
        currency: str = self.cleaned_data["currency"].upper()
        try:
            return check_currency(currency) if currency else ""
        except InvalidAmount as error:
            raise forms.ValidationError(_("Three letters, like USD.")) from error

    def clean(self) -> dict[str, Any]:
        """Say what the database would only refuse."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if (data.get("percent_off") is None) == (data.get("amount_off") is None):
            self.add_error("percent_off", _("Give a percentage or an amount."))
        elif data.get("amount_off") is not None and not data.get("currency"):
            self.add_error("currency", _("An amount needs its currency."))
        return data


@admin.register(PromotionCode)
class PromotionCodeAdmin(EditableAdmin[PromotionCode]):
    """Promotion codes; uses are counted by orders."""

    form = PromotionCodeForm
    list_display = (
        "code",
        "off",
        "uses",
        "max_uses",
        "valid_from",
        "valid_until",
        "active",
    )
    list_filter = ("active", "once_per_buyer", "valid_until")
    search_fields = ("code",)
    ordering = ("code",)
    readonly_fields = ("uses", "redemptions")
    fields = (
        ("code", "active"),
        ("percent_off", "amount_off", "currency"),
        "minimum_subtotal",
        ("max_uses", "uses", "once_per_buyer"),
        ("valid_from", "valid_until"),
        "redemptions",
    )

    @admin.display(description=_lazy("takes off"))
    def off(self, promotion: PromotionCode) -> str:
        """A percentage or an amount."""
        if promotion.percent_off is not None:
            return f"{promotion.percent_off.normalize():f}\N{NO-BREAK SPACE}%"
        return money(promotion.amount_off or 0, promotion.currency)

    @admin.display(description=_lazy("latest redemptions"))
    def redemptions(self, promotion: PromotionCode) -> str:
        """The newest; a popular code has thousands."""
        newest = PromotionRedemption.objects.filter(promotion=promotion)
        newest = newest.select_related("order").order_by("-pk")[:TABLE_LIMIT]
        return table(
            (_("Order"), _("E-mail"), _("Discount"), _("Status"), _("Used at")),
            [
                (
                    link(self.admin_site, use.order),
                    use.order.email,
                    money(use.amount, use.order.currency),
                    use.get_status_display(),
                    moment(use.created_at),
                )
                for use in newest
            ],
        )

    def get_fields(self, request: HttpRequest, obj: PromotionCode | None = None) -> Any:
        """A code that does not exist yet was not used."""
        fields = super().get_fields(request, obj)
        return fields if obj else [name for name in fields if name != "redemptions"]


@admin.register(PromotionRedemption)
class PromotionRedemptionAdmin(ReadOnlyAdmin[PromotionRedemption]):
    """Every use of every code."""

    list_display = ("promotion", "order", "money", "status", "created_at")
    list_filter = ("status", "created_at")
    list_select_related = ("promotion", "order")
    search_fields = ("promotion__code", "order__reference", "order__email")
    ordering = ("-pk",)
    fields = ("promotion", "order", "money", "status", "created_at")
    money = money_column("amount", _lazy("discount"), currency="order.currency")
