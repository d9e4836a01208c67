import json
import time

import pytest
import stripe

from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.testing.events import sign, stripe_event


class TestSign:
    """Deliveries signed as Stripe signs them."""

    @pytest.mark.parametrize(
        "body", [b'{"a": "\xc3\xa9"}', '{"a": "\u00e9"}', {"a": "\u00e9"}]
    )
    def test_official_sdk_believes_it(self, body):
        """Bytes, text or an event."""
        delivery = sign(body, "whsec_x")
        header = delivery.headers["Stripe-Signature"]
        assert stripe.WebhookSignature.verify_header(
            delivery.body, header, "whsec_x", 300
        )
        assert json.loads(delivery.body) == {"a": "\u00e9"}

    def test_time_can_be_set(self):
        """For old deliveries."""
        then = int(time.time()) - 400
        delivery = sign(b"{}", "whsec_x", timestamp=then)
        assert delivery.signature.startswith(f"t={then},v1=")
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.WebhookSignature.verify_header(
                delivery.body, delivery.signature, "whsec_x", 300
            )


class TestStripeEvent:
    """Events in Stripe's shape."""

    def test_event_is_in_our_version_and_the_objects_mode(self):
        """So that it is read directly."""
        event = stripe_event("charge.succeeded", {"id": "ch_1", "livemode": True})
        assert event["api_version"] == API_VERSION
        assert event["livemode"] is True
        assert "account" not in event

    def test_each_event_has_an_id_of_its_own(self):
        """Two events are never copies by accident."""
        ids = {stripe_event("x", {})["id"] for _n in range(10)}
        assert len(ids) == 10

    def test_fields_can_be_set(self):
        """The account, and whatever a test is about."""
        event = stripe_event("x", {}, account="acct_1", id="evt_1", livemode=True)
        assert (event["account"], event["id"]) == ("acct_1", "evt_1")
        assert event["livemode"] is True

    def test_sdk_parses_it(self):
        """As it parses what Stripe sends."""
        event = stripe_event("charge.succeeded", {"id": "ch_1", "object": "charge"})
        delivery = sign(event, "whsec_x")
        parsed = stripe.Webhook.construct_event(
            delivery.body, delivery.signature, "whsec_x", api_key="sk_test_x"
        )
        assert isinstance(parsed.data.object, stripe.Charge)
