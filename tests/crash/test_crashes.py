"""What if the process dies right here? Real processes, killed at one line."""

import pytest

SETTLED = {
    "order": "paid",
    "fulfilment": "fulfilled",
    "payments": ["succeeded"],
    "ledger": 2,
    "stock": 9,
}


def created(sandbox):
    """The ids of all sessions ever created at the gateway."""
    return [each["id"] for each in sandbox.stripe.world.store.each("checkout.session")]


class TestDuringCheckout:
    @pytest.mark.parametrize("die_at", ["before_call", "after_call", "recording"])
    def test_the_next_click_completes_it_with_one_session(
        self, site, payments_sandbox, die_at
    ):
        """Written down, called or not, not recorded: the same key, one session."""
        site("place", "click", die_in="click", die_at=die_at)
        before, clicked, after = site(
            "report", "click", "report", "pay", "deliver", "sweep", "report"
        )
        assert (before["order"], before["payments"]) == ("pending", ["created"])
        assert before["checkouts"] == [None]
        assert clicked["payments"] == ["open"]
        assert clicked["checkouts"] == created(payments_sandbox)
        assert after.items() >= SETTLED.items()
        assert site.handed_over() == 1

    def test_without_another_click_the_sweep_gives_it_up(self, site):
        """Nobody holds the address of the page, so nobody can pay it."""
        site("place", "click", die_in="click", die_at="after_call")
        (after,) = site("sweep", "report")
        assert (after["order"], after["payments"]) == ("pending", ["canceled"])


class TestDuringSettlement:
    @pytest.mark.parametrize(
        ("die_at", "then"),
        [("ledger", "deliver"), ("ledger", "sweep"), ("stock", "deliver")],
    )
    def test_nothing_is_half_done_and_the_next_try_does_it_once(
        self, site, die_at, then
    ):
        """No event, money or stock moved; redelivery or sweep does all of it."""
        site("place", "click", "pay", "deliver", die_in="deliver", die_at=die_at)
        before, after = site("report", then, "deliver", "sweep", "report")
        assert (before["order"], before["payments"]) == ("pending", ["open"])
        assert (before["ledger"], before["stock"], before["events"]) == (0, 10, [])
        assert after.items() >= SETTLED.items()
        assert site.handed_over() == 1


class TestAfterCommit:
    @pytest.mark.parametrize(
        ("die_at", "handed_over"), [("before_fulfilment", 0), ("handler", 1)]
    )
    def test_the_hand_over_is_remembered(self, site, die_at, handed_over):
        """Paid and committed; the intent has the sweep run the handler (again).

        At least once: after a crash it may see an order twice; the money moved once.
        """
        site("place", "click", "pay", "deliver", die_in="deliver", die_at=die_at)
        assert site.handed_over() == handed_over
        before, after = site("report", "deliver", "sweep", "sweep", "report")
        assert (before["order"], before["fulfilment"]) == ("paid", "queued")
        assert after.items() >= SETTLED.items()
        assert site.handed_over() == handed_over + 1
