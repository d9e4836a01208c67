"""What all tests share; the sandbox and event fixtures come from our own plugin."""

import pytest

from payments_connect.testing.factories import ConnectedAccountFactory


@pytest.fixture
def account(db, payments_sandbox):
    """A connected account that both the sandbox and our rows know."""
    external_id = payments_sandbox.stripe.add_account()["id"]
    return ConnectedAccountFactory(external_id=external_id)
