import json
import time

import pytest
from django.test import Client

from payments_connect.models import WebhookEvent
from payments_connect.testing.events import stripe_event
from payments_connect.testing.posting import path_of

from .deliveries import (
    BrokenStream,
    nothing_happened,
    other,
    paid_event,
    post,
    raw_post,
    signature,
)

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

    def test_connection_that_breaks_is_400(self, endpoint, our_log):
        """Nobody is left to read the answer, and nothing was stored."""
        status, _read = raw_post(endpoint, BrokenStream(), length="100")
        assert status == 400
        assert len(our_log()) == 1
