"""How money, states, links and raw texts look in the admin."""

import json
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import display_for_value
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from payments_connect.templatetags.payments_connect import money

# The return addresses hold the order's key.
_HIDDEN = frozenset({"cancel_url", "client_secret", "return_url", "success_url", "url"})
TABLE_LIMIT = 50
_LONG, _START, _END = 30, 8, 12


def money_column(
    name: str, description: Any, *, currency: str = "currency"
) -> Callable[[Any, Any], str]:
    """A read-only column that shows an amount of the row as money.

    Args:
        name: Attribute with the amount, minor units.
        description: Heading.
        currency: Attribute with the currency; dots follow relations.
    """
    of = attrgetter(currency)

    @admin.display(description=description, ordering=name)
    def column(_admin: Any, row: Any) -> str:
        return money(getattr(row, name), of(row))

    return column


def state(row: Model, *, name: str = "status", alarming: Iterable[str]) -> str:
    """A status in the reader's words, strong where a person should look."""
    text = getattr(row, f"get_{name}_display")()
    if getattr(row, name) in alarming:
        return format_html("<strong>{}</strong>", text)
    return str(text)


def ending(text: str | None) -> str:
    """The end of a long id, which is what people compare."""
    if not text or len(text) <= _LONG:
        return text or "-"
    return f"{text[:_START]}…{text[-_END:]}"


def link(site: AdminSite, row: Model, text: object = "") -> str:
    """A link to the page of a row, or only its text where it has no page."""
    return link_to(site, type(row), pk=row.pk, text=text or row)


def link_to(site: AdminSite, model: type[Model], *, pk: object, text: object) -> str:
    """As ``link``, without having the row at hand."""
    options = model._meta
    try:
        url = reverse(
            f"admin:{options.app_label}_{options.model_name}_change",
            args=[pk],
            current_app=site.name,
        )
    except NoReverseMatch:
        return str(text)
    return format_html('<a href="{}">{}</a>', url, text)


def table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> SafeString:
    """A small table inside an object's page."""
    context = {"head": head, "rows": list(rows)}
    return render_to_string("admin/payments_connect/table.html", context)


def moment(when: Any) -> str:
    """A time as the admin's own columns show it."""
    return display_for_value(when, "-")


def pretty_json(text: str) -> str:
    """JSON, indented, without secrets; anything else as it is."""
    if not text:
        return "-"
    try:
        value = json.loads(text, object_hook=_without_secrets)
    except ValueError:
        return preformatted(text)
    return preformatted(json.dumps(value, indent=2, ensure_ascii=False))


def preformatted(text: str) -> str:
    """Text with its line breaks."""
    return format_html("<pre>{}</pre>", text)


def _without_secrets(found: dict[str, Any]) -> dict[str, Any]:
    hidden = _("(hidden)")
    return {
        name: hidden if name in _HIDDEN and value else value
        for name, value in found.items()
    }
