import pytest
import stripe

from payments_connect.sandbox import Sandbox
from tests.sandbox.receiver import Receiver


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox):
    made = client_of(sandbox)
    yield made
    made._requestor._client.close()


@pytest.fixture
def seller(sandbox):
    return sandbox.stripe.add_account()["id"]


@pytest.fixture
def receiver():
    with Receiver() as running:
        yield running


def client_of(sandbox, key=None, **options):
    return stripe.StripeClient(
        key or sandbox.stripe.secret_key,
        base_addresses={"api": sandbox.stripe.url},
        **options,
    )
