"""What the platform keeps of a line, and why."""

from payments_connect.conf import FeeRule, fee_rule, get_settings
from payments_connect.exceptions import InvalidAmount
from payments_connect.models import Seller
from payments_connect.money import check_amount, in_words, percentage


def rule_for(seller: Seller) -> FeeRule:
    """The seller's own rule, or the one of the settings."""
    if seller.fees is None:
        return get_settings().fees
    return fee_rule(seller.fees)


def application_fee(
    amount: int, currency: str, *, seller: Seller | None, override: int | None = None
) -> tuple[int, str]:
    """Compute the application fee of one line, with its arithmetic in words.

    Args:
        amount: What the buyer pays for the line after discount, minor units.
        currency: ISO 4217, upper case.
        seller: Whose line it is; the platform's own lines carry no fee.
        override: A fee decided by the site, minor units.

    Returns:
        The fee in minor units, and an explanation for people.

    Raises:
        InvalidAmount: The fee would be more than the amount. It is never cut down:
            a rule that asks for more than there is, is wrong.
    """
    if seller is None:
        return 0, ""
    if override is not None:
        fee = check_amount(override, name="application_fee")
        explanation = "set by the site"
    else:
        rule = rule_for(seller)
        fixed = rule.fixed.get(currency, 0) if amount else 0
        fee = percentage(amount, rule.percent) + fixed
        percent = f"{rule.percent.normalize():f}"
        explanation = f"{percent} % of {in_words(amount, currency)}"
        if fixed:
            explanation += f" + {in_words(fixed, currency)}"
    if fee > amount:
        raise InvalidAmount(
            f"Application fee {in_words(fee, currency)} is more than the line's "
            f"{in_words(amount, currency)}"
        )
    return fee, f"{in_words(fee, currency)}: {explanation}"
