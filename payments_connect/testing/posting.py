"""Bring the sandbox's events to a site's webhook endpoints, through Django's client."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from payments_connect.conf import get_settings
from payments_connect.sandbox import Sandbox

from .events import Delivery, sign

_VIEWS = {"platform": "stripe-webhook", "connect": "stripe-connect-webhook"}
_SECRETS = {"platform": "webhook_secrets", "connect": "connect_webhook_secrets"}


def endpoint_of(event: Mapping[str, Any]) -> str:
    """Where Stripe sends an event: to "connect" if it names an account."""
    return "connect" if event.get("account") else "platform"


def secret_of(endpoint: str) -> str:
    """The endpoint's first secret in the settings."""
    options = get_settings().gateways["stripe"].options
    return str(options[_SECRETS[endpoint]][0])


def path_of(endpoint: str) -> str:
    """The endpoint's path on this site."""
    return reverse(f"payments_connect:{_VIEWS[endpoint]}")


class EventPoster:
    """Posts events to the endpoints, signed, in the test's own thread.

    Attributes:
        client: Django's test client that posts.
    """

    def __init__(self, sandbox: Sandbox, client: Client | None = None) -> None:
        self.client = client or Client(raise_request_exception=False)
        self._sandbox = sandbox
        self._posted = 0

    def post(
        self,
        event: Mapping[str, Any] | Delivery,
        *,
        endpoint: str = "",
        secret: str = "",
    ) -> HttpResponse:
        """Post one event (or a delivery made by hand); see ``events``.

        Args:
            event: As JSON, or signed already.
            endpoint: "platform" or "connect"; where Stripe would send it if left out.
            secret: To sign with; the endpoint's own if left out.
        """
        if isinstance(event, Delivery):
            delivery, endpoint = event, endpoint or "platform"
        else:
            endpoint = endpoint or endpoint_of(event)
            delivery = sign(event, secret or secret_of(endpoint))
        return self.client.post(  # type: ignore[return-value]  # its own subclass
            path_of(endpoint),
            delivery.body,
            content_type="application/json",
            headers=delivery.headers,
        )

    def post_new(self, *types: str) -> list[HttpResponse]:
        """Post the sandbox's events since the last call, in order.

        Args:
            types: Only events of these types; all if none is given.
        """
        events = self._sandbox.stripe.events[self._posted :]
        self._posted += len(events)
        return [
            self.post(event) for event in events if not types or event["type"] in types
        ]
