import json

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from django.test import AsyncClient, Client

from payments_connect.enums import OrderStatus, PaymentStatus, WebhookStatus
from payments_connect.gateways.stripe.webhooks import fingerprint
from payments_connect.models import LedgerEntry, WebhookEvent
from payments_connect.testing.events import stripe_event
from payments_connect.testing.posting import path_of, secret_of
from tests.gateways.stripe.objects import intent

from .deliveries import (
    open_payment,
    other,
    paid_event,
    paid_session,
    post,
    signature,
)


class TestTaken:
    """A good delivery is settled, wherever and however it arrives."""

    def paid(self, payment):
        payment.refresh_from_db()
        payment.order.refresh_from_db()
        return (
            payment.status == PaymentStatus.SUCCEEDED
            and payment.order.status == OrderStatus.PAID
        )

    def test_paid_event_pays_the_order(self, endpoint, payment):
        """One row in the inbox, which says who signed it."""
        response = post(endpoint, paid_event(payment))
        assert (response.status_code, response.content) == (200, b"processed")
        event = WebhookEvent.objects.get()
        assert event.endpoint == endpoint
        assert event.status == WebhookStatus.PROCESSED
        assert event.secret_fingerprint == fingerprint(secret_of(endpoint))
        assert self.paid(payment)

    def test_event_at_the_other_endpoint_is_settled_too(self, endpoint, payment):
        """Sites configure the wrong one: both handle the whole family."""
        event = paid_event(payment)
        assert post(other(endpoint), event).content == b"processed"
        assert self.paid(payment)

    @pytest.mark.parametrize("slash", [True, False])
    def test_trailing_slash_makes_no_difference(self, endpoint, payment, slash):
        """Gateways do not follow redirects: one would lose the event."""
        path = path_of(endpoint).rstrip("/") + ("/" if slash else "")
        assert post(endpoint, paid_event(payment), path=path).status_code == 200
        assert self.paid(payment)

    def test_csrf_protection_does_not_apply(self, endpoint, payment):
        """A gateway has no cookie; its signature protects."""
        client = Client(enforce_csrf_checks=True)
        assert post(endpoint, paid_event(payment), client=client).status_code == 200

    def test_copy_is_a_duplicate(self, endpoint, payment):
        """It is acknowledged and changes nothing."""
        event = paid_event(payment)
        post(endpoint, event)
        before = LedgerEntry.objects.count()
        assert post(endpoint, event).content == b"duplicate"
        assert LedgerEntry.objects.count() == before
        assert WebhookEvent.objects.count() == 1

    @pytest.mark.parametrize("used", [0, 1])
    def test_both_secrets_work_while_one_is_rotated(
        self, endpoint, payment, *, settings, used
    ):
        """The list of secrets may have two, and the header two signatures."""
        old = secret_of(endpoint)
        secrets = [old, "whsec_new"]
        option = (
            "webhook_secrets"
            if endpoint == "platform"
            else "connect_" + ("webhook_secrets")
        )
        raw = dict(settings.PAYMENTS_CONNECT)
        entry = raw["GATEWAYS"]["stripe"]
        options = {**entry["OPTIONS"], option: secrets}
        settings.PAYMENTS_CONNECT = raw | {
            "GATEWAYS": {"stripe": {**entry, "OPTIONS": options}}
        }
        body = json.dumps(paid_event(payment))
        header = signature(body, endpoint, secret=secrets[used])
        header += f",v1={'0' * 64},v0=abc"
        assert post(endpoint, body, signature=header).status_code == 200
        stored = WebhookEvent.objects.get()
        assert stored.secret_fingerprint == fingerprint(secrets[used])

    def test_event_of_the_other_mode_is_counted_without_its_payload(
        self, endpoint, payment
    ):
        """A live Connect endpoint gets test events too: 200, and nothing happens."""
        event = paid_event(payment, livemode=True)
        assert post(endpoint, event).content == b"ignored"
        row = WebhookEvent.objects.get()
        assert (row.status, row.payload) == (WebhookStatus.IGNORED, "")
        assert row.last_error
        assert not self.paid(payment)

    @pytest.mark.django_db
    def test_unknown_type_is_ignored_and_not_stored(self, endpoint):
        """Every event a site subscribes to by mistake would fill the table."""
        for name in ("charge.succeeded", "v2.core.account[requirements].updated"):
            response = post(endpoint, stripe_event(name, {"id": "ch_1"}))
            assert (response.status_code, response.content) == (200, b"ignored")
        assert WebhookEvent.objects.count() == 0

    def test_asgi_takes_deliveries_as_well(self, endpoint, payment):
        """The same view under an asynchronous server."""
        body = json.dumps(paid_event(payment))
        headers = {"Stripe-Signature": signature(body, endpoint)}

        def send(data):
            return async_to_sync(AsyncClient().post)(
                path_of(endpoint),
                data,
                content_type="application/json",
                headers=headers,
            )

        assert send(body + " ").status_code == 400
        assert send(" " * 600_000).status_code == 413
        assert send(body).status_code == 200
        assert self.paid(payment)


