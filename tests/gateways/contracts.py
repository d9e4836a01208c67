"""What every gateway promises. A gateway's tests inherit the cases and give a world."""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from payments_connect.enums import ChargeType, PaymentStatus
from payments_connect.exceptions import (
    GatewayMisconfigured,
    GatewayNotFound,
    GatewayUnavailable,
    InvalidAmount,
    UnsupportedFeature,
    WebhookRejected,
)
from payments_connect.gateways.base import Gateway
from payments_connect.gateways.types import (
    AccountRef,
    CheckoutLine,
    CheckoutRequest,
    PaymentSnapshot,
    Reference,
)

REFERENCE = Reference(namespace="tests", payment="6f9619ff-8b86-4011-b42d-00c04fc964ff")


def checkout_request(**changes):
    """Return a request of 100.00 USD for the platform itself."""
    lines = (
        CheckoutLine(description="Tea", amount=60_00),
        CheckoutLine(description="A pot", amount=40_00),
    )
    request = CheckoutRequest(
        reference=REFERENCE,
        order_reference="BCDFGHJKLM",
        charge_type=ChargeType.PLATFORM,
        account=None,
        lines=lines,
        amount=100_00,
        currency="USD",
        application_fee_amount=0,
        email="buyer@example.com",
        success_url="https://shop.test/done?key=a",
        cancel_url="https://shop.test/basket",
        expires_at=datetime.now(UTC) + timedelta(hours=2),
    )
    return replace(request, **changes)


def direct_request(account, **changes):
    """Return the same as a sale of a seller, with ten percent for the platform."""
    return checkout_request(
        charge_type=ChargeType.DIRECT,
        account=account,
        **{"application_fee_amount": 10_00} | changes,
    )


@dataclass(frozen=True)
class Delivered:
    """One webhook delivery as it arrives at the site."""

    endpoint: str
    body: bytes
    headers: dict[str, str]


class World(ABC):
    """The far side of a gateway, and what can happen there."""

    gateway: Gateway
    gateway_with_wrong_key: Gateway
    unknown_id: str

    @abstractmethod
    def account(self) -> AccountRef:
        """Add a connected account that may sell."""

    @abstractmethod
    def pay(self, checkout_id: str) -> None:
        """Let the buyer pay on the gateway's page."""

    @abstractmethod
    def go_down(self) -> None:
        """Make every call fail from now on."""

    @abstractmethod
    def paid_delivery(self, checkout_id: str, *, version: str = "") -> Delivered:
        """Return the signed event that says the checkout was paid."""


