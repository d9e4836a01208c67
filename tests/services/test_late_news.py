"""News that comes after the decision it belongs to: kept, and shown to a person."""

import json

import pytest

from payments_connect.conf import SETTING
from payments_connect.enums import PaymentStatus, Source, WebhookStatus
from payments_connect.models import LedgerEntry, StockItem, WebhookEvent
from payments_connect.services.fulfilment import release_hold
from payments_connect.services.settlement import accept_payment, settle_payment
from payments_connect.testing.events import stripe_event
from payments_connect.testing.factories import (
    PaymentFactory,
    StockItemFactory,
    make_line,
    make_order,
)
from payments_connect.testing.fixtures import sandbox_gateway

from .sales import fresh, sell
from .snapshots import session_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestMoneyDuringReview:
    def test_is_what_a_person_accepts(self):
        """A doubt without money, then the money: accepting posts all of it."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        doubtful = session_of(
            payment, status=PaymentStatus.REVIEW, amount_captured=0, doubt="No money."
        )
        settle_payment(doubtful, source=Source.WEBHOOK)
        settle_payment(session_of(payment), source=Source.SWEEP)
        assert fresh(payment).status == PaymentStatus.REVIEW
        assert payment.amount_captured == payment.amount
        accept_payment(payment, reason="It came in the end")
        assert LedgerEntry.objects.get().amount == payment.amount


class TestApplicationFee:
    def test_another_amount_is_shown_to_a_person(
        self, account, payments_sandbox, payments_events, heard
    ):
        """The books hold what we asked for; a fee of one cent must not pass unseen."""
        _order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new()
        intent = payments_sandbox.stripe.get(
            payments_sandbox.stripe.get(payment.checkout_id)["payment_intent"]
        )
        type(payment).objects.update(
            charge_id=intent["latest_charge"], application_fee_id=""
        )
        fee = {
            "id": "fee_1",
            "object": "application_fee",
            "account": account.external_id,
            "amount": 1,
            "charge": intent["latest_charge"],
            "currency": "usd",
            "livemode": False,
        }
        event = stripe_event("application_fee.created", fee)
        assert payments_events.post(event).content == b"processed"
        assert "fee of 0.01 USD, asked for 10.00 USD" in fresh(payment).review_reason
        assert payment.status == PaymentStatus.SUCCEEDED
        assert heard.count("payment_needs_review") == 1
        assert payments_events.post({**event, "id": "evt_again"}).status_code == 200
        assert heard.count("payment_needs_review") == 1


class TestWrongMode:
    def test_an_event_of_the_other_mode_is_applied_when_it_comes_in_ours(
        self, account, payments_sandbox, payments_events, settings
    ):
        """A deploy with the wrong key must not cost the events it refused."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        completed = next(
            event
            for event in payments_sandbox.stripe.events
            if event["type"] == "checkout.session.completed"
        )
        right = getattr(settings, SETTING)
        live = sandbox_gateway(
            payments_sandbox, api_key=payments_sandbox.stripe.live_secret_key
        )
        settings.PAYMENTS_CONNECT = right | {"GATEWAYS": {"stripe": live}}
        assert payments_events.post(completed).content == b"ignored"
        settings.PAYMENTS_CONNECT = right
        assert payments_events.post(completed).content == b"processed"
        assert fresh(order).status == "paid"
        row = WebhookEvent.objects.get()
        assert row.status == WebhookStatus.PROCESSED
        assert json.loads(row.payload)["id"] == completed["id"]


class TestReleaseHold:
    def test_prefetched_lines_take_no_stock_twice(self):
        """What was taken is read anew, whatever the instance remembers."""
        stock = StockItemFactory.create(available=0)
        order = make_order(lines=[make_line(stock_item=stock, quantity=2)])
        payment = PaymentFactory.create(order=order, checkout_id="cs_1")
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        StockItem.objects.update(available=10)
        found = type(order).objects.prefetch_related("lines").get()
        list(found.lines.all())
        assert release_hold(found)
        assert not release_hold(found)
        assert StockItem.objects.get().available == 8
