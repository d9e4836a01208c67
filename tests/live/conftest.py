"""The same calls to both sides: the sandbox always, Stripe's test mode where keys are.

``STRIPE_LIVE_TEST_SECRET_KEY`` is a platform's sk_test_ key, and
``STRIPE_LIVE_TEST_ACCOUNT`` a connected account of it that may take charges.
"""

import os
import uuid
from dataclasses import dataclass, field

import pytest
import stripe

from payments_connect.gateways.stripe import StripeGateway
from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.gateways.types import AccountRef
from payments_connect.sandbox import Sandbox


@dataclass
class Side:
    """One side of the comparison, and what the tests may use there."""

    api_key: str
    account: AccountRef
    base_url: str = ""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    def gateway(self, api_key=""):
        return StripeGateway(api_key=api_key or self.api_key, base_url=self.base_url)

    def client(self):
        """Return the official SDK's client, for what the gateway does not do yet."""
        return stripe.StripeClient(
            self.api_key,
            stripe_version=API_VERSION,
            max_network_retries=2,
            base_addresses={"api": self.base_url} if self.base_url else {},
        )

    def key(self, name):
        """Return an idempotency key that no earlier run has used."""
        return f"{self.run}:{name}"


@pytest.fixture(params=["sandbox", pytest.param("stripe", marks=pytest.mark.live)])
def side(request):
    if request.param == "stripe":
        yield real_side()
        return
    with Sandbox() as sandbox:
        yield Side(
            api_key=sandbox.stripe.secret_key,
            account=AccountRef(external_id=sandbox.stripe.add_account()["id"]),
            base_url=sandbox.stripe.url,
        )


def real_side():
    key = os.environ.get("STRIPE_LIVE_TEST_SECRET_KEY", "")
    account = os.environ.get("STRIPE_LIVE_TEST_ACCOUNT", "")
    if not (key and account):
        pytest.skip("STRIPE_LIVE_TEST_SECRET_KEY and STRIPE_LIVE_TEST_ACCOUNT not set")
    if not key.startswith("sk_test_"):
        pytest.fail("STRIPE_LIVE_TEST_SECRET_KEY must be a test key (sk_test_…)")
    return Side(api_key=key, account=AccountRef(external_id=account))
