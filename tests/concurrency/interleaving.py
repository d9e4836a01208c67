"""Stop one thread before a certain statement, while the others go on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

_PATIENCE = 30


class DiskFull(Exception):
    """What a statement of this thread fails with, on request."""


@contextmanager
def before(
    fragment: str, act: Callable[[], Any], *, nth: int | None = 1
) -> Iterator[None]:
    """Run ``act`` before the nth statement of this thread that holds a fragment.

    Args:
        fragment: Of the SQL, names not quoted.
        act: What to do.
        nth: Which of those statements; None for every one.
    """
    seen = 0

    def wrapper(execute: Any, sql: str, *more: Any) -> Any:
        nonlocal seen
        if fragment in sql.replace('"', "").replace("`", ""):
            seen += 1
            if nth in {seen, None}:
                act()
        return execute(sql, *more)

    with connection.execute_wrapper(wrapper):
        yield


class Gate:
    """One thread waits here until another opens it."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Say that we got here, and wait."""
        self._reached.set()
        assert self._open.wait(_PATIENCE), "nobody opened the gate"

    def reached(self) -> None:
        """Wait until the other thread is at the gate."""
        assert self._reached.wait(_PATIENCE), "nobody came to the gate"

    def open(self) -> None:
        """Let the other thread go on."""
        self._open.set()

    def open_soon(self) -> None:
        """Let the other thread go on when this one waits for its rows."""
        threading.Timer(0.3, self._open.set).start()


def fail() -> None:
    """Make the statement that comes next fail."""
    raise DiskFull
