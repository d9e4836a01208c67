import contextlib
import json
import time

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from payments_connect.enums import PaymentStatus
from payments_connect.exceptions import SnapshotError, WebhookRejected
from payments_connect.gateways.stripe import StripeGateway, webhooks
from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.gateways.types import ApplicationFeeSnapshot, PaymentSnapshot
from payments_connect.testing.events import sign, stripe_event

from .objects import application_fee, intent, session

SECRET = "whsec_one"
BODY = b'{"id": "evt_1"}'


def header(body=BODY, secret=SECRET, *, age=0):
    return sign(body, secret, timestamp=int(time.time()) - age).signature


class TestVerify:
    """A delivery is believed only if one of our secrets signed it, lately."""

    def test_good_signature_names_its_secret(self):
        """By a fingerprint that does not tell the secret."""
        found = webhooks.verify(BODY, header(), [SECRET])
        assert found == webhooks.fingerprint(SECRET)
        assert len(found) == 16
        assert SECRET not in found

    def test_stripes_own_signature_is_good(self):
        """Signed by the SDK rather than by our test helper."""
        signed = stripe.WebhookSignature.generate_signature_header(
            BODY.decode(), SECRET
        )
        assert webhooks.verify(BODY, signed, [SECRET])

    def test_any_of_the_secrets_will_do(self):
        """While a secret is rotated the endpoint has two."""
        secrets = ["whsec_old", SECRET]
        assert webhooks.verify(BODY, header(), secrets) == webhooks.fingerprint(SECRET)

    def test_any_of_the_signatures_will_do(self):
        """While a secret is rotated Stripe signs with both."""
        stamp, good = header().split(",")
        for signatures in (f"v1=00,{good}", f"{good},v1=00", f"v0=00,{good}"):
            assert webhooks.verify(BODY, f"{stamp},{signatures}", [SECRET])

    @pytest.mark.parametrize("age", [0, 299, -299])
    def test_age_within_the_tolerance_is_good(self, age):
        """Five minutes either way: clocks differ."""
        assert webhooks.verify(BODY, header(age=age), [SECRET])

    @pytest.mark.parametrize("age", [302, -302, 10**6, -(10**9)])
    def test_age_beyond_the_tolerance_is_rejected(self, age):
        """A recorded delivery cannot be played again, nor prepared."""
        with pytest.raises(WebhookRejected):
            webhooks.verify(BODY, header(age=age), [SECRET])

    @pytest.mark.parametrize(
        "bad",
        [
            "",
            " ",
            "t",
            "t=",
            "v1=",
            "t=1",
            "t=now,v1=aa",
            "t=1.5,v1=aa",
            "t=" + "9" * 5000 + ",v1=aa",
            "v1=aa,v1=bb",
            "=,=,=",
            "t=1,v1=é",
            "t=1,v1=\ud800",
            "t=\u0661,v1=aa",
            "x" * 100_000,
            ",".join(["v1=aa"] * 10_000),
        ],
    )
    def test_bad_header_is_rejected_without_an_accident(self, bad):
        """Whatever it holds, it is a rejection and no other error."""
        with pytest.raises(WebhookRejected) as caught:
            webhooks.verify(BODY, bad, [SECRET])
        assert caught.value.status == 400
        assert len(caught.value.reason) < 40

    @pytest.mark.parametrize("more", [",t=x", ",t", ",t=", ",t=1", ",", ",v1", ",é"])
    def test_garbage_after_a_good_signature_is_no_accident(self, more):
        """A second time stamp neither helps nor breaks anything."""
        with contextlib.suppress(WebhookRejected):
            webhooks.verify(BODY, header() + more, [SECRET])

    def test_first_time_stamp_is_the_one_that_counts(self):
        """It was signed; a later one cannot make an old delivery new."""
        old = header(age=10_000)
        with pytest.raises(WebhookRejected):
            webhooks.verify(BODY, f"{old},t={int(time.time())}", [SECRET])
        with pytest.raises(WebhookRejected):
            webhooks.verify(BODY, f"t={int(time.time())},{old}", [SECRET])

    @pytest.mark.parametrize("body", [b"", BODY + b" ", b"\xff\xfe", b"\x00"])
    def test_other_body_is_rejected(self, body):
        """Empty, altered, or not text."""
        with pytest.raises(WebhookRejected):
            webhooks.verify(body, header(), [SECRET])

    def test_no_secret_verifies_nothing(self):
        """An empty list fails closed."""
        with pytest.raises(WebhookRejected):
            webhooks.verify(BODY, header(), [])

    def test_other_secret_is_rejected(self):
        """A secret of another endpoint is no secret of this one."""
        gateway = StripeGateway(
            webhook_secrets=["whsec_a"], connect_webhook_secrets=["whsec_b"]
        )
        for endpoint, secret in (("platform", "whsec_b"), ("connect", "whsec_a")):
            signed = sign(BODY, secret)
            with pytest.raises(WebhookRejected):
                gateway.read_webhook(endpoint, signed.body, headers=signed.headers)

    @given(st.text(max_size=80))
    def test_any_header_is_rejected_or_good(self, text):
        """Never another error: it would be an unauthenticated 500."""
        with pytest.raises(WebhookRejected):
            webhooks.verify(BODY, text, [SECRET])


