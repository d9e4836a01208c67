"""Calls to Stripe, through the official SDK and never its globals."""

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import stripe

from payments_connect.enums import ChargeType
from payments_connect.exceptions import (
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
    SnapshotError,
    UnsupportedFeature,
    WebhookRejected,
)
from payments_connect.gateways.base import Gateway
from payments_connect.gateways.types import (
    AccountRef,
    Checkout,
    CheckoutRequest,
    GatewayCall,
    Notice,
    PaymentSnapshot,
    Problem,
)

from . import errors, mapping, options, webhooks

# Pinned, so that what we read does not change with the account's default.
API_VERSION = "2026-08-26.dahlia"
_EXPAND = ["payment_intent"]


class StripeGateway(Gateway):
    """Stripe Connect: direct charges and the platform's own sales.

    Args:
        api_key: Secret or restricted key of the platform. Its prefix is its mode.
        webhook_secrets: Signing secrets of the platform endpoint; several while one
            is being rotated.
        connect_webhook_secrets: The same for the Connect endpoint.
        publishable_key: For embedded checkout in the browser.
        base_url: Another address of the API, such as the sandbox's.
        timeout: Seconds to connect and to read, for calls a buyer waits for anyway.
        quick_timeout: The same where the answer can wait (the return page).
        max_network_retries: Repeats of a call with the same key. The SDK repeats
            none by default when it is used through a client.
    """

    slug: ClassVar[str] = mapping.SLUG
    endpoints: ClassVar[tuple[str, ...]] = ("platform", "connect")
    supports_charge_types: ClassVar[frozenset[ChargeType]] = frozenset(
        {ChargeType.DIRECT, ChargeType.PLATFORM}
    )
    supports_promotion_codes: ClassVar[bool] = True

    def __init__(  # noqa: PLR0913  # the options of the settings; keyword-only
        self,
        *,
        api_key: str = "",
        webhook_secrets: Sequence[str] = (),
        connect_webhook_secrets: Sequence[str] = (),
        publishable_key: str = "",
        base_url: str = "",
        timeout: tuple[float, float] = (3, 20),
        quick_timeout: tuple[float, float] = (2, 5),
        max_network_retries: int = 2,
    ) -> None:
        self._api_key = options.text("api_key", api_key)
        self._secrets = {
            "platform": options.texts("webhook_secrets", webhook_secrets),
            "connect": options.texts(
                "connect_webhook_secrets", connect_webhook_secrets
            ),
        }
        self.publishable_key = options.text("publishable_key", publishable_key)
        self._base_url = options.text("base_url", base_url).rstrip("/")
        self._timeouts = {
            False: options.timeout("timeout", timeout),
            True: options.timeout("quick_timeout", quick_timeout),
        }
        self._retries = {False: max_network_retries, True: 0}
        self._clients = threading.local()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} livemode={self.livemode}>"

    @property
    def livemode(self) -> bool:
        """By the key's prefix: whatever is not known as a test key is live."""
        return not self._api_key.startswith(options.TEST_KEYS)

    def problems(self) -> Iterable[Problem]:
        """Missing or mixed-up keys and secrets."""
        return list(
            options.problems(
                api_key=self._api_key,
                publishable_key=self.publishable_key,
                secrets=self._secrets,
                base_url=self._base_url,
            )
        )

    def check_charge(self, *, amount: int, currency: str, fee: int) -> None:
        """Refuse amounts below or above Stripe's bounds, and inexpressible ones."""
        mapping.check_charge_amount(amount, currency)
        mapping.to_stripe_amount(fee, currency)

    def max_application_fee(self, amount: int, charge_type: ChargeType) -> int:
        """On a direct charge the fee must stay below the amount.

        Source: docs.stripe.com/connect/direct-charges, "Collect fees".
        """
        return amount - 1 if charge_type == ChargeType.DIRECT else 0

    def prepare_checkout(self, request: CheckoutRequest) -> GatewayCall:
        """Build the request of a Checkout Session, on the account that will own it."""
        if request.charge_type not in self.supports_charge_types:
            raise UnsupportedFeature(f"No {request.charge_type} charges at Stripe yet")
        direct = request.charge_type == ChargeType.DIRECT
        if direct != (request.account is not None):
            raise UnsupportedFeature("A connected account goes with a direct charge")
        return GatewayCall(
            account=request.account.external_id if request.account else "",
            params=mapping.checkout_params(request),
        )

    def create_checkout(self, call: GatewayCall, *, idempotency_key: str) -> Checkout:
        """``POST /v1/checkout/sessions``."""
        options = self._options(call.account) | {"idempotency_key": idempotency_key}
        session = self._call(
            lambda client: client.v1.checkout.sessions.create(
                {**call.params, "expand": _EXPAND},  # type: ignore[arg-type]  # stored JSON
                options,  # type: ignore[arg-type]  # a RequestOptions by its keys
            )
        )
        return self._checkout(session, call.account)

    def retrieve_checkout(
        self, checkout_id: str, *, account: AccountRef | None, quick: bool = False
    ) -> Checkout:
        """``GET /v1/checkout/sessions/{id}`` with its payment intent."""
        owner = account.external_id if account else ""
        session = self._call(
            lambda client: client.v1.checkout.sessions.retrieve(
                _path_id(checkout_id),
                {"expand": _EXPAND},
                self._options(owner),  # type: ignore[arg-type]  # see create_checkout
            ),
            quick=quick,
        )
        return self._checkout(session, owner)

    def retrieve_payment(
        self, external_id: str, *, account: AccountRef | None, quick: bool = False
    ) -> PaymentSnapshot:
        """``GET /v1/payment_intents/{id}``."""
        owner = account.external_id if account else ""
        intent = self._call(
            lambda client: client.v1.payment_intents.retrieve(
                _path_id(external_id),
                None,
                self._options(owner),  # type: ignore[arg-type]  # see create_checkout
            ),
            quick=quick,
        )
        return mapping.snapshot_from_intent(intent, account=owner, retrieved=True)

    def expire_checkout(
        self, checkout_id: str, *, account: AccountRef | None
    ) -> Checkout:
        """``POST /v1/checkout/sessions/{id}/expire``; refused unless it is open.

        No idempotency key of ours: expiring is idempotent by itself.
        """
        owner = account.external_id if account else ""
        try:
            session = self._call(
                lambda client: client.v1.checkout.sessions.expire(
                    _path_id(checkout_id),
                    {"expand": _EXPAND},
                    self._options(owner),  # type: ignore[arg-type]  # see create_checkout
                )
            )
        except GatewayRefused:
            return self.retrieve_checkout(checkout_id, account=account)
        return self._checkout(session, owner)

    def has_endpoint(self, endpoint: str) -> bool:
        """Whether the endpoint has at least one secret."""
        return bool(self._secrets.get(endpoint))

    def read_webhook(
        self, endpoint: str, body: bytes, *, headers: Mapping[str, str]
    ) -> Notice:
        """Verify with the endpoint's own secrets only, then read."""
        header = headers.get("Stripe-Signature", "")
        used = webhooks.verify(body, header, self._secrets[endpoint])
        try:
            notice = self.read_event(body.decode())
        except SnapshotError as error:
            raise WebhookRejected(str(error)) from None
        return replace(notice, secret_fingerprint=used)

    def read_event(self, payload: str) -> Notice:
        """Read an event without verifying it."""
        return webhooks.read(payload, api_version=API_VERSION)

    def _checkout(self, session: Mapping[str, Any], account: str) -> Checkout:
        return mapping.checkout_from_session(session, account=account, retrieved=True)

    def _options(self, account: str) -> dict[str, Any]:
        return {"stripe_account": account} if account else {}

    def _call(
        self,
        call: Callable[[stripe.StripeClient], stripe.StripeObject],
        *,
        quick: bool = False,
    ) -> Mapping[str, Any]:
        try:
            return call(self._client(quick=quick)).to_dict(recursive=True)
        except stripe.StripeError as error:
            raise errors.translate(error) from error
        except (AttributeError, UnicodeDecodeError) as error:
            # No object in JSON, so a proxy's answer: the SDK stumbles over it.
            raise GatewayUnavailable(
                "Stripe: unreadable answer", gateway=self.slug
            ) from error

    def _client(self, *, quick: bool) -> stripe.StripeClient:
        """A client of this thread and process: SDK sessions do not survive a fork."""
        if not self._api_key:
            raise GatewayMisconfigured("Stripe has no api_key", gateway=self.slug)
        name = f"client_{os.getpid()}_{quick}"
        client: stripe.StripeClient | None = getattr(self._clients, name, None)
        if client is None:
            client = stripe.StripeClient(
                self._api_key,
                stripe_version=API_VERSION,
                max_network_retries=self._retries[quick],
                http_client=stripe.RequestsClient(timeout=self._timeouts[quick]),
                base_addresses={"api": self._base_url} if self._base_url else {},
            )
            setattr(self._clients, name, client)
        return client


def _path_id(value: str) -> str:
    """Guard an id that becomes part of a path: the SDK would list on an empty one."""
    if not mapping.is_id(value):
        raise SnapshotError("not an id of Stripe's")
    return value
