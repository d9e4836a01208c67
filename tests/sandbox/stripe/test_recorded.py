"""Objects that Stripe sent to others, seeded here."""

import json
from pathlib import Path

import pytest
import requests

EVENTS = Path(__file__).parents[3].parent / "shared" / "payloads" / "stripe" / "events"


@pytest.fixture(scope="module")
def recorded():
    if not EVENTS.exists():
        pytest.skip("the recorded payloads are not beside this checkout")
    loaded = [json.loads(path.read_text()) for path in sorted(EVENTS.rglob("*.json"))]
    return [
        event
        for event in loaded
        if isinstance(event, dict) and event.get("object") == "event"
    ]


class TestRecorded:
    def test_each_recorded_object_can_be_seeded_and_delivered(
        self, sandbox, receiver, recorded
    ):
        for connect in (True, False):
            sandbox.stripe.add_endpoint(
                receiver.url, connect=connect, secret=receiver.secret
            )
        known = 0
        for event in recorded:
            subject = event["data"]["object"]
            if event.get("livemode") or not subject.get("id"):
                continue
            sandbox.stripe.insert(subject, event.get("account"))
            sandbox.stripe.emit(event["type"], subject["id"], event.get("account"))
            known += 1
        assert known
        assert len(sandbox.stripe.deliver()) == known == len(receiver.events)

    def test_lists_and_start_page_show_seeded_objects(self, sandbox, client, recorded):
        for event in recorded:
            subject = event["data"]["object"]
            if subject.get("id"):
                sandbox.stripe.insert(subject, None)
        client.v1.checkout.sessions.list({"status": "complete"})
        client.v1.charges.list({"payment_intent": "pi_none"})
        assert requests.get(sandbox.url, timeout=20).status_code == 200
