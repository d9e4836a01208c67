import json
import threading
import time

import pytest
import stripe

from payments_connect.sandbox import Sandbox
from tests.sandbox.conftest import client_of
from tests.sandbox.sales import open_session

COMPLETED = "checkout.session.completed"


@pytest.fixture
def endpoints(sandbox, receiver):
    for path, connect in (("/platform", False), ("/connect", True)):
        sandbox.stripe.add_endpoint(
            receiver.url + path, connect=connect, secret=receiver.secret
        )


class TestSignature:
    def test_header_is_accepted_by_the_sdk(self, sandbox):
        payload = b'{"id": "evt_1"}'
        header = sandbox.stripe.sign(payload, "whsec_x")
        assert stripe.WebhookSignature.verify_header(
            payload.decode(), header, "whsec_x", 300
        )

    def test_old_timestamp_is_refused_by_the_sdk(self, sandbox):
        header = sandbox.stripe.sign(b"{}", "whsec_x", int(time.time()) - 301)
        with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
            stripe.WebhookSignature.verify_header("{}", header, "whsec_x", 300)

    @pytest.mark.usefixtures("endpoints")
    def test_each_try_is_signed_in_real_time_however_far_the_clock_is(
        self, sandbox, client, receiver
    ):
        receiver.status = 500
        event = sandbox.stripe.emit("charge.updated", open_session(client).id)
        sandbox.stripe.deliver(event)
        sandbox.clock.advance(3_600)
        headers = [h["Stripe-Signature"] for _, h, _ in receiver.requests]
        stamps = [int(header.split(",")[0].removeprefix("t=")) for header in headers]
        assert len(stamps) == 2
        assert all(abs(stamp - time.time()) < 60 for stamp in stamps)


class TestScope:
    @pytest.mark.usefixtures("endpoints")
    def test_direct_charge_arrives_at_the_connect_endpoint_only(
        self, sandbox, client, seller, receiver
    ):
        session = open_session(client, seller, fee=5_00)
        sandbox.stripe.pay(session.id)
        sandbox.stripe.deliver()
        assert receiver.types("/platform") == ["application_fee.created"]
        assert COMPLETED in receiver.types("/connect")
        assert all(
            e["account"] == seller for p, e in receiver.events if p == "/connect"
        )

    @pytest.mark.usefixtures("endpoints")
    def test_platform_sale_arrives_at_the_platform_endpoint_only(
        self, sandbox, client, receiver
    ):
        sandbox.stripe.pay(open_session(client).id)
        sandbox.stripe.deliver()
        assert COMPLETED in receiver.types("/platform")
        assert receiver.types("/connect") == []

    def test_only_enabled_events_arrive(self, sandbox, client, receiver):
        sandbox.stripe.add_endpoint(
            receiver.url, secret=receiver.secret, enabled_events=[COMPLETED]
        )
        sandbox.stripe.pay(open_session(client).id)
        sandbox.stripe.deliver()
        assert receiver.types() == [COMPLETED]

    def test_live_connect_endpoint_gets_test_events_too(
        self, sandbox, client, seller, receiver
    ):
        for connect in (True, False):
            sandbox.stripe.add_endpoint(
                f"{receiver.url}/{connect}",
                connect=connect,
                livemode=True,
                secret=receiver.secret,
            )
        sandbox.stripe.pay(open_session(client, seller, fee=1_00).id)
        sandbox.stripe.deliver()
        assert COMPLETED in receiver.types("/True")
        assert receiver.types("/False") == []
        assert not receiver.events[0][1]["livemode"]

    def test_endpoints_version_is_the_events(self, sandbox, client, receiver):
        sandbox.stripe.add_endpoint(
            receiver.url, secret=receiver.secret, api_version="2025-03-31.basil"
        )
        sandbox.stripe.pay(open_session(client).id)
        sandbox.stripe.deliver()
        assert {e["api_version"] for _, e in receiver.events} == {"2025-03-31.basil"}
        assert sandbox.stripe.events[0]["api_version"] == "2026-08-26.dahlia"


