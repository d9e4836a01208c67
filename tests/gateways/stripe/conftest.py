"""A Stripe gateway without Django's rows: the SDK and a sandbox, nothing else."""

import pytest

from payments_connect.gateways.stripe import StripeGateway
from payments_connect.sandbox import Sandbox
from payments_connect.testing.fixtures import sandbox_gateway


def gateway_of(sandbox, **options):
    """Return a gateway that talks to a sandbox, impatient where not told otherwise."""
    given = {"max_network_retries": 0} | options
    return StripeGateway(**sandbox_gateway(sandbox, **given)["OPTIONS"])


@pytest.fixture
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def gateway(sandbox):
    return gateway_of(sandbox)
