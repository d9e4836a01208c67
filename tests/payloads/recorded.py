"""Events as Stripe sent them, and the rows and objects that each of them belongs to.

The files are third-party material and stay beside the project; where they are not,
the tests that need them are skipped.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from payments_connect.enums import PaymentStatus
from payments_connect.exceptions import SnapshotError
from payments_connect.gateways.stripe import webhooks
from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.gateways.stripe.mapping import from_stripe_amount
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PaymentFactory,
    make_line,
    make_order,
)

FOLDER = Path(__file__).parents[2].parent / "shared/payloads/stripe/events"
FILES = sorted(FOLDER.glob("**/*.json"))

# How the checkout of a payment intent stands, by the intent's status.
_CHECKOUT_OF = {
    "succeeded": ("complete", "paid"),
    "processing": ("complete", "unpaid"),
    "requires_capture": ("complete", "unpaid"),
    "canceled": ("complete", "unpaid"),
}


def recorded(files):
    """Parametrize a test with files; skip it where there are none."""
    if not files:
        missing = pytest.mark.skip(reason=f"no recorded payloads in {FOLDER.name}")
        return pytest.mark.parametrize("file", [pytest.param(None, marks=missing)])
    return pytest.mark.parametrize(
        "file", files, ids=lambda file: str(file.relative_to(FOLDER))
    )


def concerns_us(file):
    """Whether a file holds an event of a type we map, about an object with an id."""
    try:
        return webhooks.read(file.read_text(), api_version=API_VERSION).handled
    except (SnapshotError, ValueError):
        return False


MAPPED = [file for file in FILES if concerns_us(file)]


def _id_of(value):
    """An id, whether the field is expanded, plain, or null."""
    return value["id"] if isinstance(value, dict) else value or ""


@dataclass(frozen=True)
class Story:
    """A recorded event, with the object it is about."""

    event: dict[str, Any]

    @classmethod
    def of(cls, file, *, version=None):
        """Read a file; ``version`` stamps it as rendered in another API version."""
        event = json.loads(file.read_text())
        return cls(event | ({"api_version": version} if version else {}))

    @property
    def found(self):
        return self.event["data"]["object"]

    @property
    def type(self):
        return self.event["type"]

    @property
    def is_fee(self):
        return self.type in webhooks.FEE_EVENTS

    @property
    def is_session(self):
        return self.type in webhooks.SESSION_EVENTS

    @property
    def livemode(self):
        return self.event["livemode"]

    @property
    def account(self):
        """The connected account, or None: a fee lives on the platform and names it."""
        holder = self.found if self.is_fee else self.event
        return _id_of(holder.get("account")) or None

    @property
    def currency(self):
        return self.found["currency"].upper()

    def amount(self, *names):
        """The first of these amounts that the object has, in ISO minor units."""
        values = (self.found.get(name) for name in names)
        value = next((each for each in values if each is not None), 0)
        return from_stripe_amount(value, self.currency)

    @property
    def charge(self):
        """The charge of the object, as far as it names one."""
        return _id_of(self.found.get("charge" if self.is_fee else "latest_charge"))

    @property
    def session(self):
        """The checkout: the object itself, or one that its payment intent is of."""
        if self.is_session:
            return self.found
        status, paid = _CHECKOUT_OF.get(self.found["status"], ("open", "unpaid"))
        amount = self.found["amount"]
        return {
            "id": f"cs_{'live' if self.livemode else 'test'}_of_{self.found['id']}",
            "object": "checkout.session",
            "mode": "payment",
            "status": status,
            "payment_status": paid,
            "currency": self.found["currency"],
            "amount_subtotal": amount,
            "amount_total": amount,
            "total_details": {},
            "livemode": self.livemode,
            "metadata": {},
            "payment_intent": self.found["id"],
            "url": None,
            "client_secret": None,
            "expires_at": None,
        }

    def seed(self, sandbox):
        """Put the event's objects into the sandbox, where they can be retrieved."""
        if self.account:
            sandbox.stripe.add_account(self.account)
        objects = [self.found]
        if not self.is_fee:
            objects += [self.session, *self._intents()]
        for each in objects:
            owner = None if self.is_fee else self.account
            sandbox.stripe.insert(each, owner, livemode=self.livemode)

    def _intents(self):
        """The payment intent that a recorded session names, as it must have been."""
        named = self.found.get("payment_intent") if self.is_session else None
        if not isinstance(named, str):
            return []
        paid = self.found["payment_status"] == "paid"
        failed = self.type == "checkout.session.async_payment_failed"
        status = "succeeded" if paid else "processing"
        return [
            {
                "id": named,
                "object": "payment_intent",
                "status": "requires_payment_method" if failed else status,
                "amount": self.found["amount_total"],
                "amount_received": self.found["amount_total"] if paid else 0,
                "currency": self.found["currency"],
                "livemode": self.livemode,
                "metadata": {},
            }
        ]

    def make_payment(self):
        """Create the rows that the event belongs to, as they were before it."""
        amount = self.amount("amount_subtotal", "amount_total", "amount")
        account = None
        if self.account:
            account = ConnectedAccountFactory(
                external_id=self.account, livemode=self.livemode
            )
        line = make_line(unit_amount=amount, seller=account.seller if account else None)
        return PaymentFactory(
            order=make_order(lines=[line], currency=self.currency),
            account=account,
            charge_type="direct" if account else "platform",
            livemode=self.livemode,
            application_fee_amount=self._fee(),
            allows_discount=self.is_session,
            allows_shipping=self.is_session,
            allows_tax=self.is_session,
            **self._ids(),
        )

    def _fee(self):
        return self.amount("amount" if self.is_fee else "application_fee_amount")

    def _ids(self):
        if self.is_fee:
            return {"status": PaymentStatus.SUCCEEDED, "charge_id": self.charge}
        waiting = "async_payment" in self.type
        return {
            "status": PaymentStatus.PROCESSING if waiting else PaymentStatus.OPEN,
            "checkout_id": self.session["id"],
            "external_id": None if self.is_session else self.found["id"],
        }
