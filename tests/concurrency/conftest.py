"""Races are run where promises about concurrency are made; SQLite has one writer."""

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from payments_connect.conf import SETTING
from payments_connect.testing.factories import ConnectedAccountFactory

from . import shop
from .shop import Heard


def pytest_collection_modifyitems(items):
    if connection.vendor != "sqlite":
        return
    skip = pytest.mark.skip(reason="races need PostgreSQL or MariaDB")
    for item in items:
        if item.get_closest_marker("concurrency"):
            item.add_marker(skip)


@pytest.fixture
def site(transactional_db, payments_sandbox):
    """A site with a fulfilment handler, on the sandbox, that asks without a pause."""
    site_settings = getattr(settings, SETTING) | {
        "FULFILMENT_HANDLER": "tests.concurrency.shop.ship",
        "CONFIRM_INTERVAL": 0,
    }
    shop.SHIPPED.clear()
    with override_settings(**{SETTING: site_settings}):
        yield payments_sandbox


@pytest.fixture
def account(site):
    """A seller's account, known to the sandbox and to us."""
    external_id = site.stripe.add_account()["id"]
    return ConnectedAccountFactory.create(external_id=external_id)


@pytest.fixture
def heard():
    """Counts the signals that a site would get."""
    with Heard() as listening:
        yield listening
