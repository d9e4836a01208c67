"""Whether settings, gateways and rows fit together, without calling anybody."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import connections, router

from payments_connect.conf import get_settings
from payments_connect.enums import ChargeType
from payments_connect.exceptions import ConfigurationError
from payments_connect.gateways.registry import get_gateway
from payments_connect.gateways.types import Problem
from payments_connect.models import ConnectedAccount, Payment

from .transactions import database


def gateway_problems(slug: str) -> Iterable[Problem]:
    """What is wrong with a gateway's options.

    Raises:
        ConfigurationError: It cannot be built at all.
    """
    return get_gateway(slug).problems()


def supports_charge_type(slug: str, charge_type: ChargeType) -> bool:
    """Whether a gateway can charge in that way."""
    return charge_type in get_gateway(slug).supports_charge_types


def has_publishable_key(slug: str) -> bool:
    """Whether a browser could show a gateway's embedded checkout."""
    return bool(get_gateway(slug).publishable_key)


def models_read_elsewhere() -> list[str]:
    """Our models that the router reads from another database than it writes to."""
    return [
        model._meta.label
        for model in apps.get_app_config("payments_connect").get_models()
        if router.db_for_read(model) != database()
        or router.db_for_write(model) != database()
    ]


def rows_of_other_mode() -> Iterator[tuple[str, str]]:
    """Gateways whose keys are of another mode than rows we have, with what was found.

    Nothing before the first migration, and nothing while the settings are wrong.
    """
    tables = connections[database()].introspection.table_names()
    try:
        for slug in get_settings().gateways:
            livemode = get_gateway(slug).livemode
            for model in (ConnectedAccount, Payment):
                if model._meta.db_table not in tables:
                    continue
                if model.objects.filter(gateway=slug, livemode=not livemode).exists():
                    yield slug, str(model._meta.verbose_name_plural)
    except ConfigurationError:
        return
