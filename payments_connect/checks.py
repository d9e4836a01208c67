"""System checks: every mistake in the settings is found before the first request."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings as django_settings  # noqa: TID251  # checks look at all
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import connections
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .conf import SETTING, Settings, read_settings
from .exceptions import ConfigurationError
from .services import readiness
from .services.transactions import database

LABEL = "payments_connect"

CHECKS = {
    "E001": "PAYMENTS_CONNECT is missing, or one of its values is wrong.",
    "E002": "A gateway cannot be built from its entry in GATEWAYS.",
    "E003": "DEFAULT_GATEWAY is not in GATEWAYS.",
    "E004": "Stripe has no api_key.",
    "E005": "Stripe's api_key is not a secret key.",
    "E006": "Stripe's publishable_key does not go with its api_key.",
    "E007": "Stripe's webhook secrets hold something that is no signing secret.",
    "E008": "FULFILMENT_HANDLER cannot be imported, or is not callable.",
    "E009": "Rows of the other mode are in the database.",
    "E010": "DEFAULT_GATEWAY does no charges of the CHARGE_TYPE.",
    "E011": "Stripe's base_url is not an address.",
    "E012": "A live key would be sent to another address than Stripe's.",
    "E013": "Embedded checkout needs a publishable key.",
    "E014": "USE_TZ is off.",
    "E015": "The database router reads our rows elsewhere than it writes them.",
    "W001": "The platform webhook endpoint has no secret.",
    "W002": "payments_connect.urls is not included, so no webhook can arrive.",
    "W003": "SQLite without transaction_mode IMMEDIATE loses concurrent settlements.",
    "W004": "Database connections are not kept between requests.",
    "W005": "The Connect webhook endpoint has no secret.",
}
"""What each check says; the documentation is held against it."""


def _error(code: str, message: str, hint: str) -> CheckMessage:
    return Error(message, hint=hint, id=f"{LABEL}.{code}")


def _warning(code: str, message: str, hint: str) -> CheckMessage:
    return Warning(message, hint=hint, id=f"{LABEL}.{code}")


@register(LABEL)
def check_settings(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check the dict, the gateways it names, and the handler."""
    raw = getattr(django_settings, SETTING, None)
    if raw is None:
        hint = f"{SETTING} = payments_connect.env.settings_from_env() is a start."
        return [_error("E001", f"The setting {SETTING} is missing.", hint)]
    settings, problems = read_settings(raw)
    if problems:
        return [_bad_value(key, problem) for key, problem in problems]
    return [*_check_gateways(settings), *_check_handler(settings)]


def _bad_value(key: str, problem: str) -> CheckMessage:
    known = ", ".join(sorted(_known_keys()))
    hint = (
        f"Known keys: {known}."
        if problem == "unknown key"
        else ("See the reference of settings.")
    )
    return _error("E001", f"{SETTING}[{key!r}]: {problem}.", hint)


def _known_keys() -> Iterable[str]:
    return (name.upper() for name in Settings.__dataclass_fields__)


def _check_gateways(settings: Settings) -> Iterable[CheckMessage]:
    if settings.default_gateway not in settings.gateways:
        yield _error(
            "E003",
            f"DEFAULT_GATEWAY {settings.default_gateway!r} is not in GATEWAYS.",
            "Configure that gateway, or name one that is.",
        )
    for slug in settings.gateways:
        try:
            problems = readiness.gateway_problems(slug)
            supported = readiness.supports_charge_type(slug, settings.charge_type)
        except ConfigurationError as error:
            yield _error("E002", str(error), "Check BACKEND and OPTIONS.")
            continue
        if slug == settings.default_gateway and not supported:
            yield _error(
                "E010",
                f"{slug} does no {settings.charge_type} charges in this version.",
                "Choose another CHARGE_TYPE.",
            )
        embedded = settings.checkout_ui_mode == "embedded_page"
        if embedded and not readiness.has_publishable_key(slug):
            yield _error(
                "E013",
                f"CHECKOUT_UI_MODE is embedded_page; {slug} has no publishable key.",
                "Set publishable_key (STRIPE_PUBLISHABLE_KEY).",
            )
        for problem in problems:
            message = _error if problem.is_error else _warning
            yield message(problem.code, problem.message, problem.hint)


def _check_handler(settings: Settings) -> Iterable[CheckMessage]:
    path = settings.fulfilment_handler
    if not path:
        return
    try:
        usable = callable(import_string(path))
    except Exception:  # importing the site's module may raise anything
        usable = False
    if not usable:
        yield _error(
            "E008",
            f"FULFILMENT_HANDLER {path!r} is not an importable callable.",
            "A dotted path to a function that takes the order.",
        )


@register(LABEL, Tags.urls)
def check_urls(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check that the webhook endpoints have an address."""
    try:
        reverse("payments_connect:stripe-webhook")
    except NoReverseMatch:
        hint = 'Add path("payments/", include("payments_connect.urls")).'
        return [_warning("W002", "payments_connect.urls is not included.", hint)]
    return []


@register(LABEL)
def check_sqlite(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check that SQLite's transactions take turns; connects to nothing."""
    connection = connections[database()]
    options = connection.settings_dict.get("OPTIONS", {})
    mode = options.get("transaction_mode") or ""
    if connection.vendor != "sqlite" or mode.upper() == "IMMEDIATE":
        return []
    hint = (
        'Set OPTIONS = {"transaction_mode": "IMMEDIATE"}; for production use '
        "PostgreSQL or MariaDB."
    )
    text = "SQLite transactions begin deferred, and fail when two meet."
    return [_warning("W003", text, hint)]


@register(LABEL)
def check_project(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check what we need of the project: times with zones, rows in one place."""
    found = []
    if not django_settings.USE_TZ:
        hint = "Set USE_TZ = True: gateways' times are absolute."
        found.append(_error("E014", "USE_TZ is off.", hint))
    apart = readiness.models_read_elsewhere()
    if apart:
        text = f"The router reads {', '.join(apart)} elsewhere than it writes them."
        hint = (
            "Settlement reads what it has just written: route this app's reads to "
            "the database it writes to."
        )
        found.append(_error("E015", text, hint))
    return found


@register(LABEL, deploy=True)
def check_connections(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check, with ``--deploy``, that database connections are kept."""
    connection = connections[database()]
    options = connection.settings_dict.get("OPTIONS", {})
    kept = connection.settings_dict.get("CONN_MAX_AGE") != 0 or "pool" in options
    if connection.vendor == "sqlite" or kept:
        return []
    hint = "CONN_MAX_AGE = 60 or a pool makes webhooks four to five times as fast."
    return [_warning("W004", "Each request opens a database connection.", hint)]


@register(LABEL, Tags.database)
def check_mode(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **_kwargs: Any,
) -> list[CheckMessage]:
    """Check that the rows are of the mode of the keys (with ``--database``)."""
    if database() not in (databases or ()):
        return []
    return [
        _error(
            "E009",
            f"There are {found} in the other mode than {slug}'s keys.",
            "One database holds one mode: use another database, or the right keys.",
        )
        for slug, found in readiness.rows_of_other_mode()
    ]
