"""Stock: named here, counted by sales."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.models import StockItem
from payments_connect.services.inventory import change_stock

from .editing import EditableAdmin


class StockItemForm(forms.ModelForm):  # type: ignore[type-arg]  # not at run time
    """Of what is there, people say how much comes or goes, never how much there is."""

    change_by = forms.IntegerField(
        label=_lazy("Add or remove"),
        required=False,
        help_text=_lazy("Pieces that came in, or with a minus went out otherwise."),
    )

    class Meta:
        model = StockItem
        fields = ("sku", "name", "available")


@admin.register(StockItem)
class StockItemAdmin(EditableAdmin[StockItem]):
    """Stock items.

    Writing a number back would undo the sales since the page was opened, so what is
    available changes by a difference, in one conditional update.
    """

    form = StockItemForm
    list_display = ("name", "sku", "available")
    search_fields = ("sku", "name")
    ordering = ("name", "pk")

    def get_fields(self, request: HttpRequest, obj: StockItem | None = None) -> Any:
        """A new item starts with a number; later there are only differences."""
        last = ["available"] if obj is None else ["available", "change_by"]
        return ["sku", "name", *last]

    def get_readonly_fields(
        self, request: HttpRequest, obj: StockItem | None = None
    ) -> list[str]:
        """What is there is counted, not written."""
        return [] if obj is None else ["available"]

    def save_model(  # noqa: PLR0917  # Django's signature
        self, request: HttpRequest, obj: StockItem, form: Any, change: bool
    ) -> None:
        """Save the names, then add the difference."""
        super().save_model(request, obj, form, change)
        by = form.cleaned_data.get("change_by") if change else None
        if by and not change_stock(obj, by):
            text = _("There are not that many left of %s; the number is unchanged.")
            self.message_user(request, text % obj, messages.ERROR)
