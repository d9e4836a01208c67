from dataclasses import replace

import pytest

from payments_connect.enums import PaymentStatus
from payments_connect.exceptions import (
    GatewayMisconfigured,
    GatewayNotFound,
    GatewayRefused,
)
from payments_connect.gateways.types import CheckoutLine
from tests.gateways.contracts import REFERENCE, checkout_request, direct_request


def create(side, request, *, name="create"):
    gateway = side.gateway()
    call = gateway.prepare_checkout(request)
    return gateway.create_checkout(call, idempotency_key=side.key(name))


class TestCalls:
    """Sandbox and Stripe answer alike: one misreading cannot hide in both."""

    def test_direct_checkout_lives_on_the_sellers_account(self, side):
        """Create and retrieve with Stripe-Account, application fee included."""
        created = create(side, direct_request(side.account))
        found = side.gateway().retrieve_checkout(
            created.snapshot.checkout_id, account=side.account
        )
        assert found.snapshot == created.snapshot
        assert found.snapshot.status == PaymentStatus.OPEN
        assert found.snapshot.reference == REFERENCE
        assert found.url.startswith("http")

    def test_platform_checkout_lives_on_the_platform(self, side):
        """Create and retrieve without an account."""
        created = create(side, checkout_request()).snapshot
        found = side.gateway().retrieve_checkout(created.checkout_id, account=None)
        assert (found.snapshot.amount, found.snapshot.currency) == (100_00, "USD")
        assert found.snapshot.external_id == ""

    def test_expired_checkout_stays_expired(self, side):
        """The second time is refused, and told as it is."""
        created = create(side, direct_request(side.account)).snapshot
        for _time in range(2):
            ended = side.gateway().expire_checkout(
                created.checkout_id, account=side.account
            )
            assert ended.snapshot.status == PaymentStatus.EXPIRED
            assert ended.url == ""

    def test_same_key_gives_the_same_checkout(self, side):
        """The stored answer is replayed."""
        request = direct_request(side.account)
        assert create(side, request) == create(side, request)

    def test_same_key_for_another_request_is_a_mismatch(self, side):
        """HTTP 400, idempotency_error."""
        create(side, checkout_request())
        with pytest.raises(GatewayMisconfigured):
            create(side, checkout_request(email="another@example.com"))

    def test_platform_does_not_see_the_sellers_checkout(self, side):
        """HTTP 404, resource_missing."""
        created = create(side, direct_request(side.account)).snapshot
        with pytest.raises(GatewayNotFound):
            side.gateway().retrieve_checkout(created.checkout_id, account=None)

    def test_account_of_nobody_is_refused(self, side):
        """HTTP 403, account_invalid."""
        stranger = replace(side.account, external_id="acct_1NobodyAtAll0000")
        with pytest.raises(GatewayRefused) as refusal:
            side.gateway().retrieve_checkout("cs_test_nobody", account=stranger)
        assert refusal.value.code == "account_invalid"

    def test_unknown_checkout_is_not_found(self, side):
        """HTTP 404, with the id of the request."""
        with pytest.raises(GatewayNotFound) as refusal:
            side.gateway().retrieve_checkout("cs_test_nobody", account=None)
        assert refusal.value.code == "resource_missing"
        assert refusal.value.request_id.startswith("req_")

    def test_unknown_key_is_misconfigured(self, side):
        """HTTP 401, and the key is not in the message."""
        gateway = side.gateway("sk_test_of_nobody")
        with pytest.raises(GatewayMisconfigured) as refusal:
            gateway.retrieve_checkout("cs_test_nobody", account=None)
        assert "sk_test" not in str(refusal.value)

    def test_charge_below_the_minimum_is_refused(self, side):
        """HTTP 400, amount_too_small; our own table would have said so before."""
        lines = (CheckoutLine(description="A bean", amount=10),)
        with pytest.raises(GatewayRefused) as refusal:
            create(side, checkout_request(lines=lines, amount=10))
        assert refusal.value.code == "amount_too_small"

    def test_events_are_listed_in_our_version(self, side):
        """The list the sweep may fall back on."""
        created = create(side, checkout_request()).snapshot
        side.gateway().expire_checkout(created.checkout_id, account=None)
        listed = side.client().v1.events.list(
            {"types": ["checkout.session.expired"], "limit": 3}
        )
        assert created.checkout_id in {each.data.object["id"] for each in listed.data}