class TestRead:
    """What a verified event tells."""

    def read(self, event):
        return webhooks.read(json.dumps(event), api_version=API_VERSION)

    @pytest.mark.parametrize("event_type", sorted(webhooks.SESSION_EVENTS))
    def test_session_event_is_about_a_checkout(self, event_type):
        """Both the id and the snapshot are there."""
        notice = self.read(stripe_event(event_type, session(), account="acct_1"))
        assert notice.handled
        assert notice.checkout_id == notice.object_id == "cs_test_1"
        assert isinstance(notice.snapshot, PaymentSnapshot)
        assert notice.snapshot.account == notice.account == "acct_1"
        assert not notice.snapshot.retrieved

    @pytest.mark.parametrize("event_type", sorted(webhooks.INTENT_EVENTS))
    def test_intent_event_is_about_a_payment(self, event_type):
        """It knows no checkout."""
        notice = self.read(stripe_event(event_type, intent()))
        assert notice.handled
        assert (notice.object_id, notice.checkout_id) == ("pi_1", "")
        assert isinstance(notice.snapshot, PaymentSnapshot)

    def test_failed_delayed_payment_is_told_by_the_event(self):
        """The session itself stays complete and unpaid."""
        found = session(status="complete", payment_status="unpaid")
        name = "checkout.session.async_payment_failed"
        snapshot = self.read(stripe_event(name, found)).snapshot
        assert snapshot.status == PaymentStatus.FAILED

    @pytest.mark.parametrize("version", [API_VERSION, "2015-01-01", None])
    def test_application_fee_is_read_in_every_version(self, version):
        """Its few fields mean the same everywhere."""
        event = stripe_event(
            "application_fee.created", application_fee(), api_version=version
        )
        snapshot = self.read(event).snapshot
        assert isinstance(snapshot, ApplicationFeeSnapshot)
        assert (snapshot.charge_id, snapshot.account) == ("ch_1", "acct_1")

    @pytest.mark.parametrize(
        ("version", "ours"),
        [
            (API_VERSION, True),
            ("2026-01-01.dahlia", True),
            ("2025-04-30.basil", False),
            ("2020-08-27", False),
            ("", False),
            (None, False),
        ],
    )
    def test_only_our_release_is_read(self, version, ours):
        """Another release's fields may mean something else."""
        event = stripe_event(
            "checkout.session.completed", session(), api_version=version
        )
        assert (self.read(event).snapshot is not None) is ours

    def test_object_that_cannot_be_read_is_a_hint(self):
        """It is ours to retrieve, not ours to guess."""
        event = stripe_event("checkout.session.completed", session(amount_total="1"))
        notice = self.read(event)
        assert notice.handled
        assert notice.snapshot is None

    @pytest.mark.parametrize("mode", ["setup", "subscription", None, 5])
    def test_session_of_another_mode_does_not_concern_us(self, mode):
        """Cards that are set up and subscriptions share the event types."""
        event = stripe_event("checkout.session.completed", session(mode=mode))
        assert not self.read(event).handled

    def test_unknown_type_does_not_concern_us(self):
        """It is still an event, with its id and account."""
        notice = self.read(stripe_event("charge.succeeded", {"id": "ch_1"}))
        assert not notice.handled
        assert notice.snapshot is None

    @pytest.mark.parametrize("found", [None, [], "x", 5, {}, {"id": 5}, {"id": "a b"}])
    def test_event_without_a_usable_object_does_not_concern_us(self, found):
        """There is nothing to look up."""
        event = stripe_event("checkout.session.completed", session())
        event["data"] = {"object": found}
        assert not self.read(event).handled

    @pytest.mark.parametrize(
        "changes",
        [
            {"id": None},
            {"id": ""},
            {"id": 5},
            {"id": "evt 1"},
            {"id": "evt_\x00"},
            {"id": "evt_é"},
            {"id": "e" * 256},
            {"type": None},
            {"type": ""},
            {"type": 5},
            {"type": "a" * 101},
            {"type": "Checkout Session"},
            {"account": 5},
            {"account": "a" * 256},
            {"account": "acct 1"},
            {"account": ["acct_1"]},
            {"livemode": None},
            {"livemode": "false"},
            {"livemode": 0},
            {"api_version": 5},
            {"api_version": "v" * 51},
            {"api_version": "2020\n"},
        ],
    )
    def test_event_with_unusable_fields_is_no_event(self, changes):
        """What would not fit a column, or names nothing."""
        event = stripe_event("checkout.session.completed", session()) | changes
        with pytest.raises(SnapshotError):
            self.read(event)

    @pytest.mark.parametrize(
        "body",
        [
            "",
            "{",
            "[]",
            "null",
            "1",
            '"evt_1"',
            "\ufeff{}",
            "[" * 100_000,
            '{"a":' * 100_000,
            '{"id": ' + "9" * 5_000 + "}",
            "{'id': 1}",
        ],
    )
    def test_body_that_is_no_event_is_refused(self, body):
        """Whatever was signed, it must be a JSON object."""
        with pytest.raises(SnapshotError):
            webhooks.read(body, api_version=API_VERSION)

    def test_signed_nonsense_is_rejected_as_a_delivery(self):
        """The endpoint answers 400 to it."""
        signed = sign(b"[]", SECRET)
        gateway = StripeGateway(webhook_secrets=[SECRET])
        with pytest.raises(WebhookRejected) as caught:
            gateway.read_webhook("platform", signed.body, headers=signed.headers)
        assert "object" in caught.value.reason

    def test_payload_is_not_shown(self):
        """It holds the buyer's name and address."""
        event = stripe_event("checkout.session.completed", session(note="jane@x.com"))
        assert "jane@" not in repr(self.read(event))
