import json
import time

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from django.test import AsyncClient, Client

from payments_connect.enums import OrderStatus, PaymentStatus, WebhookStatus
from payments_connect.gateways.stripe.webhooks import fingerprint
from payments_connect.models import LedgerEntry, WebhookEvent
from payments_connect.testing.events import sign, stripe_event
from payments_connect.testing.posting import path_of, secret_of

from .deliveries import (
    ENDPOINTS,
    nothing_happened,
    open_payment,
    paid_event,
    paid_session,
    post,
    raw_post,
)


@pytest.fixture(params=ENDPOINTS)
def endpoint(request):
    return request.param


@pytest.fixture
def payment(db, account, endpoint):
    """A payment whose events come to the endpoint."""
    seller = account if endpoint == "connect" else None
    return open_payment(account=seller, charge_type="direct" if seller else "platform")


@pytest.fixture
def our_log(caplog):
    """Give the lines our package has logged so far."""

    def lines():
        return [
            record.getMessage()
            for record in caplog.records
            if record.name.startswith("payments_connect")
        ]

    return lines


def signature(body, endpoint, *, age=0, secret=None):
    stamp = int(time.time()) - age
    return sign(body, secret or secret_of(endpoint), timestamp=stamp).signature


def other(endpoint):
    return next(each for each in ENDPOINTS if each != endpoint)


# By name: what is sent instead of a good signature, given the body and the endpoint.
BAD_SIGNATURES = {
    "missing": lambda _body, _endpoint: "",
    "malformed": lambda _body, _endpoint: "t=1;v1=2",
    "no time stamp": lambda body, endpoint: signature(body, endpoint).partition(",")[2],
    "no signature": lambda body, endpoint: signature(body, endpoint).partition(",")[0],
    "time stamp is no number": lambda _body, _endpoint: "t=now,v1=aa",
    "not ASCII": lambda body, endpoint: signature(body, endpoint) + "\u00e9",
    "only non-ASCII": lambda _body, _endpoint: f"t={int(time.time())},v1=\u00e9",
    "expired": lambda body, endpoint: signature(body, endpoint, age=302),
    "from the future": lambda body, endpoint: signature(body, endpoint, age=-302),
    "wrong": lambda _body, _endpoint: f"t={int(time.time())},v1={'0' * 64}",
    "another scheme": lambda body, endpoint: signature(body, endpoint).replace(
        "v1=", "v0="
    ),
    "unknown secret": lambda body, endpoint: signature(
        body, endpoint, secret="whsec_other"
    ),
    "other endpoint's secret": lambda body, endpoint: signature(body, other(endpoint)),
    "new time stamp in front": lambda body, endpoint: (
        f"t={int(time.time())}," + signature(body, endpoint, age=1_000)
    ),
}

# By name: a body that is signed well and is no event.
BAD_BODIES = {
    "empty": b"",
    "bad UTF-8": b'{"id": "\xff"}',
    "UTF-16": '{"id": "evt_1"}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "not JSON": b"id=evt_1",
    "half of it": b'{"id": "evt_1", "ty',
    "list": b"[]",
    "null": b"null",
    "number": b"1",
    "text": b'"evt_1"',
    "deeply nested list": b"[" * 200_000,
    "deeply nested object": b'{"a":' * 80_000,
    "number of 5000 digits": b'{"id": ' + b"9" * 5_000 + b"}",
    "nothing in it": b"{}",
    "raw NUL": b'{"id": "evt_\x00"}',
}

# By name: changes of a good event that leave nothing to store it under.
UNUSABLE = {
    "no id": {"id": None},
    "number for an id": {"id": 10**30},
    "id of 256 characters": {"id": "e" * 256},
    "id with a space": {"id": "evt 1"},
    "id with NUL": {"id": "evt_\x00"},
    "id of other letters": {"id": "evt_\u0435"},
    "id with half a character": {"id": "evt_\ud800"},
    "no type": {"type": None},
    "list for a type": {"type": ["checkout.session.completed"]},
    "type of 101 characters": {"type": "a" * 101},
    "account of 256 characters": {"account": "a" * 256},
    "account with a space": {"account": "acct 1"},
    "object for an account": {"account": {"id": "acct_1"}},
    "no mode": {"livemode": None},
    "text for a mode": {"livemode": "false"},
    "version of 51 characters": {"api_version": "v" * 51},
}


