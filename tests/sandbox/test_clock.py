import time

import pytest

from payments_connect.sandbox.clock import Clock


class TestClock:
    def test_starts_at_real_time(self):
        assert abs(Clock().now() - time.time()) < 2

    def test_advancing_runs_each_job_at_its_own_time_in_order(self):
        clock, seen = Clock(), []
        start = clock.now()
        clock.on("note", lambda name: seen.append((name, clock.now() - start)))
        clock.schedule("note", due_at=start + 200, name="second")
        clock.schedule("note", due_at=start + 100, name="first")
        clock.schedule("note", due_at=start + 9_999, name="never")
        clock.advance(300)
        assert seen == [("first", 100), ("second", 200)]
        assert clock.now() - start in {300, 301}

    def test_never_moves_back(self):
        with pytest.raises(ValueError, match="forward"):
            Clock().advance(-1)

    def test_remembers_offset_and_jobs_over_a_restart(self):
        before = Clock()
        before.advance(5_000)
        before.schedule("note", due_at=before.now() + 10, name="later")
        after, seen = Clock(), []
        after.load(before.dump())
        after.on("note", lambda name: seen.append((name, after.now())))
        after.advance(11)
        assert [name for name, _ in seen] == ["later"]
        assert abs(after.now() - time.time() - 5_011) < 2
