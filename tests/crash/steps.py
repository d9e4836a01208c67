"""What a process of the site can do, and the points at which it can die.

It dies as by a kill: no exception, no rollback of ours, nothing flushed or closed.
"""

import json
import os
import sys

from django.db import connection
from django.test import Client

from payments_connect.gateways.stripe import StripeGateway
from payments_connect.models import (
    Intent,
    LedgerEntry,
    Order,
    Payment,
    StockItem,
    WebhookEvent,
)
from payments_connect.sandbox import SandboxClient
from payments_connect.services import checkout
from payments_connect.services import sweep as sweeping
from payments_connect.testing import factories
from payments_connect.testing.events import sign
from tests.services.sales import pass_time

from .site import die

# The statement before which the process dies: its verb and a part of its text.
STATEMENTS = {
    "recording": ("UPDATE", "payments_connect_payment"),
    "stock": ("UPDATE", "payments_connect_stockitem"),
    "ledger": ("INSERT", "payments_connect_ledgerentry"),
    "before_fulfilment": ("UPDATE", "payments_connect_intent"),
}


def arm(point):
    """Have this process die at a point."""
    original = StripeGateway.create_checkout

    def call(self, *args, **kwargs):
        if point == "before_call":
            die()
        answer = original(self, *args, **kwargs)
        if point == "after_call":
            die()
        return answer

    def watch(execute, sql, *rest):
        verb, part = STATEMENTS[point]
        if sql.startswith(verb) and part in sql:
            die()
        return execute(sql, *rest)

    if point in STATEMENTS:
        connection.execute_wrappers.append(watch)
    StripeGateway.create_checkout = call  # type: ignore[method-assign]  # may die


def sandbox():
    """The gateway's own side, in the process of the test."""
    return SandboxClient(os.environ["SANDBOX_URL"])


def place():
    """A seller, something in stock, an order of it."""
    account = factories.ConnectedAccountFactory.create(
        external_id=sandbox().stripe.add_account()["id"]
    )
    stock = factories.StockItemFactory.create(available=10)
    line = factories.make_line(seller=account.seller, stock_item=stock)
    factories.make_order(lines=[line])


def click():
    """The buyer clicks."""
    checkout.start_checkout(Order.objects.get(), success_url="http://testserver/ok")


def pay():
    """The buyer pays on the page that was opened last."""
    payment = Payment.objects.exclude(checkout_id=None).latest("pk")
    sandbox().stripe.pay(payment.checkout_id)


def deliver():
    """The gateway delivers its last event."""
    delivery = sign(sandbox().stripe.events[-1], "whsec_connect")
    answer = Client().post(
        "/payments/webhooks/stripe/connect/",
        delivery.body,
        content_type="application/json",
        headers=delivery.headers,
    )
    assert answer.status_code == 200, answer.content


def sweep():
    """Everything that waits falls due but the order, and is swept."""
    pass_time(WebhookEvent, Intent, Payment)
    assert sweeping.sweep().failures == 0


def report():
    """Write a line that says how everything stands."""
    order = Order.objects.get()
    payments = Payment.objects.order_by("pk")
    state = {
        "order": order.status,
        "fulfilment": order.fulfilment,
        "payments": [payment.status for payment in payments],
        "checkouts": [payment.checkout_id for payment in payments],
        "ledger": LedgerEntry.objects.count(),
        "stock": StockItem.objects.get().available,
        "events": [event.status for event in WebhookEvent.objects.all()],
    }
    sys.stdout.write(json.dumps(state) + "\n")


STEPS = {step.__name__: step for step in (place, click, pay, deliver, sweep, report)}
