"""Exact money: minor units in, minor units out, ``Decimal`` only in here.

Amounts are ``int`` in ISO 4217 minor units, always beside a currency (upper case).
The one rounding is half-up on the magnitude, and parts always sum to the whole.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from .exceptions import InvalidAmount

# ISO 4217 exponents that are not 2. Source: ISO 4217 table A.1 (2026).
_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
            "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}  # fmt: skip
_CODE_LENGTH = 3
MAX_AMOUNT = 2**63 - 1


def exponent(currency: str) -> int:
    """Digits after the decimal point of a currency (ISO 4217).

    Args:
        currency: ISO 4217 code, upper case.

    Raises:
        InvalidAmount: The code is not three upper-case ASCII letters.
    """
    check_currency(currency)
    return _EXPONENTS.get(currency, 2)


def check_currency(currency: str) -> str:
    """Give the currency back if it looks like an ISO 4217 code, upper case.

    Raises:
        InvalidAmount: It does not; pass for example "USD".
    """
    if not (
        len(currency) == _CODE_LENGTH
        and currency.isascii()
        and currency.isalpha()
        and currency.isupper()
    ):
        raise InvalidAmount(f"Not an ISO 4217 code in upper case: {currency!r}")
    return currency


def check_amount(amount: int, *, name: str = "amount", minimum: int = 0) -> int:
    """Give the amount back if it is a whole number of minor units in bounds.

    Args:
        amount: Minor units. ``bool`` and ``float`` are refused.
        name: What to call it in the error.
        minimum: The smallest value allowed.

    Raises:
        InvalidAmount: It is not an ``int``, is too small, or does not fit 64 bits.
    """
    if isinstance(amount, bool) or not isinstance(amount, int):
        raise InvalidAmount(f"{name} must be int minor units, not {amount!r}")
    if not minimum <= amount <= MAX_AMOUNT:
        raise InvalidAmount(f"{name} out of bounds: {amount}")
    return amount


def to_decimal(amount: int, currency: str) -> Decimal:
    """Turn minor units into major units, for showing (1234 USD is 12.34)."""
    return Decimal(amount).scaleb(-exponent(currency))


def in_words(amount: int, currency: str) -> str:
    """An amount for people, the same in every locale: 1234 of USD is "12.34 USD"."""
    return f"{to_decimal(amount, currency):f} {currency}"


def percentage(amount: int, percent: Decimal) -> int:
    """Take a percentage of an amount, rounded half-up to a whole minor unit.

    Args:
        amount: Minor units, not negative.
        percent: 12.5 takes one eighth.
    """
    share = Decimal(amount) * percent / 100
    return int(share.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split a total in proportion to weights; the parts sum to it exactly.

    Largest remainder: each part is rounded down, and the units left over go to the
    largest remainders, earlier parts first. With no weight at all the parts are even.

    Args:
        total: Minor units, not negative.
        weights: Not negative, at least one.

    Raises:
        InvalidAmount: No weights, or something is negative.
    """
    if not weights or total < 0 or min(weights) < 0:
        raise InvalidAmount("allocate needs weights, and nothing negative")
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i)
    )
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
