"""``make bench``: what a settled webhook costs. Printed, never a test.

In process, through Django's handler with the suite's middleware, on PostgreSQL
(``DATABASE_URL``, or the local server) where it answers, else on SQLite. Every event is
a signed ``checkout.session.completed`` of a direct charge: one line, stock, ledger and
application fee. The statements are held to their limits by
``tests/services/test_statements.py``.
"""

import os
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from tests.benchmarks.sales import Bench

ORDERS = int(os.environ.get("BENCH_ORDERS", "400"))
THREADS = 8
DEFAULT_URL = "postgres://postgres@127.0.0.1:5432/postgres"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds of one kind of delivery."""

    name: str
    milliseconds: list[float]

    def __str__(self) -> str:
        median = statistics.median(self.milliseconds)
        p95 = statistics.quantiles(self.milliseconds, n=20)[-1]
        return f"{self.name:32} median {median:6.2f} ms   p95 {p95:6.2f} ms"


def timed(name: str, works: list[Callable[[], Any]]) -> Timing:
    """Run works one after the other."""
    spent = []
    for work in works:
        started = time.perf_counter()
        work()
        spent.append((time.perf_counter() - started) * 1000)
    return Timing(name=name, milliseconds=spent)


def rate(works: list[Callable[[], Any]], close: Callable[[], None]) -> float:
    """Works a second, by threads that start together."""
    start = threading.Barrier(THREADS + 1)

    def run(share: list[Callable[[], Any]]) -> None:
        start.wait()
        for work in share:
            work()
        close()

    threads = [
        threading.Thread(target=run, args=(works[number::THREADS],))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return len(works) / (time.perf_counter() - began)


def choose_database() -> str:
    """PostgreSQL if it answers; a SQLite file that threads can share otherwise."""
    url = os.environ.get("DATABASE_URL", "")
    url = url if url.startswith("postgres") else DEFAULT_URL
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return "sqlite:///bench.sqlite3"
    return url


def main() -> None:
    """Set Django up on the chosen database, and measure."""
    os.environ["DATABASE_URL"] = choose_database()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django  # noqa: PLC0415  # the database is chosen first

    django.setup()

    from tests.benchmarks.sales import Bench  # noqa: PLC0415  # needs Django set up

    with Bench() as bench:
        print(f"{bench.database}, Python {bench.python}, Django {django.__version__}")
        report(bench)


def report(bench: "Bench") -> None:
    """Measure and print."""
    halves = bench.pay_orders(ORDERS)
    first, second = halves[: ORDERS // 2], halves[ORDERS // 2 :]
    counted = bench.count(first[0])
    print(
        f"statements, settled webhook      {counted.statements} (+ {counted.control})"
    )
    print(f"gateway calls in that request    {counted.calls}")
    again = bench.count(first[0])
    print(f"statements, duplicate            {again.statements} (+ {again.control})")
    print(timed("settled webhook, one thread", first[1:]))
    print(timed("duplicate, one thread", first[1:]))
    print(
        f"settled, {THREADS} threads              {rate(second, bench.close):6.0f} /s"
    )
    print(
        f"duplicates, {THREADS} threads           {rate(second, bench.close):6.0f} /s"
    )


if __name__ == "__main__":
    main()
