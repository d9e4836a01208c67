"""Amounts by Stripe's rules: docs.stripe.com/currencies (copy of August 2026)."""

from payments_connect.sandbox.stripe.errors import ApiError, invalid

_CODES = """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bif bmd bnd bob brl bsd bwp
    byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp
    gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jpy kes kgs khr kmf krw
    kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad
    ngn nio nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek
    sgd shp sle sos srd szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst
    xaf xcd xcg xof xpf yer zar zmw
"""
SUPPORTED = frozenset(_CODES.split())

_WITHOUT_DECIMALS = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
ZERO_DECIMAL = frozenset(_WITHOUT_DECIMALS.split())

# Logically without decimals, but sent with two that must be 00.
WHOLE_UNITS_ONLY = frozenset({"isk", "ugx"})

# In Stripe's unit. The real check is in the settlement currency, after conversion.
MINIMUM = {
    "usd": 50, "aed": 2_00, "ars": 50, "aud": 50, "brl": 50, "cad": 50, "chf": 50,
    "cop": 50, "czk": 15_00, "dkk": 2_50, "eur": 50, "gbp": 30, "hkd": 4_00,
    "huf": 175_00, "idr": 50, "ils": 50, "inr": 50, "jpy": 50, "krw": 50, "mxn": 10_00,
    "myr": 2_00, "nok": 3_00, "nzd": 50, "php": 50, "pln": 2_00, "ron": 2_00,
    "rub": 50, "sek": 3_00, "sgd": 50, "thb": 10_00, "zar": 50,
}  # fmt: skip

# Twelve digits for cards; the SDK's docstring still says eight.
MAXIMUM = 999_999_999_999


def check_currency(currency: str, *, param: str) -> str:
    """Return the currency in Stripe's lower case.

    Raises:
        ApiError: 400 for a code that Stripe does not charge in.
    """
    lowered = currency.lower()
    if lowered not in SUPPORTED:
        raise invalid(
            f"Invalid currency: {lowered}. Stripe currently supports these currencies: "
            + ", ".join(sorted(SUPPORTED)),
            param=param,
        )
    return lowered


def check_unit_amount(amount: int, *, currency: str, param: str) -> int:
    """Return a price in Stripe's unit.

    Raises:
        ApiError: 400 for a negative amount or a fraction the currency does not have.
    """
    if amount < 0:
        raise invalid(
            "Invalid non-negative integer",
            param=param,
            code="parameter_invalid_integer",
        )
    if currency in WHOLE_UNITS_ONLY and amount % 100:
        raise invalid(
            f"Invalid amount: {currency.upper()} has no decimals, so the last two "
            "digits must be 00.",
            param=param,
        )
    return amount


def check_total(total: int, *, currency: str) -> None:
    """Refuse a total that cannot be charged; zero is a no-cost order.

    Raises:
        ApiError: 400 `amount_too_small` or `amount_too_large`.
    """
    minimum = MINIMUM.get(currency, 1)
    if 0 < total < minimum:
        raise ApiError(
            f"The Checkout Session's total amount due must add up to at least "
            f"{display(minimum, currency)}.",
            code="amount_too_small",
        )
    if total > MAXIMUM:
        raise ApiError(
            f"The Checkout Session's total amount due must be no more than "
            f"{display(MAXIMUM, currency)}.",
            code="amount_too_large",
        )


def display(amount: int, currency: str) -> str:
    """Return an amount for people: `12.50 EUR`."""
    code = currency.upper()
    if currency in ZERO_DECIMAL:
        return f"{amount:,} {code}"
    whole, cents = divmod(amount, 100)
    return f"{whole:,}.{cents:02d} {code}"