@pytest.mark.usefixtures("endpoints")
class TestDeliver:
    def test_nothing_arrives_before_it_is_asked_for(self, sandbox, client, receiver):
        sandbox.stripe.pay(open_session(client).id)
        assert receiver.events == []
        assert len(sandbox.stripe.deliver()) == len(receiver.events) == 4
        assert sandbox.stripe.deliver() == []

    def test_event_is_parsed_by_the_sdk(self, sandbox, client, receiver):
        sandbox.stripe.pay(open_session(client).id)
        sandbox.stripe.deliver()
        _, headers, body = receiver.requests[-1]
        event = client.construct_event(
            body, headers["Stripe-Signature"], receiver.secret
        )
        assert isinstance(event.data.object, stripe.checkout.Session)

    def test_one_event_can_be_delivered_again_in_copies(
        self, sandbox, client, receiver
    ):
        sandbox.stripe.pay(open_session(client).id)
        sandbox.stripe.deliver()
        event = next(e for e in sandbox.stripe.events if e["type"] == COMPLETED)
        done = sandbox.stripe.deliver(event, copies=10)
        assert [each.status for each in done] == [200] * 10
        assert receiver.types().count(COMPLETED) == 11

    def test_event_can_be_sent_to_the_wrong_endpoint(
        self, sandbox, client, seller, receiver
    ):
        wrong = sandbox.stripe.add_endpoint(
            f"{receiver.url}/wrong", secret=receiver.secret
        )
        event = sandbox.stripe.emit(COMPLETED, open_session(client, seller).id)
        sandbox.stripe.deliver(event, endpoint=wrong["id"])
        assert receiver.types() == receiver.types("/wrong") == [COMPLETED]

    def test_copies_are_under_way_at_the_same_moment(self, sandbox, client, receiver):
        receiver.gate.clear()
        event = sandbox.stripe.emit("charge.updated", open_session(client).id)
        work = threading.Thread(
            target=sandbox.stripe.deliver, args=(event,), kwargs={"copies": 4}
        )
        work.start()
        deadline = time.monotonic() + 5
        while len(receiver.requests) < 4 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(receiver.requests) == 4
        receiver.gate.set()
        work.join()

    def test_crafted_event_is_what_was_asked_for(
        self, sandbox, client, seller, receiver
    ):
        sandbox.stripe.add_endpoint(
            receiver.url, connect=True, livemode=True, secret=receiver.secret
        )
        event = sandbox.stripe.emit(
            COMPLETED,
            {"id": "cs_live_foreign", "object": "checkout.session"},
            seller,
            livemode=True,
            api_version="2019-01-01",
        )
        sandbox.stripe.deliver(event)
        got = receiver.events[0][1]
        assert got["data"]["object"]["id"] == "cs_live_foreign"
        assert (got["livemode"], got["api_version"]) == (True, "2019-01-01")
        assert got["account"] == seller

    def test_recorded_object_can_be_seeded_and_read(self, sandbox, client):
        sandbox.stripe.insert(
            {"id": "pi_recorded", "object": "payment_intent", "amount": 5, "created": 1}
        )
        assert client.v1.payment_intents.retrieve("pi_recorded").amount == 5


@pytest.mark.usefixtures("endpoints")
class TestFailure:
    @pytest.mark.parametrize("status", [302, 400, 404, 500])
    def test_anything_but_2xx_is_tried_again_by_the_clock(
        self, sandbox, client, receiver, status
    ):
        receiver.status = status
        event = sandbox.stripe.emit("charge.updated", open_session(client).id)
        assert [each.status for each in sandbox.stripe.deliver()] == [status]
        assert sandbox.stripe.get(event["id"])["pending_webhooks"] == 1
        sandbox.clock.advance(59)
        assert len(receiver.events) == 1
        receiver.status = 200
        sandbox.clock.advance(2)
        assert len(receiver.events) == 2
        assert [each.attempt for each in sandbox.stripe.deliveries] == [1, 2]
        assert sandbox.stripe.get(event["id"])["pending_webhooks"] == 0
        sandbox.clock.advance(24 * 60 * 60)
        assert len(receiver.events) == 2

    def test_redirect_is_not_followed(self, sandbox, client, receiver):
        receiver.status, receiver.location = 301, receiver.url + "/platform/"
        sandbox.stripe.emit("charge.updated", open_session(client).id)
        assert sandbox.stripe.deliver()[0].status == 301
        assert [path for path, _, _ in receiver.requests] == ["/platform"]

    def test_tries_end_after_a_few_hours_in_test_mode(self, sandbox, client, receiver):
        receiver.status = 500
        sandbox.stripe.emit("charge.updated", open_session(client).id)
        sandbox.stripe.deliver()
        sandbox.clock.advance(24 * 60 * 60)
        assert len(receiver.events) == 4

    def test_endpoint_that_is_away_is_status_zero(self, sandbox, client):
        sandbox.stripe.add_endpoint("http://127.0.0.1:9/away")
        sandbox.stripe.emit("charge.updated", open_session(client).id)
        delivery = sandbox.stripe.deliver()[-1]
        assert delivery.status == 0
        assert "refused" in delivery.body

    def test_proxies_of_the_environment_are_not_used(
        self, sandbox, client, receiver, monkeypatch
    ):
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        sandbox.stripe.emit("charge.updated", sandbox.stripe.platform_id)
        assert sandbox.stripe.deliver()[0].status == 200

    def test_undelivered_events_can_be_listed(self, sandbox, client, receiver):
        receiver.status = 500
        sandbox.stripe.pay(open_session(client).id)
        sandbox.stripe.deliver()
        receiver.status = 200
        event = next(e for e in sandbox.stripe.events if e["type"] == COMPLETED)
        sandbox.stripe.deliver(event)
        listed = client.v1.events.list({"delivery_success": False})
        assert len(listed.data) == 3
        assert event["id"] not in {each.id for each in listed.data}
        types = {"types": [COMPLETED, "charge.succeeded"]}
        assert len(client.v1.events.list(types).data) == 2
        assert client.v1.events.retrieve(event["id"]).type == COMPLETED


