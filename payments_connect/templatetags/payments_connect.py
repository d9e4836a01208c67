"""Show money and payment states: ``{% load payments_connect %}``."""

import uuid

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString

from payments_connect.money import exponent, to_decimal

register = template.Library()


@register.filter
def money(amount: int | None, currency: str) -> str:
    """Show minor units in the reader's locale.

    ``{{ order.total|money:order.currency }}`` shows 1234 of USD as "12.34 USD" and
    1234 of JPY as "1,234 JPY", with the separators of the locale.
    """
    if amount is None:
        return ""
    number = formats.number_format(
        to_decimal(amount, currency),
        decimal_pos=exponent(currency),
        use_l10n=True,
        force_grouping=True,
    )
    return f"{number}\N{NO-BREAK SPACE}{currency}"


@register.simple_tag
def placement_key() -> SafeString:
    """A hidden field that makes a double click of this form one order.

    ``CheckoutMixin.placement_key`` reads it; pass that on to ``place_order``.
    """
    return format_html(
        '<input type="hidden" name="placement_key" value="{}">', uuid.uuid4()
    )
