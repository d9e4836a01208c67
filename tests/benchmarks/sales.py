"""Paid orders whose webhook has yet to come; a database and a sandbox for them."""

import platform
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory
from typing import Any, Self

from django.conf import settings
from django.db import connection, connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from payments_connect.api import start_checkout
from payments_connect.conf import SETTING
from payments_connect.sandbox import Sandbox
from payments_connect.testing.events import sign
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    StockItemFactory,
    make_line,
    make_order,
)
from payments_connect.testing.fixtures import sandbox_gateway
from payments_connect.testing.posting import path_of, secret_of

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE SAVEPOINT")


@dataclass(frozen=True, kw_only=True)
class Count:
    """What one delivery did."""

    statements: int
    control: str
    calls: int


class Bench:
    """A database, a sandbox and the settings that join them.

    Attributes:
        database: What it measures on.
        python: The interpreter's version.
    """

    def __init__(self) -> None:
        self.python = platform.python_version()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        connection.settings_dict["TEST"]["NAME"] = self._name()
        connection.settings_dict["CONN_MAX_AGE"] = None
        name = settings.DATABASES["default"]["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        self._stack.callback(connection.creation.destroy_test_db, name, verbosity=0)
        self.database = f"{connection.display_name} {_version()}"
        self._sandbox = self._stack.enter_context(Sandbox())
        ours = getattr(settings, SETTING)
        ours = ours | {"GATEWAYS": {"stripe": sandbox_gateway(self._sandbox)}}
        self._stack.enter_context(override_settings(**{SETTING: ours}))
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def _name(self) -> str:
        if connection.vendor != "sqlite":
            return "bench_payments_connect"
        return self._stack.enter_context(TemporaryDirectory()) + "/bench.sqlite3"

    def pay_orders(self, number: int) -> list[Callable[[], None]]:
        """Place and pay orders; give the delivery of each one's webhook."""
        stripe = self._sandbox.stripe
        account = ConnectedAccountFactory.create(external_id=stripe.add_account()["id"])
        stock = StockItemFactory.create(available=number)
        for _order in range(number):
            line = make_line(seller=account.seller, stock_item=stock)
            order = make_order(lines=[line])
            started = start_checkout(order, success_url="https://shop.test/done")
            stripe.pay(started.payment.checkout_id or "")
        completed = "checkout.session.completed"
        return [partial(_post, e) for e in stripe.events if e["type"] == completed]

    def count(self, delivery: Callable[[], None]) -> Count:
        """Run a delivery and count what it did."""
        before = len(self._sandbox.requests)
        with CaptureQueriesContext(connection) as captured:
            delivery()
        words = [query["sql"].upper() for query in captured.captured_queries]
        control = [word.split()[0] for word in words if word.startswith(_CONTROL)]
        return Count(
            statements=len(words) - len(control),
            control=", ".join(control),
            calls=len(self._sandbox.requests) - before,
        )

    def close(self) -> None:
        """Close this thread's connections."""
        connections.close_all()


def _post(event: dict[str, Any]) -> None:
    delivery = sign(event, secret_of("connect"))
    answer = Client().post(
        path_of("connect"),
        delivery.body,
        content_type="application/json",
        headers=delivery.headers,
    )
    assert answer.status_code == 200, answer.content


def _version() -> str:
    version = connection.get_database_version()
    return ".".join(str(part) for part in version[:2])
