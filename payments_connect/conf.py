"""The one place that reads settings: ``PAYMENTS_CONNECT``, a single dict.

``get_settings()`` returns a frozen, typed view; tests' ``override_settings`` is
followed. Reading a setting never calls a gateway. What each key means is in the
docstring of ``Settings``; the keys of the dict are its attributes in upper case.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from .enums import ChargeType
from .exceptions import ConfigurationError
from .money import check_currency

SETTING = "PAYMENTS_CONNECT"


@dataclass(frozen=True, kw_only=True)
class GatewayConfig:
    """One entry of ``GATEWAYS``: a class by dotted path, and its constructor options.

    The options hold secrets: their values never appear in ``repr``.
    """

    backend: str
    options: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class FeeRule:
    """What the platform keeps of a seller's line.

    Attributes:
        percent: Of the line's amount after discount; 10 is ten percent.
        fixed: Minor units per line, by currency.
    """

    percent: Decimal = Decimal(0)
    fixed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The whole configuration, checked.

    Attributes:
        gateways: By slug, ``{"BACKEND": dotted path, "OPTIONS": {…}}``.
        default_gateway: Slug used where nothing else is said.
        namespace: Ours among the events of a shared gateway account; events that
            carry another namespace are ignored. Unique per site and database.
        default_currency: ISO 4217 code of orders that do not name theirs; "" has them
            name it.
        charge_type: How sellers are charged for, unless seller or order says.
        fees: Application fee of a seller's line, unless seller or line says.
        oversold_policy: What to do with a paid order that is short of stock.
        webhook_processing: "inline": events are settled in the webhook's request.
        fulfilment_handler: Dotted path of a callable that hands over a paid order;
            called with the order, at least once, until it returns. "" for none.
        checkout_ui_mode: "hosted_page" (the gateway's page) or "embedded_page".
        checkout_expires_after: A checkout's life (30 minutes to 24 hours).
        order_expires_after: A pending order's life; then it is canceled, and its
            promotion use released.
        confirm_interval: Shortest time between two retrieves that return pages of
            one payment cause.
        webhook_max_bytes: Larger deliveries are answered 413.
        webhook_max_attempts: Failures of one event before it is a dead letter.
        webhook_patience: Failures answered 500, asking the gateway to deliver again;
            after that many the sweep owns the event and the answer is 200.
    """

    gateways: Mapping[str, GatewayConfig] = field(default_factory=dict)
    default_gateway: str = "stripe"
    namespace: str = "default"
    default_currency: str = ""
    charge_type: ChargeType = ChargeType.DIRECT
    fees: FeeRule = field(default_factory=FeeRule)
    oversold_policy: str = "hold"
    webhook_processing: str = "inline"
    fulfilment_handler: str = ""
    checkout_ui_mode: str = "hosted_page"
    checkout_expires_after: timedelta = timedelta(hours=23)
    order_expires_after: timedelta = timedelta(hours=48)
    confirm_interval: timedelta = timedelta(seconds=10)
    webhook_max_bytes: int = 512 * 1024
    webhook_max_attempts: int = 12
    webhook_patience: int = 3


def _gateways(value: Any) -> Mapping[str, GatewayConfig]:
    parsed = {}
    for slug, entry in dict(value).items():
        unknown = set(entry) - {"BACKEND", "OPTIONS"}
        if unknown or not isinstance(entry.get("BACKEND"), str):
            raise ValueError(f"GATEWAYS[{slug!r}] takes BACKEND and OPTIONS")
        parsed[slug] = GatewayConfig(
            backend=entry["BACKEND"],
            options=MappingProxyType(dict(entry.get("OPTIONS", {}))),
        )
    return MappingProxyType(parsed)


