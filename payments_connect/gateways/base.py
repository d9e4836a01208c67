"""The one shape of a gateway. Adding a gateway is one folder with these methods."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

from payments_connect.enums import ChargeType

from .types import (
    AccountRef,
    Checkout,
    CheckoutRequest,
    GatewayCall,
    Notice,
    PaymentSnapshot,
    Problem,
)


class Gateway(ABC):
    """A payment gateway: calls out, webhooks in, everything as snapshots.

    Instances are shared by threads and built from the ``OPTIONS`` of the settings;
    building one makes no call.
    """

    slug: ClassVar[str]
    """The one word for it in code, rows, URLs, settings and docs."""

    endpoints: ClassVar[tuple[str, ...]]
    """Names of its webhook endpoints."""

    supports_charge_types: ClassVar[frozenset[ChargeType]]
    """Which charge types can it do?"""

    supports_promotion_codes: ClassVar[bool] = False
    """Can the buyer enter a discount code on its page?"""

    publishable_key: str = ""
    """What the browser may know of the credentials; for embedded checkouts."""

    @property
    @abstractmethod
    def livemode(self) -> bool:
        """Whether the configured credentials move real money."""

    @abstractmethod
    def problems(self) -> Iterable[Problem]:
        """What is wrong with the options, without calling anybody."""

    @abstractmethod
    def check_charge(self, *, amount: int, currency: str, fee: int) -> None:
        """Refuse an amount, currency or application fee the gateway cannot take.

        Args:
            amount: Minor units of currency, more than 0.
            currency: ISO 4217, upper case.
            fee: Application fee in the same currency; 0 for none.

        Raises:
            InvalidAmount: With a message for a developer.
        """

    @abstractmethod
    def max_application_fee(self, amount: int, charge_type: ChargeType) -> int:
        """The largest application fee the gateway takes for a charge of ``amount``."""

    @abstractmethod
    def prepare_checkout(self, request: CheckoutRequest) -> GatewayCall:
        """Turn a checkout into the gateway's own request, to be stored first."""

    @abstractmethod
    def create_checkout(self, call: GatewayCall, *, idempotency_key: str) -> Checkout:
        """Create the checkout at the gateway, once per key.

        Raises:
            GatewayRefused: A definite no; a retry needs a new key.
            GatewayUnavailable: Outcome unknown; repeat with the same key.
            GatewayMisconfigured: Keys or request are wrong.
        """

    @abstractmethod
    def retrieve_checkout(
        self, checkout_id: str, *, account: AccountRef | None, quick: bool = False
    ) -> Checkout:
        """Ask for a checkout as it is now; ``quick`` asks once and waits little.

        Raises:
            GatewayNotFound: No such checkout on that account.
            GatewayUnavailable: Not answered; ask again later.
        """

    @abstractmethod
    def retrieve_payment(
        self, external_id: str, *, account: AccountRef | None, quick: bool = False
    ) -> PaymentSnapshot:
        """Ask for a payment by its own id, where that is all there is.

        Its checkout tells more: discounts, tax and shipping by their parts.

        Raises:
            GatewayNotFound: No such payment on that account.
            GatewayUnavailable: Not answered; ask again later.
        """

    @abstractmethod
    def expire_checkout(
        self, checkout_id: str, *, account: AccountRef | None
    ) -> Checkout:
        """End an open checkout, and tell what it is afterwards.

        A checkout that is already complete or expired is told as it is.
        """

    @abstractmethod
    def has_endpoint(self, endpoint: str) -> bool:
        """Whether the endpoint has a secret; without one it does not exist."""

    @abstractmethod
    def read_webhook(
        self, endpoint: str, body: bytes, *, headers: Mapping[str, str]
    ) -> Notice:
        """Verify a delivery and read it.

        Raises:
            WebhookRejected: It is not to be believed, or not an event at all.
        """

    @abstractmethod
    def read_event(self, payload: str) -> Notice:
        """Read a stored event again; it was verified when it was stored.

        Raises:
            SnapshotError: The payload is not an event of this gateway.
        """