class TestRefused:
    """A delivery that is not to be believed leaves no trace but one line in the log."""

    def refused(self, endpoint, body, our_log, *, status=400, **options):
        """Post, and check that nothing came of it, not even a query."""
        response = post(endpoint, body, **options)
        assert response.status_code == status
        assert WebhookEvent.objects.count() == 0
        [line] = our_log()
        assert "refused" in line
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        for secret in ("whsec", "jane@", "Jane", "v1="):
            assert secret not in line + response.content.decode()
        assert len(line) < 120
        assert not text or len(text) < 4 or text not in line

    @pytest.mark.parametrize("name", BAD_SIGNATURES)
    def test_bad_signature_is_400(self, endpoint, payment, *, our_log, name):
        """Whatever is wrong with the header, it is the same plain no."""
        body = json.dumps(paid_event(payment))
        bad = BAD_SIGNATURES[name](body, endpoint)
        self.refused(endpoint, body, our_log, signature=bad)
        assert nothing_happened()

    @pytest.mark.django_db
    @pytest.mark.parametrize("name", BAD_BODIES)
    def test_signed_body_that_is_no_event_is_400(self, endpoint, our_log, name):
        """Even signed, it must be a JSON object of an event's shape."""
        self.refused(endpoint, BAD_BODIES[name], our_log)

    @pytest.mark.parametrize("name", UNUSABLE)
    def test_event_without_usable_names_is_400(
        self, endpoint, payment, *, our_log, name
    ):
        """Ids that fit no column, or are missing."""
        body = json.dumps(paid_event(payment) | UNUSABLE[name])
        self.refused(endpoint, body, our_log)
        assert nothing_happened()

    @pytest.mark.django_db
    def test_database_is_not_asked_before_verification(
        self, endpoint, django_assert_num_queries
    ):
        """A stranger cannot make us work: no query at all."""
        with django_assert_num_queries(0):
            assert post(endpoint, b"{}", signature="t=1,v1=aa").status_code == 400
            assert post(endpoint, b"[]").status_code == 400

    @pytest.mark.django_db
    @pytest.mark.parametrize("method", ["get", "put", "head", "options", "delete"])
    def test_other_methods_are_405(self, endpoint, method):
        """The endpoint takes deliveries and nothing else."""
        response = getattr(Client(), method)(path_of(endpoint))
        assert response.status_code == 405
        assert response.headers["Allow"] == "POST"

    def test_endpoint_without_a_secret_does_not_exist(
        self, endpoint, payment, settings
    ):
        """Fail closed: 404, whatever is posted; the other endpoint stays open."""
        option = {"platform": "webhook_secrets", "connect": "connect_webhook_secrets"}
        body = json.dumps(paid_event(payment))
        signed = signature(body, endpoint)
        raw = dict(settings.PAYMENTS_CONNECT)
        entry = raw["GATEWAYS"]["stripe"]
        without = {**entry["OPTIONS"], option[endpoint]: []}
        settings.PAYMENTS_CONNECT = raw | {
            "GATEWAYS": {"stripe": {**entry, "OPTIONS": without}}
        }
        assert post_anyhow(endpoint, body, signed).status_code == 404
        assert nothing_happened()
        assert post(other(endpoint), b"{}").status_code == 400

    @pytest.mark.django_db
    def test_site_without_stripe_has_no_endpoint(self, endpoint, settings):
        """Its address is there, and answers 404."""
        settings.PAYMENTS_CONNECT = {}
        assert post_anyhow(endpoint, "{}", "t=1,v1=aa").status_code == 404


def post_anyhow(endpoint, body, signed):
    return Client().post(
        path_of(endpoint),
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signed},
    )


@pytest.mark.django_db
class TestSize:
    """Nobody can send us more than the cap."""

    CAP = 2_000

    @pytest.fixture(autouse=True)
    def _cap(self, settings):
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"WEBHOOK_MAX_BYTES": self.CAP}

    def test_body_over_the_cap_is_413(self, endpoint, our_log):
        """Well signed or not."""
        body = b"{" + b" " * self.CAP
        assert post(endpoint, body).status_code == 413
        assert post(endpoint, body, signature="").status_code == 413
        assert len(our_log()) == 2
        assert WebhookEvent.objects.count() == 0

    def test_body_of_the_cap_is_read(self, endpoint):
        """The cap itself is still allowed."""
        event = json.dumps(stripe_event("charge.succeeded", {"id": "ch_1"}))
        assert post(endpoint, event.ljust(self.CAP)).status_code == 200

    def test_never_reads_more_than_the_cap(self, endpoint):
        """However much there is to read."""
        body = b" " * 1_000_000
        status, read = raw_post(endpoint, body, length=str(len(body)))
        assert status == 413
        assert read == self.CAP + 1

    @pytest.mark.parametrize("length", [None, "", "0", "-5", "many", "1e3"])
    def test_absent_or_odd_length_is_an_empty_body(self, endpoint, length):
        """As WSGI says: without a length there is no body."""
        body = json.dumps(stripe_event("charge.succeeded", {"id": "ch_1"})).encode()
        signed = signature(body, endpoint)
        status, _read = raw_post(endpoint, body, length=length, signature=signed)
        assert status == 400

    @pytest.mark.parametrize("lie", [-10, -1])
    def test_length_that_is_too_small_cuts_the_body(self, endpoint, lie):
        """And so its signature is wrong."""
        body = json.dumps(stripe_event("charge.succeeded", {"id": "ch_1"})).encode()
        status, read = raw_post(
            endpoint,
            body,
            length=str(len(body) + lie),
            signature=signature(body, endpoint),
        )
        assert status == 400
        assert read <= len(body) + lie

    def test_length_that_is_too_large_changes_nothing(self, endpoint):
        """What was sent is what counts."""
        body = json.dumps(stripe_event("charge.succeeded", {"id": "ch_1"})).encode()
        status, _read = raw_post(
            endpoint, body, length="999999999", signature=signature(body, endpoint)
        )
        assert status == 200


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

    def break_ledger(self, execute, sql, params, many, context):  # noqa: PLR0917  # Django's
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
