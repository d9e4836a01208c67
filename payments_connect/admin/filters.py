"""Filters of the lists that Django's own do not give."""

from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from payments_connect.conf import get_settings
from payments_connect.enums import PaymentStatus
from payments_connect.models import Payment


class GatewayFilter(admin.SimpleListFilter):
    """By gateway, from the settings: no query, and hidden while there is only one."""

    title = _("gateway")
    parameter_name = "gateway"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The slugs."""
        slugs = list(get_settings().gateways)
        return [(slug, slug) for slug in slugs] if len(slugs) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows of one gateway."""
        return queryset.filter(gateway=self.value()) if self.value() else queryset


class MoneyFilter(admin.SimpleListFilter):
    """Whether a payment's money pays its order or is too much."""

    title = _("money")
    parameter_name = "money"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two kinds of money."""
        return [("paid", _("Pays its order")), ("surplus", _("Surplus"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Payment]
    ) -> QuerySet[Payment]:
        """Payments whose money is of that kind."""
        pays = Q(order__paid_by=F("pk"))
        if self.value() == "paid":
            return queryset.filter(pays)
        if self.value() == "surplus":
            other = ~pays | Q(order__paid_by__isnull=True)
            return queryset.filter(other, status=PaymentStatus.SUCCEEDED)
        return queryset