@pytest.mark.django_db(transaction=True)
class TestFailing:
    """A failure of ours keeps the event and leaves nothing half done."""

    def break_ledger(self, execute, sql, params, many, context):  # Django's
        if "payments_connect_ledgerentry" in sql and sql.startswith("INSERT"):
            raise DatabaseError("disk full of jane@example.com")
        return execute(sql, params, many, context)

    @pytest.mark.parametrize("atomic", [False, True])
    def test_failure_is_kept_and_the_next_delivery_succeeds(
        self, endpoint, payment, *, atomic, our_log, monkeypatch
    ):
        """With ATOMIC_REQUESTS too: effects roll back, the row of the failure stays."""
        monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic)
        event = paid_event(payment)
        with connection.execute_wrapper(self.break_ledger):
            response = post(endpoint, event)
        assert (response.status_code, response.content) == (500, b"failed")
        row = WebhookEvent.objects.get()
        assert (row.status, row.attempts) == (WebhookStatus.FAILED, 1)
        assert row.due_at
        payment.refresh_from_db()
        payment.order.refresh_from_db()
        assert payment.status == PaymentStatus.OPEN
        assert payment.order.status == OrderStatus.PENDING
        assert "jane@" not in "".join(our_log())
        assert post(endpoint, event).content == b"processed"
        row.refresh_from_db()
        assert (row.status, row.last_error) == (WebhookStatus.PROCESSED, "")

    def test_patience_ends_and_the_sweep_owns_the_event(self, endpoint, payment):
        """After a few 500s the gateway is left in peace."""
        event = paid_event(payment)
        with connection.execute_wrapper(self.break_ledger):
            answers = [post(endpoint, event).status_code for _time in range(5)]
        assert answers == [500, 500, 500, 200, 200]
        assert WebhookEvent.objects.get().status == WebhookStatus.FAILED


class TestOwnObject:
    """A signed event proves itself only for its own object."""

    def test_other_accounts_session_with_our_mark_is_rejected(self, account, db):
        """Any seller can write our metadata on a session of their own."""
        payment = open_payment(account=account, charge_type="direct")
        forged = paid_session(payment, id="cs_test_forged")
        event = stripe_event(
            "checkout.session.completed", forged, account="acct_stranger"
        )
        response = post("connect", event)
        assert (response.status_code, response.content) == (200, b"rejected")
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.OPEN
        assert post("connect", paid_event(payment)).content == b"processed"

    @pytest.mark.parametrize("received", [0, None, 1, 99_99])
    def test_success_without_all_the_money_is_for_a_person(self, db, received):
        """The word "succeeded" pays nothing: the money that arrived does."""
        payment = open_payment(external_id="pi_1")
        found = intent(amount_received=received)
        response = post("platform", stripe_event("payment_intent.succeeded", found))
        assert response.content == b"processed"
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.REVIEW
        assert payment.amount_captured == (received or 0)
        assert payment.order.status == OrderStatus.PENDING
