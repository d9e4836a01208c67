from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_connect.conf import FeeRule
from payments_connect.exceptions import InvalidAmount
from payments_connect.models import Seller
from payments_connect.services.fees import application_fee, rule_for

SELLER = Seller(name="Without a rule")


def seller_with(**rule):
    return Seller(name="With a rule", fees=rule)


class TestRuleFor:
    def test_the_settings_rule_serves_everybody(self):
        """A seller without a rule pays the site's."""
        assert rule_for(SELLER) == FeeRule(percent=Decimal(10))

    def test_a_sellers_own_rule_wins(self):
        """What was agreed with a seller is kept on the seller."""
        seller = seller_with(percent="2.5", fixed={"USD": 30})
        assert rule_for(seller) == FeeRule(percent=Decimal("2.5"), fixed={"USD": 30})

    def test_an_empty_rule_is_a_rule(self):
        """A seller may sell for free; that is not the same as no rule."""
        assert application_fee(100_00, "USD", seller=seller_with())[0] == 0


class TestApplicationFee:
    def test_percentage_and_fixed_part(self):
        """Both parts are said in words, for people who ask why."""
        seller = seller_with(percent="2.5", fixed={"USD": 30})
        fee, explanation = application_fee(100_00, "USD", seller=seller)
        assert (fee, explanation) == (
            2_80,
            "2.80 USD: 2.5 % of 100.00 USD + 0.30 USD",
        )

    def test_fixed_part_is_per_currency(self):
        """Thirty cents are not thirty yen."""
        seller = seller_with(fixed={"USD": 30})
        assert application_fee(1_000, "JPY", seller=seller)[0] == 0

    def test_a_free_line_has_no_fixed_part(self):
        """Nothing was paid, so nothing is kept."""
        seller = seller_with(percent="10", fixed={"USD": 30})
        assert application_fee(0, "USD", seller=seller)[0] == 0

    def test_the_platforms_own_lines_have_no_fee(self):
        """The platform keeps all of it anyway."""
        assert application_fee(100_00, "USD", seller=None, override=5) == (0, "")

    def test_the_site_may_decide(self):
        """A fee given with the line wins over every rule."""
        fee, explanation = application_fee(100_00, "USD", seller=SELLER, override=7)
        assert (fee, explanation) == (7, "0.07 USD: set by the site")

    @pytest.mark.parametrize("override", [100_01, -1])
    def test_a_fee_is_never_cut_down(self, override):
        """A rule that asks for more than there is, is wrong, and said so."""
        with pytest.raises(InvalidAmount):
            application_fee(100_00, "USD", seller=SELLER, override=override)

    def test_a_fixed_part_above_the_line_is_refused(self):
        """Refused, never clamped: somebody must correct the rule."""
        with pytest.raises(InvalidAmount, match="more than the line"):
            application_fee(29, "USD", seller=seller_with(fixed={"USD": 30}))

    @given(
        amount=st.integers(min_value=0, max_value=10**12),
        percent=st.decimals(min_value=0, max_value=100, places=2),
    )
    def test_a_percentage_is_never_more_than_the_line(self, amount, percent):
        """No percentage rule can be refused for being too high."""
        seller = seller_with(percent=str(percent))
        assert 0 <= application_fee(amount, "USD", seller=seller)[0] <= amount
