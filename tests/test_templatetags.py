import pytest
from django.template import Context, Template
from django.utils import translation

from payments_connect.exceptions import InvalidAmount
from payments_connect.templatetags.payments_connect import money

SPACE = "\N{NO-BREAK SPACE}"


class TestMoney:
    """Minor units as a person reads them."""

    @pytest.mark.parametrize(
        ("amount", "currency", "shown"),
        [
            (12_34, "USD", "12.34"),
            (0, "USD", "0.00"),
            (5, "USD", "0.05"),
            (1_234, "JPY", "1,234"),
            (1_234_567_89, "EUR", "1,234,567.89"),
            (1_234, "KWD", "1.234"),
            (2**63 - 1, "USD", "92,233,720,368,547,758.07"),
            (-12_34, "USD", "-12.34"),
        ],
    )
    def test_decimals_are_those_of_the_currency(self, amount, currency, shown):
        """Never a float in between: every digit is there."""
        assert money(amount, currency) == f"{shown}{SPACE}{currency}"

    def test_separators_are_the_readers(self):
        """In German the comma and the point change places."""
        with translation.override("de"):
            assert money(1_234_56, "EUR") == f"1.234,56{SPACE}EUR"

    def test_nothing_is_shown_as_nothing(self):
        """A template may meet a null."""
        assert money(None, "USD") == ""

    def test_unknown_currency_is_an_error(self):
        """A wrong number of decimals would be a wrong price."""
        with pytest.raises(InvalidAmount):
            money(1, "usd")


class TestPlacementKey:
    """The form tag that makes a double click one order."""

    def render(self):
        source = "{% load payments_connect %}{% placement_key %}"
        return Template(source).render(Context())

    def test_each_form_has_a_key_of_its_own(self):
        """Hidden, under the name the view looks for."""
        first, second = self.render(), self.render()
        assert first != second
        assert 'type="hidden"' in first
        assert 'name="placement_key"' in first
