"""The sandbox's own time: starts at real time, can be moved forward, runs what is due.

Work that must happen later (a session expiring, a delayed payment's outcome, another
delivery try) is a `Job`: data, not a closure, so that it survives a restart.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Job:
    """One thing to do at a time of this clock.

    Attributes:
        due_at: Unix seconds of the sandbox's clock.
        kind: Which registered handler does it.
        arguments: JSON values handed to the handler as keywords.
    """

    due_at: int
    kind: str
    arguments: dict[str, Any]


class Clock:
    """A clock that runs at real speed from a movable point."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._jobs: list[Job] = []
        self._handlers: dict[str, Callable[..., None]] = {}
        self._guard = threading.Lock()
        # One runner at a time: otherwise advance() could return while the ticker
        # still works on something that fell due.
        self._running = threading.RLock()

    def now(self) -> int:
        """Return the sandbox's time in Unix seconds."""
        return int(self._precise_now())

    def advance(self, seconds: float) -> int:
        """Move the clock forward and run what falls due, each job at its own time.

        Args:
            seconds: How far; never negative.

        Returns:
            The new time.
        """
        if seconds < 0:
            raise ValueError("the sandbox's clock only moves forward")
        with self._running:
            target = self._precise_now() + seconds
            while (job := self._take_due(target)) is not None:
                self._move_to(job.due_at)
                self._handlers[job.kind](**job.arguments)
            self._move_to(target)
        return self.now()

    def run_due(self) -> None:
        """Run what is due at the present time."""
        self.advance(0)

    def on(self, kind: str, handler: Callable[..., None]) -> None:
        """Register the handler of a kind of job."""
        self._handlers[kind] = handler

    def schedule(self, kind: str, *, due_at: int, **arguments: Any) -> None:
        """Remember a job for later."""
        with self._guard:
            self._jobs.append(Job(due_at=due_at, kind=kind, arguments=arguments))

    def dump(self) -> dict[str, Any]:
        """Return what a restart must remember."""
        with self._guard:
            return {"offset": self._offset, "jobs": [asdict(job) for job in self._jobs]}

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `dump` returned."""
        with self._guard:
            self._offset = float(state["offset"])
            self._jobs = [Job(**job) for job in state["jobs"]]

    def _precise_now(self) -> float:
        return time.time() + self._offset

    def _move_to(self, moment: float) -> None:
        self._offset = max(self._offset, moment - time.time())

    def _take_due(self, moment: float) -> Job | None:
        with self._guard:
            due = [job for job in self._jobs if job.due_at <= moment]
            if not due:
                return None
            first = min(due, key=lambda job: job.due_at)
            self._jobs.remove(first)
            return first
