"""Build ``PAYMENTS_CONNECT`` from environment variables, so no secret is in code.

    from payments_connect.env import settings_from_env

    PAYMENTS_CONNECT = settings_from_env() | {"FULFILMENT_HANDLER": "shop.fulfil.ship"}

``VARIABLES`` lists what is read; ``.env.example`` of the example project explains it.
"""

from collections.abc import Mapping
from typing import Any

import environ

VARIABLES: Mapping[str, str] = {
    "STRIPE_SECRET_KEY": "Secret or restricted key of the platform (sk_ or rk_).",
    "STRIPE_PUBLISHABLE_KEY": "Publishable key; only embedded checkout needs it.",
    "STRIPE_WEBHOOK_SECRETS": "Signing secrets of the platform endpoint, by comma.",
    "STRIPE_CONNECT_WEBHOOK_SECRETS": "The same for the Connect endpoint.",
    "STRIPE_API_BASE": "Another address of the API, for the sandbox.",
    "PAYMENTS_NAMESPACE": "This site among others on the same Stripe account.",
    "PAYMENTS_CHARGE_TYPE": "direct or platform.",
    "PAYMENTS_FEE_PERCENT": "Application fee in percent of each line.",
}


def settings_from_env(variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Read the variables of this module into a ``PAYMENTS_CONNECT`` dict.

    A variable that is unset or empty leaves its key out, so that the default or the
    system check of a missing key speaks.

    Args:
        variables: What to read instead of ``os.environ``.
    """
    env: Any = environ.Env()
    if variables is not None:
        env.ENVIRON = dict(variables)
    options = {
        "api_key": env.str("STRIPE_SECRET_KEY", default=""),
        "publishable_key": env.str("STRIPE_PUBLISHABLE_KEY", default=""),
        "webhook_secrets": _list(env, "STRIPE_WEBHOOK_SECRETS"),
        "connect_webhook_secrets": _list(env, "STRIPE_CONNECT_WEBHOOK_SECRETS"),
        "base_url": env.str("STRIPE_API_BASE", default=""),
    }
    found: dict[str, Any] = {
        "GATEWAYS": {
            "stripe": {
                "BACKEND": "payments_connect.gateways.stripe.StripeGateway",
                "OPTIONS": {key: value for key, value in options.items() if value},
            }
        },
        "NAMESPACE": env.str("PAYMENTS_NAMESPACE", default=""),
        "CHARGE_TYPE": env.str("PAYMENTS_CHARGE_TYPE", default=""),
    }
    percent = env.str("PAYMENTS_FEE_PERCENT", default="")
    found["FEES"] = {"percent": percent} if percent else {}
    return {key: value for key, value in found.items() if value}


def _list(env: environ.Env, name: str) -> list[str]:
    """Split by comma; a space after it is no part of the value."""
    values = (value.strip() for value in env.str(name, default="").split(","))
    return [value for value in values if value]