def fee_rule(value: Any) -> FeeRule:
    """Read a fee rule from its settings or database form.

    Args:
        value: ``{"percent": "10", "fixed": {"USD": 30}}``, both optional.

    Raises:
        ValueError: It has other keys, or numbers that are not sensible.
    """
    if isinstance(value, FeeRule):
        return value
    if not isinstance(value, Mapping) or set(value) - {"percent", "fixed"}:
        raise ValueError("a fee rule takes percent and fixed")
    try:
        percent = Decimal(str(value.get("percent", 0)))
    except InvalidOperation:
        raise ValueError(f"percent is not a number: {value['percent']!r}") from None
    if not (percent.is_finite() and 0 <= percent <= 100):  # noqa: PLR2004  # percent
        raise ValueError(f"percent must be from 0 to 100: {percent}")
    fixed = value.get("fixed", {})
    if not isinstance(fixed, Mapping):
        raise ValueError("fixed takes minor units by currency")  # noqa: TRY004  # as all
    for currency, amount in fixed.items():
        check_currency(currency)
        if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
            raise ValueError(f"fixed fee must be int minor units: {currency}")
    return FeeRule(percent=percent, fixed=dict(fixed))


def _namespace(value: Any) -> str:
    # It travels in gateway metadata and idempotency keys: short and plain.
    text = _text(value)
    if not (text.isascii() and text.isprintable() and 0 < len(text) <= 40):  # noqa: PLR2004
        raise ValueError("must be 1 to 40 printable ASCII characters")
    return text


def _timedelta(*, least: timedelta, most: timedelta) -> Callable[[Any], timedelta]:
    def parse(value: Any) -> timedelta:
        if isinstance(value, bool | float):
            raise TypeError("must be a timedelta or whole seconds")
        span = value if isinstance(value, timedelta) else timedelta(seconds=int(value))
        if not least <= span <= most:
            raise ValueError(f"must be from {least} to {most}")
        return span

    return parse


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"must be one of: {', '.join(allowed)}")
        return str(value)

    return parse


def _positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("must be a positive integer")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a string")
    return value


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "gateways": _gateways,
    "default_gateway": _text,
    "namespace": _namespace,
    "default_currency": lambda value: _text(value) and check_currency(value),
    "charge_type": ChargeType,
    "fees": fee_rule,
    "oversold_policy": _one_of("hold"),
    "webhook_processing": _one_of("inline"),
    "fulfilment_handler": _text,
    "checkout_ui_mode": _one_of("hosted_page", "embedded_page"),
    # Stripe's bounds are 30 minutes and 24 hours; a request that waits in a queue
    # or a skewed clock must not cross them (facts: Checkout Session, expires_at).
    "checkout_expires_after": _timedelta(
        least=timedelta(minutes=31), most=timedelta(hours=23, minutes=50)
    ),
    "order_expires_after": _timedelta(
        least=timedelta(minutes=1), most=timedelta(days=3650)
    ),
    "confirm_interval": _timedelta(least=timedelta(0), most=timedelta(days=1)),
    "webhook_max_bytes": _positive,
    "webhook_max_attempts": _positive,
    "webhook_patience": _positive,
}


def read_settings(raw: Any) -> tuple[Settings, list[tuple[str, str]]]:
    """Parse the dict; give the settings and what is wrong, as (key, problem) pairs.

    A key with a problem keeps its default, so that one call finds every problem.
    """
    if not isinstance(raw, Mapping):
        return Settings(), [("", f"{SETTING} must be a dict")]
    problems: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for key, value in raw.items():
        name = key.lower() if isinstance(key, str) and key.isupper() else ""
        if name not in _PARSERS:
            problems.append((str(key), "unknown key"))
            continue
        try:
            values[name] = _PARSERS[name](value)
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            problems.append((key, str(error)))
    return Settings(**values), problems


def default_settings() -> dict[str, Any]:
    """The defaults by key, upper case as in the dict (for the documentation)."""
    return {
        f.name.upper(): f.default if f.default is not MISSING else {}
        for f in fields(Settings)
    }


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The checked settings of this process.

    Raises:
        ConfigurationError: Something is wrong; ``manage.py check`` lists all of it.
    """
    parsed, problems = read_settings(getattr(django_settings, SETTING, None))
    if problems:
        key, problem = problems[0]
        raise ConfigurationError(f"{SETTING}[{key!r}]: {problem}")
    return parsed


def _forget(*, setting: str, **_kwargs: Any) -> None:
    if setting == SETTING:
        get_settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="payments_connect.conf")
