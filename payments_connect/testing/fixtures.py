"""Fixtures: a sandbox that the site talks to, and its events posted to the site."""

from collections.abc import Iterator
from typing import Any

import pytest

from payments_connect.conf import SETTING
from payments_connect.sandbox import Sandbox

from .posting import EventPoster

PLATFORM_SECRET = "whsec_platform"  # noqa: S105  # the sandbox's, worth nothing
CONNECT_SECRET = "whsec_connect"  # noqa: S105


def sandbox_gateway(sandbox: Sandbox, **options: Any) -> dict[str, Any]:
    """The entry of ``GATEWAYS`` that talks to a sandbox."""
    return {
        "BACKEND": "payments_connect.gateways.stripe.StripeGateway",
        "OPTIONS": {
            "api_key": sandbox.stripe.secret_key,
            "webhook_secrets": [PLATFORM_SECRET],
            "connect_webhook_secrets": [CONNECT_SECRET],
            "base_url": sandbox.stripe.url,
        }
        | options,
    }


@pytest.fixture
def payments_sandbox(settings: Any) -> Iterator[Sandbox]:
    """A fresh offline Stripe over a real socket, and settings that point to it.

    Events wait until the test posts them (see ``payments_events``).
    """
    with Sandbox(deliver="manual") as sandbox:
        raw = dict(getattr(settings, SETTING, {}))
        raw["GATEWAYS"] = {
            **raw.get("GATEWAYS", {}),
            "stripe": sandbox_gateway(sandbox),
        }
        # Through pytest-django's own stack: a test may change the setting as well, and
        # what was set first must be restored last.
        setattr(settings, SETTING, raw)
        yield sandbox


@pytest.fixture
def payments_events(payments_sandbox: Sandbox) -> EventPoster:
    """Posts the sandbox's events to the site: ``payments_events.post_new()``."""
    return EventPoster(payments_sandbox)
