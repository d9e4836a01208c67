"""Callables that start at the same moment, each in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

_PATIENCE = 60


def race(*works: Callable[[], Any]) -> list[Any]:
    """Run every callable at once; give what each returned, or the exception it raised.

    Each has its own database connections, which are open before the start and closed
    at the end.
    """
    start = threading.Barrier(len(works))
    outcomes: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(_PATIENCE)
            outcomes[place] = work()
        except Exception as error:  # an outcome like any other
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=run, args=each, daemon=True)
        for each in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_PATIENCE)
    assert not any(thread.is_alive() for thread in threads), "a racer hangs"
    return outcomes


def errors(outcomes: list[Any]) -> list[Exception]:
    """The exceptions among the outcomes of a race."""
    return [each for each in outcomes if isinstance(each, Exception)]