class GatewayContract:
    """The cases; a gateway's test class defines the fixture ``world``."""

    def create(self, world, request, *, key="key-1"):
        call = world.gateway.prepare_checkout(request)
        return world.gateway.create_checkout(call, idempotency_key=key)

    def test_new_checkout_is_open_and_has_a_page(self, world):
        """A created checkout says what was asked for and where the buyer pays."""
        request = checkout_request()
        checkout = self.create(world, request)
        snapshot = checkout.snapshot
        assert snapshot.status == PaymentStatus.OPEN
        assert snapshot.checkout_id
        assert (snapshot.amount, snapshot.currency) == (100_00, "USD")
        assert snapshot.reference == REFERENCE
        assert snapshot.account == ""
        assert snapshot.livemode is world.gateway.livemode is False
        assert snapshot.gateway == world.gateway.slug
        assert snapshot.retrieved
        assert checkout.url.startswith("http")
        expected = request.expires_at.replace(microsecond=0)
        assert checkout.expires_at == expected

    def test_retrieved_checkout_is_the_created_one(self, world):
        """Asking again tells the same, quickly or patiently."""
        created = self.create(world, checkout_request())
        for quick in (True, False):
            found = world.gateway.retrieve_checkout(
                created.snapshot.checkout_id, account=None, quick=quick
            )
            assert found == created

    def test_paid_checkout_tells_the_money_and_the_ids(self, world):
        """After the buyer paid, the snapshot says how much and under which ids."""
        account = world.account()
        created = self.create(world, direct_request(account))
        world.pay(created.snapshot.checkout_id)
        found = world.gateway.retrieve_checkout(
            created.snapshot.checkout_id, account=account
        ).snapshot
        assert found.status == PaymentStatus.SUCCEEDED
        assert found.amount == found.amount_captured == 100_00
        assert found.application_fee_amount == 10_00
        assert found.external_id
        assert found.charge_id
        assert found.account == account.external_id

    def test_expired_checkout_takes_no_money(self, world):
        """Expiring ends an open checkout, and once more tells the same."""
        created = self.create(world, checkout_request())
        for _time in range(2):
            ended = world.gateway.expire_checkout(
                created.snapshot.checkout_id, account=None
            )
            assert ended.snapshot.status == PaymentStatus.EXPIRED
            assert ended.url == ""

    def test_expiring_a_paid_checkout_tells_that_it_is_paid(self, world):
        """The buyer was faster: the answer is the payment, not an error."""
        created = self.create(world, checkout_request())
        world.pay(created.snapshot.checkout_id)
        ended = world.gateway.expire_checkout(
            created.snapshot.checkout_id, account=None
        )
        assert ended.snapshot.status == PaymentStatus.SUCCEEDED

    def test_account_owns_its_checkout(self, world):
        """A seller's checkout is found on that account and nowhere else."""
        account, other = world.account(), world.account()
        created = self.create(world, direct_request(account)).snapshot
        assert created.account == account.external_id
        found = world.gateway.retrieve_checkout(created.checkout_id, account=account)
        assert found.snapshot.checkout_id == created.checkout_id
        for stranger in (None, other):
            with pytest.raises(GatewayNotFound):
                world.gateway.retrieve_checkout(created.checkout_id, account=stranger)

    def test_same_key_makes_one_checkout(self, world):
        """Repeating an unknown call with its key gives the first checkout again."""
        call = world.gateway.prepare_checkout(checkout_request())
        first = world.gateway.create_checkout(call, idempotency_key="again")
        second = world.gateway.create_checkout(call, idempotency_key="again")
        third = world.gateway.create_checkout(call, idempotency_key="another")
        assert first == second
        assert third.snapshot.checkout_id != first.snapshot.checkout_id

    def test_key_of_another_request_is_our_own_mistake(self, world):
        """One key for two requests is refused as misconfigured, not as unavailable."""
        self.create(world, checkout_request(), key="twice")
        with pytest.raises(GatewayMisconfigured):
            self.create(world, checkout_request(email="b@example.com"), key="twice")

    def test_unknown_checkout_is_not_found(self, world):
        """An id nobody knows is a definite no."""
        with pytest.raises(GatewayNotFound) as refusal:
            world.gateway.retrieve_checkout(world.unknown_id, account=None)
        assert refusal.value.gateway == world.gateway.slug
        assert refusal.value.request_id

    def test_gateway_that_is_down_leaves_the_outcome_unknown(self, world):
        """Every call says: nobody knows, repeat it."""
        created = self.create(world, checkout_request()).snapshot
        world.go_down()
        with pytest.raises(GatewayUnavailable):
            self.create(world, checkout_request(), key="down")
        with pytest.raises(GatewayUnavailable):
            world.gateway.retrieve_checkout(created.checkout_id, account=None)
        with pytest.raises(GatewayUnavailable):
            world.gateway.expire_checkout(created.checkout_id, account=None)

    def test_wrong_key_is_misconfigured(self, world):
        """Credentials the gateway does not know are for a developer to mend."""
        with pytest.raises(GatewayMisconfigured):
            world.gateway_with_wrong_key.retrieve_checkout(
                world.unknown_id, account=None
            )

    def test_unsupported_charge_types_are_refused_before_any_call(self, world):
        """What the flags do not promise is refused in our own words."""
        for charge_type in set(ChargeType) - world.gateway.supports_charge_types:
            with pytest.raises(UnsupportedFeature):
                world.gateway.prepare_checkout(
                    checkout_request(charge_type=charge_type)
                )

    def test_impossible_amounts_are_refused_before_any_call(self, world):
        """Nothing, something negative, and more than anybody may charge."""
        for amount in (0, -1, 2**63):
            with pytest.raises(InvalidAmount):
                world.gateway.check_charge(amount=amount, currency="USD", fee=0)
        world.gateway.check_charge(amount=100_00, currency="USD", fee=10_00)

    def test_fee_the_gateway_advises_is_one_it_takes(self, world):
        """The largest application fee really goes through."""
        account = world.account()
        most = world.gateway.max_application_fee(100_00, ChargeType.DIRECT)
        assert 0 < most <= 100_00
        request = direct_request(account, application_fee_amount=most)
        created = self.create(world, request).snapshot
        world.pay(created.checkout_id)
        found = world.gateway.retrieve_checkout(created.checkout_id, account=account)
        assert found.snapshot.application_fee_amount == most

    def test_prepared_call_survives_storage_as_text(self, world):
        """The request is stored as JSON before it is made, byte for byte."""
        call = world.gateway.prepare_checkout(direct_request(world.account()))
        assert json.loads(json.dumps(call.params)) == call.params

    def test_verified_event_tells_what_retrieving_tells(self, world):
        """The snapshot of a webhook agrees with the retrieved one where both speak."""
        account = world.account()
        created = self.create(world, direct_request(account)).snapshot
        world.pay(created.checkout_id)
        delivered = world.paid_delivery(created.checkout_id)
        notice = world.gateway.read_webhook(
            delivered.endpoint, delivered.body, headers=delivered.headers
        )
        assert notice.handled
        assert notice.gateway == world.gateway.slug
        assert notice.account == account.external_id
        assert notice.livemode is False
        assert notice.checkout_id == notice.object_id == created.checkout_id
        assert notice.reference == REFERENCE
        assert notice.secret_fingerprint
        assert notice.payload == delivered.body.decode()
        snapshot = notice.snapshot
        assert isinstance(snapshot, PaymentSnapshot)
        assert snapshot.status == PaymentStatus.SUCCEEDED
        assert (snapshot.amount, snapshot.currency) == (100_00, "USD")
        assert not snapshot.retrieved

    def test_stored_event_reads_the_same_again(self, world):
        """The inbox needs the payload only."""
        created = self.create(world, checkout_request()).snapshot
        world.pay(created.checkout_id)
        delivered = world.paid_delivery(created.checkout_id)
        notice = world.gateway.read_webhook(
            delivered.endpoint, delivered.body, headers=delivered.headers
        )
        again = world.gateway.read_event(notice.payload)
        assert replace(notice, secret_fingerprint="") == again

    def test_changed_body_is_rejected(self, world):
        """One altered digit and nothing is believed."""
        created = self.create(world, checkout_request()).snapshot
        world.pay(created.checkout_id)
        delivered = world.paid_delivery(created.checkout_id)
        altered = delivered.body.replace(b"10000", b"10001")
        assert altered != delivered.body
        with pytest.raises(WebhookRejected):
            world.gateway.read_webhook(
                delivered.endpoint, altered, headers=delivered.headers
            )

    def test_unsigned_body_is_rejected(self, world):
        """No header, no event."""
        created = self.create(world, checkout_request()).snapshot
        world.pay(created.checkout_id)
        delivered = world.paid_delivery(created.checkout_id)
        with pytest.raises(WebhookRejected):
            world.gateway.read_webhook(delivered.endpoint, delivered.body, headers={})

    def test_event_of_another_version_is_a_hint(self, world):
        """Its fields may mean something else: it names the object and no more."""
        created = self.create(world, checkout_request()).snapshot
        world.pay(created.checkout_id)
        delivered = world.paid_delivery(created.checkout_id, version="2019-08-14")
        notice = world.gateway.read_webhook(
            delivered.endpoint, delivered.body, headers=delivered.headers
        )
        assert notice.handled
        assert notice.snapshot is None
        assert notice.checkout_id == created.checkout_id

    def test_only_configured_endpoints_exist(self, world):
        """An endpoint nobody named has no secret and is closed."""
        assert all(map(world.gateway.has_endpoint, world.gateway.endpoints))
        assert not world.gateway.has_endpoint("nowhere")

    def test_representations_tell_no_secret(self, world):
        """What ends in a log or a traceback names neither keys nor page addresses."""
        checkout = self.create(world, checkout_request())
        shown = f"{world.gateway!r} {world.gateway} {checkout!r}"
        assert checkout.url not in shown
        assert "sk_" not in shown
        assert "whsec_" not in shown
        assert "buyer@" not in shown
