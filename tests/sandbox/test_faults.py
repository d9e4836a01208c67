import threading
import time

import pytest
import stripe

from payments_connect.sandbox import Fault
from tests.sandbox.conftest import client_of
from tests.sandbox.sales import code_of, open_session, session_params

CREATE = "/v1/checkout/sessions"
KEY = {"idempotency_key": "order-1"}


def create(client, **options):
    return client.v1.checkout.sessions.create(session_params(), {**KEY, **options})


def sessions(sandbox):
    return list(sandbox.stripe.world.store.each("checkout.session"))


class TestFault:
    def test_unknown_kind_is_refused(self):
        with pytest.raises(ValueError, match="unknown fault"):
            Fault(kind="gremlin")

    def test_strikes_only_its_method_and_path(self, sandbox, client):
        sandbox.faults.add(Fault("http_500", method="GET", path=CREATE))
        create(client)
        client.v1.balance.retrieve()
        with pytest.raises(stripe.APIError):
            client.v1.checkout.sessions.list()

    def test_path_may_be_a_regular_expression(self, sandbox, client):
        sandbox.faults.add(Fault("http_500", path=r"/v1/checkout/sessions/cs_\w+$"))
        session = create(client)
        with pytest.raises(stripe.APIError):
            client.v1.checkout.sessions.retrieve(session.id)

    def test_waits_for_its_turn_and_strikes_so_often(self, sandbox, client):
        sandbox.faults.add(Fault("http_500", after=1, times=2))
        outcomes = []
        for _ in range(4):
            try:
                client.v1.balance.retrieve()
                outcomes.append("ok")
            except stripe.APIError:
                outcomes.append("500")
        assert outcomes == ["ok", "500", "500", "ok"]


class TestServerErrors:
    @pytest.mark.parametrize("executed", [True, False])
    def test_stored_500_is_replayed_whether_or_not_it_did_the_work(
        self, sandbox, client, executed
    ):
        sandbox.faults.add(Fault("http_500", executed=executed))
        for _ in range(2):
            with pytest.raises(stripe.APIError):
                create(client)
        assert sandbox.requests[1].replayed
        assert len(sessions(sandbox)) == int(executed)

    @pytest.mark.parametrize("executed", [True, False])
    def test_500_then_success_makes_one_session(self, sandbox, client, executed):
        sandbox.faults.add(Fault("http_500_then_success", executed=executed))
        with pytest.raises(stripe.APIError):
            create(client)
        assert create(client).id == sessions(sandbox)[0]["id"]
        assert len(sessions(sandbox)) == 1
        assert sandbox.requests[1].replayed == executed

    def test_sdk_retries_through_a_500(self, sandbox):
        sandbox.faults.add(Fault("http_500_then_success"))
        client = client_of(sandbox, max_network_retries=1)
        assert create(client).status == "open"
        client._requestor._client.close()

    def test_rate_limit_does_nothing_and_is_not_stored(self, sandbox, client):
        sandbox.faults.add(Fault("http_429"))
        with pytest.raises(stripe.RateLimitError) as limited:
            create(client)
        assert "Stripe-Rate-Limited-Reason" in (limited.value.headers or {})
        assert create(client).status == "open"

    def test_down_is_down_until_cleared(self, sandbox, client):
        sandbox.faults.add(Fault("http_503_down"))
        for _ in range(3):
            with pytest.raises(stripe.APIError):
                create(client)
        sandbox.faults.clear()
        assert create(client).status == "open"


class TestConnections:
    def test_timeout_after_success_has_done_the_work(self, sandbox, client):
        sandbox.faults.add(Fault("timeout_after_success", seconds=0.05))
        with pytest.raises(stripe.APIConnectionError):
            create(client)
        assert sandbox.requests[0].status == 0
        assert create(client).id == sessions(sandbox)[0]["id"]
        assert sandbox.requests[1].replayed

    def test_timeout_lasts_longer_than_the_client_waits(self, sandbox):
        quick = stripe.RequestsClient(timeout=0.1)
        client = client_of(sandbox, http_client=quick)
        sandbox.faults.add(Fault("timeout_after_success", seconds=0.4))
        with pytest.raises(stripe.APIConnectionError):
            create(client)
        assert len(sessions(sandbox)) == 1
        quick.close()

    def test_connection_reset_has_done_nothing(self, sandbox, client):
        sandbox.faults.add(Fault("connection_reset"))
        with pytest.raises(stripe.APIConnectionError):
            create(client)
        assert sessions(sandbox) == []
        assert create(client).status == "open"

    def test_slow_call_answers_late(self, sandbox, client):
        sandbox.faults.add(Fault("slow", seconds=0.2))
        started = time.monotonic()
        assert create(client).status == "open"
        assert time.monotonic() - started > 0.2

    def test_key_in_progress_is_a_conflict(self, sandbox, client):
        sandbox.faults.add(Fault("slow", seconds=0.5))
        first = threading.Thread(target=lambda: create(client_of(sandbox)))
        first.start()
        time.sleep(0.2)
        with pytest.raises(stripe.APIError) as conflict:
            create(client)
        first.join()
        assert conflict.value.http_status == 409
        assert code_of(conflict.value) == "idempotency_key_in_use"
        assert len(sessions(sandbox)) == 1


class TestDeliveryFaults:
    @pytest.fixture(autouse=True)
    def endpoint(self, sandbox, receiver, client):
        sandbox.stripe.add_endpoint(receiver.url, secret=receiver.secret)
        self.session = open_session(client)

    def buy(self, sandbox):
        sandbox.stripe.pay(self.session.id)
        return sandbox.stripe.deliver()

    def test_dropped_event_never_arrives(self, sandbox, receiver):
        sandbox.faults.add(Fault("drop", path="checkout.session.completed"))
        self.buy(sandbox)
        sandbox.clock.advance(24 * 60 * 60)
        assert "checkout.session.completed" not in receiver.types()
        assert "payment_intent.succeeded" in receiver.types()

    def test_duplicates_arrive_at_the_same_moment(self, sandbox, receiver):
        sandbox.faults.add(Fault("duplicate", path="checkout.session", copies=5))
        self.buy(sandbox)
        assert receiver.types().count("checkout.session.completed") == 5
        assert (
            len({e["id"] for _, e in receiver.events if "checkout" in e["type"]}) == 1
        )

    def test_reordered_event_comes_last(self, sandbox, receiver):
        sandbox.faults.add(Fault("reorder", path="payment_intent.created"))
        self.buy(sandbox)
        assert receiver.types()[-1] == "payment_intent.created"

    def test_delayed_event_comes_when_the_clock_says(self, sandbox, receiver):
        sandbox.faults.add(Fault("delay", path="checkout.session", seconds=90))
        self.buy(sandbox)
        assert "checkout.session.completed" not in receiver.types()
        sandbox.clock.advance(91)
        assert receiver.types()[-1] == "checkout.session.completed"

    def test_events_can_tie_in_the_same_second(self, sandbox):
        sandbox.faults.add(Fault("same_second", times=None))
        sandbox.stripe.emit("checkout.session.expired", self.session.id)
        sandbox.clock.advance(30)
        sandbox.stripe.pay(self.session.id)
        assert len({event["created"] for event in sandbox.stripe.events}) == 1
