"""Django's admin classes with their type parameters, which they lack at run time."""

from typing import TYPE_CHECKING

from django.contrib import admin

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
else:

    class _Parametrized:
        def __class_getitem__(cls, _parameters):
            return cls

    class ModelAdmin(_Parametrized, admin.ModelAdmin):
        """As Django's."""

    class StackedInline(_Parametrized, admin.StackedInline):
        """As Django's."""

    class TabularInline(_Parametrized, admin.TabularInline):
        """As Django's."""


__all__ = ["ModelAdmin", "StackedInline", "TabularInline"]
