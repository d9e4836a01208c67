"""Facts: shown to whoever may view them, written by nobody."""

from typing import TypeVar

from django.db.models import Model
from django.http import HttpRequest

from .typed import ModelAdmin, TabularInline

Row = TypeVar("Row", bound=Model)
Parent = TypeVar("Parent", bound=Model)


class ReadOnlyAdmin(ModelAdmin[Row]):
    """Rows that the services write; the permission "change" is for operations."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: such a row would claim what never happened."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Row | None = None
    ) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Row | None = None
    ) -> bool:
        """Nobody."""
        return False


class ReadOnlyInline(TabularInline[Row, Parent]):
    """Rows of a parent, as they are."""

    extra = 0
    max_num = 0
    can_delete = False

    def has_add_permission(
        self, request: HttpRequest, obj: Parent | None = None
    ) -> bool:
        """Nobody."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Parent | None = None
    ) -> bool:
        """Nobody."""
        return False
