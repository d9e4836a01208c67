"""Rows that people edit while sales go on beside them."""

from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest

from .typed import ModelAdmin

Row = TypeVar("Row", bound=Model)


class EditableAdmin(ModelAdmin[Row]):
    """Writes only what the person changed.

    A form is open for minutes. Writing its other columns back would undo what sales
    and gateways wrote meanwhile: uses of a code, pieces in stock.
    """

    show_full_result_count = False
    list_per_page = 50

    def save_model(  # noqa: PLR0917  # Django's signature
        self, request: HttpRequest, obj: Row, form: Any, change: bool
    ) -> None:
        """Insert a new row; of an old one write the changed columns."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        columns = {field.name for field in obj._meta.concrete_fields}
        obj.save(update_fields=columns & set(form.changed_data))
