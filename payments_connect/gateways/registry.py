"""Gateways by slug, built once from the settings."""

from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from payments_connect.conf import SETTING, GatewayConfig, get_settings
from payments_connect.exceptions import ConfigurationError

from .base import Gateway


def build_gateway(slug: str, config: GatewayConfig) -> Gateway:
    """Build a gateway from its entry in ``GATEWAYS``; calls nobody.

    Raises:
        ConfigurationError: The class cannot be imported, is no gateway, or does not
            take these options. Option values are never part of the message.
    """
    try:
        backend = import_string(config.backend)
    except ImportError as error:
        raise ConfigurationError(f"GATEWAYS[{slug!r}]: {error}") from error
    if not (isinstance(backend, type) and issubclass(backend, Gateway)):
        raise ConfigurationError(
            f"GATEWAYS[{slug!r}]: {config.backend} is not a Gateway"
        )
    if getattr(backend, "slug", "") != slug:
        raise ConfigurationError(
            f"GATEWAYS[{slug!r}]: {config.backend} goes under another slug"
        )
    try:
        return backend(**config.options)
    except (AttributeError, TypeError, ValueError) as error:
        raise ConfigurationError(f"GATEWAYS[{slug!r}]: {error}") from error


@lru_cache(maxsize=16)
def get_gateway(slug: str) -> Gateway:
    """The configured gateway of that slug.

    Raises:
        ConfigurationError: There is none in ``GATEWAYS``.
    """
    config = get_settings().gateways.get(slug)
    if config is None:
        raise ConfigurationError(f"No gateway {slug!r} in GATEWAYS")
    return build_gateway(slug, config)


def _forget(*, setting: str, **_kwargs: Any) -> None:
    if setting == SETTING:
        get_gateway.cache_clear()


setting_changed.connect(_forget, dispatch_uid="payments_connect.gateways.registry")