class TestBackground:
    @pytest.fixture
    def running(self, receiver):
        with Sandbox(deliver="background") as sandbox:
            sandbox.stripe.add_endpoint(receiver.url, secret=receiver.secret)
            client = client_of(sandbox)
            yield sandbox, client
            client._requestor._client.close()

    def wait_for(self, condition):
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_events_arrive_by_themselves(self, running, receiver):
        sandbox, client = running
        seller = sandbox.stripe.add_account()["id"]
        sandbox.stripe.pay(open_session(client, seller, fee=1_00).id)
        self.wait_for(lambda: receiver.types() == ["application_fee.created"])

    def test_held_events_wait_for_release(self, running, receiver):
        sandbox, client = running
        sandbox.stripe.hold()
        sandbox.stripe.pay(open_session(client).id)
        time.sleep(0.2)
        assert receiver.events == []
        sandbox.stripe.release()
        self.wait_for(lambda: len(receiver.events) == 4)

    def test_failed_delivery_is_tried_again_when_the_clock_moves(
        self, running, receiver
    ):
        sandbox, client = running
        receiver.status = 500
        sandbox.stripe.emit("charge.updated", open_session(client).id)
        self.wait_for(lambda: len(sandbox.stripe.deliveries) == 1)
        receiver.status = 200
        sandbox.clock.advance(61)
        self.wait_for(lambda: len(receiver.events) == 2)

    def test_asking_too_does_not_deliver_twice(self, running, receiver):
        sandbox, client = running
        receiver.gate.clear()
        sandbox.stripe.pay(open_session(client).id)
        timer = threading.Timer(0.2, receiver.gate.set)
        timer.start()
        sandbox.stripe.deliver()
        timer.join()
        assert len(receiver.events) == 4


class TestEndpoints:
    def test_secret_is_shown_once_and_connect_never(self, client):
        made = client.v1.webhook_endpoints.create(
            {
                "url": "https://shop.test/hook",
                "enabled_events": ["*"],
                "connect": True,
                "metadata": {"scope": "connect"},
            }
        )
        read = client.v1.webhook_endpoints.retrieve(made.id).to_dict()
        assert made.secret.startswith("whsec_")
        assert "secret" not in read
        assert "connect" not in read
        assert read["application"].startswith("ca_")

    def test_can_be_changed_disabled_and_deleted(self, sandbox, client, receiver):
        made = sandbox.stripe.add_endpoint(receiver.url, secret=receiver.secret)
        endpoints = client.v1.webhook_endpoints
        changed = endpoints.update(
            made["id"],
            {"disabled": True, "enabled_events": [COMPLETED], "metadata": {"a": "1"}},
        )
        assert (changed.status, changed.enabled_events) == ("disabled", [COMPLETED])
        sandbox.stripe.pay(open_session(client).id)
        assert sandbox.stripe.deliver() == []
        assert endpoints.delete(made["id"]).deleted
        assert endpoints.list().data == []

    @pytest.mark.parametrize(
        "params",
        [
            {"enabled_events": ["*"]},
            {"url": "shop.test", "enabled_events": ["*"]},
            {"url": "https://shop.test", "enabled_events": ["no.such.event"]},
            {"url": "https://shop.test", "enabled_events": ["*"], "api_version": "1"},
        ],
    )
    def test_bad_endpoint_is_refused(self, client, params):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.webhook_endpoints.create(params)

    def test_seventeenth_is_refused(self, client):
        params = {"url": "https://shop.test", "enabled_events": ["*"]}
        for _ in range(16):
            client.v1.webhook_endpoints.create(params)
        with pytest.raises(stripe.InvalidRequestError, match="16"):
            client.v1.webhook_endpoints.create(params)

    @pytest.mark.usefixtures("endpoints")
    def test_payload_is_json_of_the_event(self, sandbox, client, receiver):
        event = sandbox.stripe.emit("charge.updated", open_session(client).id)
        sandbox.stripe.deliver()
        _, headers, body = receiver.requests[0]
        assert headers["Content-Type"].startswith("application/json")
        assert json.loads(body) == event | {"pending_webhooks": 1}
