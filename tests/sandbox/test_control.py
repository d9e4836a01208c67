import time

import pytest
import requests

from payments_connect.sandbox import (
    CardDeclined,
    Fault,
    SandboxClient,
    SandboxError,
)
from payments_connect.sandbox.powers import POWERS
from tests.sandbox.sales import open_session


@pytest.fixture
def remote(sandbox):
    return SandboxClient(sandbox.url)


class TestSandboxClient:
    def test_every_power_exists_on_the_sandbox(self, sandbox):
        for part, powers in POWERS.items():
            target = sandbox if part == "sandbox" else getattr(sandbox, part)
            for name in powers.calls | powers.values | powers.settable:
                assert hasattr(target, name), f"{part}.{name}"

    def test_plays_a_whole_sale_from_another_process(
        self, sandbox, remote, client, receiver
    ):
        seller = remote.stripe.add_account(country="DE", default_currency="eur")["id"]
        remote.stripe.add_endpoint(receiver.url, connect=True, secret=receiver.secret)
        remote.stripe.add_key("sk_test_further")
        coupon = remote.stripe.add_coupon(percent_off=50, account=seller)["id"]
        remote.stripe.add_promotion_code("HALF", coupon, account=seller)
        session = open_session(client, seller, allow_promotion_codes=True)
        paid = remote.stripe.pay(session.id, promotion_code="HALF")
        assert paid["amount_total"] == 50_00
        delivered = remote.stripe.deliver()
        assert [each.status for each in delivered] == [200] * 4
        assert remote.stripe.deliveries == delivered == sandbox.stripe.deliveries
        assert remote.stripe.events == sandbox.stripe.events
        assert remote.requests == sandbox.requests
        again = remote.stripe.deliver(remote.stripe.events[-1], copies=3)
        assert len(again) == 3

    def test_moves_the_clock(self, sandbox, remote):
        before = remote.clock.now()
        remote.clock.advance(500)
        assert sandbox.clock.now() - before in {500, 501, 502}

    def test_arms_and_clears_faults(self, remote, client):
        remote.faults.add(Fault("http_503_down"))
        with pytest.raises(Exception, match="fault"):
            open_session(client)
        remote.faults.clear()
        assert open_session(client).status == "open"

    def test_alters_seeds_and_crafts(self, remote, client):
        session = open_session(client)
        remote.stripe.alter(session.id, amount_total=1)
        assert remote.stripe.get(session.id)["amount_total"] == 1
        remote.stripe.insert({"id": "ch_1", "object": "charge"})
        event = remote.stripe.emit("charge.updated", "ch_1", livemode=True)
        assert event["livemode"]
        remote.stripe.hold()
        remote.stripe.release()

    def test_reads_and_sets_values(self, sandbox, remote):
        remote.stripe.zero_total_payment_status = "paid"
        assert sandbox.stripe.zero_total_payment_status == "paid"
        assert remote.stripe.zero_total_payment_status == "paid"
        assert remote.stripe.url == sandbox.stripe.url
        assert remote.stripe.secret_key == sandbox.stripe.secret_key
        assert remote.url == sandbox.url

    def test_decline_is_raised_as_here(self, remote, client):
        with pytest.raises(CardDeclined) as declined:
            remote.stripe.pay(open_session(client).id, "4000000000009995")
        assert declined.value.decline_code == "insufficient_funds"

    def test_mistakes_are_explained(self, remote):
        with pytest.raises(SandboxError, match="no object"):
            remote.stripe.get("cs_none")
        with pytest.raises(SandboxError, match="unpaid"):
            remote.stripe.zero_total_payment_status = "unpaid"
        with pytest.raises(SandboxError, match="argument"):
            remote.stripe.pay()
        with pytest.raises(AttributeError, match="no 'world'"):
            _ = remote.stripe.world
        with pytest.raises(AttributeError, match="cannot be set"):
            remote.stripe.events = []


class TestControl:
    @pytest.mark.parametrize(
        "path", ["stripe/world", "stripe/dump", "server/stop", "clock/_move_to", ""]
    )
    def test_only_listed_powers_are_served(self, sandbox, path):
        assert refused(sandbox, path) == 400

    def test_form_of_a_web_page_is_refused(self, sandbox):
        kind = "application/x-www-form-urlencoded"
        assert refused(sandbox, "stripe/hold", kind=kind) == 400

    def test_answers_within_reason(self, remote):
        started = time.monotonic()
        for _ in range(20):
            remote.clock.now()
        assert time.monotonic() - started < 5


def refused(sandbox, path, *, kind="application/json"):
    answer = requests.post(
        f"{sandbox.url}/_sandbox/{path}",
        data="{}",
        headers={"Content-Type": kind},
        timeout=10,
    )
    return answer.status_code
