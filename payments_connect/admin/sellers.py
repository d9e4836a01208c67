"""Sellers and their accounts at the gateways."""

import json

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.models import ConnectedAccount, Seller

from .display import pretty_json
from .editing import EditableAdmin
from .readonly import ReadOnlyAdmin
from .typed import StackedInline

# What the gateway says about an account; nobody else may.
_SYNCED = (
    "status",
    "can_charge",
    "can_receive",
    "can_payout",
    "deadline",
    "disabled_reason",
    "synced_from",
)


class ConnectedAccountInline(StackedInline[ConnectedAccount, Seller]):
    """Accounts can be added; what is there is the gateway's word."""

    model = ConnectedAccount
    extra = 0
    can_delete = False
    show_change_link = True
    fields = (
        ("gateway", "external_id", "livemode"),
        ("country", "currency", "status"),
        ("can_charge", "can_receive", "can_payout"),
    )
    readonly_fields = ("status", "can_charge", "can_receive", "can_payout")

    def has_change_permission(
        self, request: HttpRequest, obj: Seller | None = None
    ) -> bool:
        """Nobody: payments live on the account as it was recorded."""
        return False


@admin.register(Seller)
class SellerAdmin(EditableAdmin[Seller]):
    """Sellers with their connected accounts."""

    list_display = ("name", "owner", "charge_type", "created_at")
    list_filter = ("charge_type", "created_at")
    list_select_related = ("owner",)
    ordering = ("name",)
    raw_id_fields = ("owner", "members")
    readonly_fields = ("public_id", "created_at")
    fields = (
        "name",
        "owner",
        "members",
        "charge_type",
        "fees",
        "public_id",
        "created_at",
    )
    inlines = (ConnectedAccountInline,)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Whatever the site's users log in with finds their sellers."""
        login = get_user_model().USERNAME_FIELD
        return ["name", "public_id", "accounts__external_id", f"owner__{login}"]


@admin.register(ConnectedAccount)
class ConnectedAccountAdmin(ReadOnlyAdmin[ConnectedAccount]):
    """Connected accounts as the gateway describes them."""

    list_display = (
        "external_id",
        "seller",
        "gateway",
        "status",
        "can_charge",
        "can_payout",
        "country",
        "livemode",
    )
    list_filter = ("status", "gateway", "can_charge", "livemode")
    list_select_related = ("seller",)
    search_fields = ("external_id", "seller__name", "seller__public_id")
    ordering = ("-pk",)
    fields = (
        "seller",
        ("gateway", "external_id", "livemode"),
        ("country", "currency"),
        *_SYNCED,
        "requirements_text",
        "created_at",
    )

    @admin.display(description=_lazy("requirements"))
    def requirements_text(self, account: ConnectedAccount) -> str:
        """What the gateway still wants, indented."""
        found = account.requirements
        return pretty_json(json.dumps(found)) if found else "-"
