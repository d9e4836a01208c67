import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_connect.exceptions import InvalidAmount
from payments_connect.gateways.stripe import mapping
from payments_connect.money import exponent
from payments_connect.sandbox.stripe.currencies import (
    SUPPORTED,
    WHOLE_UNITS_ONLY,
    ZERO_DECIMAL,
)

CURRENCIES = sorted(code.upper() for code in SUPPORTED)


class TestAmounts:
    """ISO 4217 minor units and Stripe's unit."""

    @given(st.sampled_from(CURRENCIES), st.integers(min_value=0, max_value=999_999_999))
    def test_amount_comes_back_from_stripes_unit(self, currency, whole):
        """There and back, for every currency Stripe lists."""
        amount = whole * (100 if currency == "MGA" else 1)
        sent = mapping.to_stripe_amount(amount, currency)
        assert mapping.from_stripe_amount(sent, currency) == amount

    @given(st.sampled_from(CURRENCIES), st.integers(min_value=1, max_value=10**6))
    def test_unit_is_the_one_stripe_documents(self, currency, units):
        """Held against the sandbox's own table, which was written apart from ours."""
        places = 0 if currency.lower() in ZERO_DECIMAL else 2
        sent = mapping.to_stripe_amount(units * 10 ** exponent(currency), currency)
        assert sent == units * 10**places
        if currency.lower() in WHOLE_UNITS_ONLY:
            assert sent % 100 == 0

    @pytest.mark.parametrize(
        ("currency", "amount", "sent"),
        [
            ("USD", 12_34, 12_34),
            ("JPY", 1_234, 1_234),
            ("UGX", 500, 500_00),
            ("ISK", 500, 500_00),
            ("MGA", 500_00, 500),
            ("HUF", 175_00, 175_00),
            ("TWD", 100_50, 100_50),
        ],
    )
    def test_special_cases(self, currency, amount, sent):
        """Where ISO 4217 and Stripe disagree, and two where they only seem to."""
        assert mapping.to_stripe_amount(amount, currency) == sent
        assert mapping.from_stripe_amount(sent, currency) == amount

    @pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND", "CLF"])
    def test_currencies_with_more_decimals_are_refused(self, currency):
        """Stripe does not list them."""
        with pytest.raises(InvalidAmount):
            mapping.to_stripe_amount(1_000, currency)

    def test_part_of_a_whole_currency_is_refused(self):
        """12.34 MGA has no form at Stripe, 5.50 UGX none with us."""
        with pytest.raises(InvalidAmount):
            mapping.to_stripe_amount(12_34, "MGA")
        for currency in ("UGX", "ISK"):
            with pytest.raises(InvalidAmount):
                mapping.from_stripe_amount(5_50, currency)

    @pytest.mark.parametrize("amount", [-1, 2**63, 1.0, True, "1", None])
    def test_what_is_no_amount_is_refused(self, amount):
        """Negative, too large, or of another type."""
        for convert in (mapping.to_stripe_amount, mapping.from_stripe_amount):
            with pytest.raises(InvalidAmount):
                convert(amount, "USD")

    @pytest.mark.parametrize(
        ("currency", "least"), [("USD", 50), ("GBP", 30), ("JPY", 50), ("HUF", 175_00)]
    )
    def test_smallest_charge_is_taken_and_no_smaller_one(self, currency, least):
        """By the table of minimum amounts."""
        mapping.check_charge_amount(least, currency)
        with pytest.raises(InvalidAmount):
            mapping.check_charge_amount(least - 1, currency)

    def test_unlisted_minimum_is_one_unit(self):
        """Stripe has the last word on currencies without a documented minimum."""
        mapping.check_charge_amount(1, "LKR")
        with pytest.raises(InvalidAmount):
            mapping.check_charge_amount(0, "LKR")

    def test_largest_charge_is_twelve_digits_of_stripes_unit(self):
        """So 100 times less in the currencies that Stripe multiplies."""
        mapping.check_charge_amount(999_999_999_999, "USD")
        mapping.check_charge_amount(9_999_999_999, "UGX")
        for amount, currency in ((10**12, "USD"), (10**10, "UGX")):
            with pytest.raises(InvalidAmount):
                mapping.check_charge_amount(amount, currency)
