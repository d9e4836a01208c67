"""Transactions of our tables: retried when databases give up, closed around gateways.

Everything here uses the one database that the router gives our models.
"""

import logging
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db import OperationalError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.dispatch import Signal

from payments_connect.models import Order

T = TypeVar("T")

logger = logging.getLogger(__name__)

_TRIES = 6
_FIRST_PAUSE = 0.02
# PostgreSQL: serialization failure, deadlock. MariaDB: lock wait timeout, deadlock,
# "record has changed since last read" (snapshot isolation).
_SQLSTATES = frozenset({"40001", "40P01"})
_MARIADB_CODES = frozenset({1205, 1213, 1020})


def database() -> str:
    """Alias of the database that holds our tables."""
    return router.db_for_write(Order)


def settlement(work: Callable[[], T], *, savepoint: bool = False) -> T:
    """Run work in one transaction; run it again when the database chose it to lose.

    Inside somebody else's transaction it joins that one, and a deadlock is theirs to
    retry. Locks are taken in one order: event, payment, order, stock by key,
    promotion.

    Args:
        work: What to do; it may be run several times.
        savepoint: Somebody else's transaction stays usable where the work raises.
    """
    alias = database()
    if connections[alias].in_atomic_block:
        with transaction.atomic(using=alias, savepoint=savepoint):
            return work()
    for attempt in range(1, _TRIES):
        try:
            with transaction.atomic(using=alias):
                return work()
        except OperationalError as error:
            if not _worth_repeating(error):
                raise
            time.sleep(random.uniform(0.5, 1) * _FIRST_PAUSE * 2**attempt)  # noqa: S311
    with transaction.atomic(using=alias):
        return work()


def _worth_repeating(error: OperationalError) -> bool:
    cause = error.__cause__
    return (
        getattr(cause, "sqlstate", None) in _SQLSTATES
        or (error.args and error.args[0] in _MARIADB_CODES)
        or "database is locked" in str(error)
    )


def require_no_transaction(name: str) -> None:
    """Refuse to call a gateway inside an open transaction.

    Its rollback would forget what the gateway did, and its locks would wait for the
    network.

    Raises:
        RuntimeError: Call ``name`` outside ``transaction.atomic``; with
            ``ATOMIC_REQUESTS``, from a view marked ``non_atomic_requests``.
    """
    connection: BaseDatabaseWrapper = connections[database()]
    # The blocks of Django's TestCase do not count, as with atomic(durable=True).
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError(
            f"{name}() calls a payment gateway and must not run inside a transaction: "
            "call it outside transaction.atomic(), and with ATOMIC_REQUESTS from a "
            "view decorated with transaction.non_atomic_requests."
        )


def after_commit(work: Callable[[], object]) -> None:
    """Run work when the transaction has committed; its failure disturbs nobody."""
    transaction.on_commit(work, using=database(), robust=True)


def announce(signal: Signal, sender: type, **arguments: Any) -> None:
    """Send a signal to the site after the commit, robustly."""
    after_commit(partial(_send, signal, sender, **arguments))


def _send(signal: Signal, sender: type, **arguments: Any) -> None:
    for receiver, response in signal.send_robust(sender, **arguments):
        if isinstance(response, Exception):
            # Only the class of the exception: its text may quote the buyer's data.
            logger.error(
                "A receiver of a payments signal raised %s: %r",
                type(response).__name__,
                receiver,
            )
