from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_connect.exceptions import InvalidAmount
from payments_connect.money import (
    MAX_AMOUNT,
    allocate,
    check_amount,
    check_currency,
    exponent,
    percentage,
    to_decimal,
)

amounts = st.integers(min_value=0, max_value=10**15)
weights = st.lists(st.integers(min_value=0, max_value=10**12), min_size=1, max_size=20)
percents = st.decimals(min_value=0, max_value=100, places=2)


class TestAllocate:
    @given(total=amounts, weights=weights)
    def test_parts_sum_to_the_whole(self, total, weights):
        """Whatever is split, not one minor unit is lost or made up."""
        assert sum(allocate(total, weights)) == total

    @given(total=amounts, weights=weights)
    def test_no_part_drifts_from_its_exact_share(self, total, weights):
        """Each part is its exact share rounded down or up, never further off."""
        whole = sum(weights) or len(weights)
        shares = weights if sum(weights) else [1] * len(weights)
        for part, weight in zip(allocate(total, weights), shares, strict=True):
            assert abs(Fraction(total * weight, whole) - part) < 1

    @given(total=amounts, weights=weights)
    def test_a_larger_weight_never_gets_less(self, total, weights):
        """The split is monotone: who weighs more gets at least as much."""
        parts = allocate(total, weights)
        for weight, part in zip(weights, parts, strict=True):
            for other, others_part in zip(weights, parts, strict=True):
                assert weight <= other or part >= others_part

    @given(total=amounts, weights=weights)
    def test_equal_weights_differ_by_one_at_most(self, total, weights):
        """Equal shares are equal but for the unit that cannot be halved."""
        parts = allocate(total, [1] * len(weights))
        assert max(parts) - min(parts) <= 1

    @given(weights=weights, data=st.data())
    def test_a_part_of_a_smaller_whole_is_never_more_than_its_weight(
        self, weights, data
    ):
        """A discount share never exceeds the line it is taken off."""
        total = data.draw(st.integers(min_value=0, max_value=sum(weights)))
        for part, weight in zip(allocate(total, weights), weights, strict=True):
            assert part <= weight or sum(weights) == 0

    @given(total=amounts, weights=weights.filter(any))
    def test_a_zero_weight_gets_nothing_beside_others(self, total, weights):
        """A free line carries no share of a discount."""
        for part, weight in zip(
            allocate(total, [*weights, 0]), [*weights, 0], strict=True
        ):
            assert weight or part == 0

    def test_units_left_over_go_to_the_largest_remainders_then_the_earliest(self):
        """The rounding is stated, so the same order always splits the same way."""
        assert allocate(100, [1, 1, 1]) == [34, 33, 33]
        assert allocate(10, [1, 6, 2]) == [1, 7, 2]

    def test_no_weight_at_all_splits_evenly(self):
        """A total over lines that cost nothing is still given out whole."""
        assert allocate(5, [0, 0]) == [3, 2]

    @pytest.mark.parametrize(
        ("total", "weights"), [(1, []), (-1, [1]), (1, [1, -1]), (0, [])]
    )
    def test_nothing_negative_and_nothing_without_weights(self, total, weights):
        """What cannot be split is refused, not guessed."""
        with pytest.raises(InvalidAmount):
            allocate(total, weights)


class TestPercentage:
    @given(amount=amounts, percent=percents)
    def test_is_the_exact_share_rounded_half_up(self, amount, percent):
        """The one rounding: half-up to a whole minor unit, compared with fractions."""
        exact = Fraction(amount) * Fraction(percent) / 100
        assert percentage(amount, percent) == int(exact + Fraction(1, 2))

    @given(amount=amounts, percent=percents)
    def test_never_more_than_all_of_it(self, amount, percent):
        """A percentage up to a hundred stays within the amount."""
        assert 0 <= percentage(amount, percent) <= amount

    def test_the_largest_amount_is_exact(self):
        """Sixty-four bits of minor units lose no digit."""
        assert percentage(MAX_AMOUNT, Decimal(100)) == MAX_AMOUNT


class TestExponent:
    @pytest.mark.parametrize(
        ("currency", "digits"),
        [("USD", 2), ("JPY", 0), ("UGX", 0), ("MGA", 2), ("KWD", 3), ("CLF", 4)],
    )
    def test_is_the_one_of_iso_4217(self, currency, digits):
        """Rows hold ISO minor units, whatever a gateway makes of the currency."""
        assert exponent(currency) == digits

    @pytest.mark.parametrize(
        ("amount", "currency", "shown"),
        [(12_34, "USD", "12.34"), (1234, "JPY", "1234"), (1_234, "KWD", "1.234")],
    )
    def test_shows_minor_units_as_major_ones(self, amount, currency, shown):
        """12_34 is twelve dollars and a bit, and yen have no cents."""
        assert to_decimal(amount, currency) == Decimal(shown)


class TestCheckCurrency:
    def test_gives_a_code_back(self):
        """A good code passes through."""
        assert check_currency("EUR") == "EUR"

    @pytest.mark.parametrize("code", ["", "eur", "EU", "EURO", "E1R", "ÄÖÜ", "EU "])
    def test_refuses_everything_else(self, code):
        """Lower case, other scripts and other lengths are refused."""
        with pytest.raises(InvalidAmount, match="ISO 4217"):
            check_currency(code)


class TestCheckAmount:
    @pytest.mark.parametrize("amount", [0, 1, MAX_AMOUNT])
    def test_gives_whole_minor_units_back(self, amount):
        """What fits the column is fine."""
        assert check_amount(amount) == amount

    @pytest.mark.parametrize(
        "amount", [1.0, True, "1", None, Decimal(1), -1, MAX_AMOUNT + 1]
    )
    def test_refuses_what_is_not_money(self, amount):
        """No float, no bool, no text, nothing negative, nothing past 64 bits."""
        with pytest.raises(InvalidAmount, match="price"):
            check_amount(amount, name="price")

    def test_keeps_a_minimum(self):
        """A quantity is at least one."""
        with pytest.raises(InvalidAmount):
            check_amount(0, minimum=1)
