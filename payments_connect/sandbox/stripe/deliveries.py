"""Which event still has to reach which endpoint, and the tries so far."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from payments_connect.sandbox.exceptions import UnknownObject
from payments_connect.sandbox.faults import Fault
from payments_connect.sandbox.stripe.delivery import Delivery, post
from payments_connect.sandbox.stripe.endpoints import listening
from payments_connect.sandbox.stripe.signing import signature_header
from payments_connect.sandbox.stripe.store import Resource, Scope, private, public
from payments_connect.sandbox.stripe.world import World

RETRY_JOB = "stripe.deliver_again"
# Retries go on for three days in live mode, three times over a few hours in test mode
# (docs.stripe.com/webhooks); the steps are not published. By the sandbox's clock.
RETRY_AFTER = {
    False: (60, 60 * 60, 3 * 60 * 60),
    True: tuple(60 * 4**step for step in range(6)),
}
_REORDERED_AFTER = 2
_PATIENCE = 30


@dataclass
class Waiting:
    """One event that one endpoint has not accepted.

    Attributes:
        attempts: Answers so far.
        last: Whether a fault sends it behind the others of its batch.
        queued: Whether a background thread has it in hand.
    """

    event_id: str
    endpoint_id: str
    attempts: int = 0
    last: bool = False
    queued: bool = False


class Deliveries:
    """Sends events to endpoints, now or in the background, and tries again."""

    def __init__(self, world: World, *, background: bool) -> None:
        self._world = world
        self._background = background
        self._held = False
        self._waiting: list[Waiting] = []
        self._log: list[Delivery] = []
        self._guard = threading.Condition()
        self._pool: ThreadPoolExecutor | None = None
        world.on_event = self.expect
        world.clock.on(RETRY_JOB, self.try_again)

    def expect(self, scope: Scope, event: Resource) -> None:
        """Note a new event for each endpoint that wants it."""
        waiting = [
            Waiting(event["id"], endpoint["id"])
            for endpoint in listening(self._world, event, scope=scope)
        ]
        event["pending_webhooks"] = len(waiting)
        with self._guard:
            self._waiting.extend(waiting)
        if self._background and not self._held:
            for each in waiting:
                self._submit(each)

    def deliver(self, *, copies: int = 1) -> list[Delivery]:
        """Deliver everything that waits, in order, and return what happened."""
        self._world.clock.run_due()
        with self._guard:
            batch = [each for each in self._waiting if not each.queued]
        done: list[Delivery] = []
        for each in batch:
            done += self._suffer(each, copies=copies)
        for each in [each for each in batch if each.last]:
            each.last = False
            done += self._send(each, copies=copies)
        with self._guard:
            self._guard.wait_for(
                lambda: not any(each.queued for each in self._waiting),
                timeout=_PATIENCE,
            )
        return done

    def deliver_one(
        self, event_id: str, *, copies: int = 1, endpoint_id: str | None = None
    ) -> list[Delivery]:
        """Deliver an event to all its endpoints, also to those that accepted it."""
        with self._world.lock:
            scope, event = self._world.store.find(event_id)
            if endpoint_id is None:
                endpoints = listening(self._world, event, scope=scope)
            else:
                endpoints = [self._world.store.find(endpoint_id)[1]]
        done: list[Delivery] = []
        for endpoint in endpoints:
            each = self._waiting_for(event_id, endpoint["id"])
            done += self._send(each, copies=copies)
        return done

    def hold(self) -> None:
        """Stop delivering in the background; events wait."""
        self._held = True

    def release(self) -> None:
        """Deliver in the background again, what waited first."""
        self._held = False
        if self._background:
            with self._guard:
                waiting = [each for each in self._waiting if not each.queued]
            for each in waiting:
                self._submit(each)

    def log(self) -> list[Delivery]:
        """Return all tries, oldest first."""
        with self._guard:
            return list(self._log)

    def wait_until_answered(self, event_id: str, *, seconds: float) -> bool:
        """Wait until every endpoint answered the event, whatever it answered."""
        if not self._background or self._held:
            return True
        with self._guard:
            return self._guard.wait_for(
                lambda: (
                    not any(
                        each.event_id == event_id and each.attempts == 0
                        for each in self._waiting
                    )
                ),
                timeout=seconds,
            )

    def try_again(self, event_id: str, endpoint_id: str) -> None:
        """Deliver an event whose time to be tried again has come."""
        with self._guard:
            found = [
                each
                for each in self._waiting
                if (each.event_id, each.endpoint_id) == (event_id, endpoint_id)
            ]
        for each in found:
            if not self._background:
                self._send(each, copies=1)
            elif not self._held:
                self._submit(each, suffer=False)

    def close(self) -> None:
        """Let running tries finish and start no more."""
        self._held = True
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def dump(self) -> dict[str, Any]:
        """Return what a restart must remember."""
        with self._guard:
            return {
                "waiting": [asdict(each) for each in self._waiting],
                "log": [asdict(each) for each in self._log],
            }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `dump` returned."""
        with self._guard:
            self._waiting = [
                Waiting(**each | {"queued": False}) for each in state["waiting"]
            ]
            self._log = [Delivery(**each) for each in state["log"]]

    def _submit(self, each: Waiting, *, suffer: bool = True) -> None:
        def work() -> None:
            try:
                (self._suffer if suffer else self._send)(each, copies=1)
            finally:
                with self._guard:
                    each.queued = False
                    self._guard.notify_all()

        with self._guard:
            each.queued = True
            if self._pool is None:
                self._pool = ThreadPoolExecutor(
                    16, thread_name_prefix="sandbox-delivery"
                )
            self._pool.submit(work)

    def _suffer(self, each: Waiting, *, copies: int) -> list[Delivery]:
        """Send an event, unless a fault wants something else done to it."""
        with self._world.lock:
            try:
                event = self._world.store.find(each.event_id)[1]
            except UnknownObject:
                event = {"type": ""}
        fault = self._world.faults.strike_delivery(event["type"])
        if fault is None:
            return self._send(each, copies=copies)
        match fault.kind:
            case "drop":
                self._forget(each)
                return []
            case "duplicate":
                return self._send(each, copies=fault.copies)
            case "reorder" if not self._background:
                each.last = True
                return []
        self._postpone(each, fault)
        return []

    def _postpone(self, each: Waiting, fault: Fault) -> None:
        seconds = fault.seconds or _REORDERED_AFTER
        self._world.clock.schedule(
            RETRY_JOB,
            due_at=self._world.clock.now() + int(seconds),
            event_id=each.event_id,
            endpoint_id=each.endpoint_id,
        )

    def _send(self, each: Waiting, *, copies: int) -> list[Delivery]:
        """Send copies at the same moment; the last answer decides about another try."""
        with self._world.lock:
            prepared = self._prepare(each)
        if prepared is None:
            self._forget(each)
            return []
        event, endpoint, secret, payload = prepared
        number = each.attempts + 1

        def attempt() -> Delivery:
            now = self._world.clock.now()
            status, body = post(
                endpoint["url"],
                payload,
                headers={
                    "Content-Type": "application/json; charset=utf-8",
                    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                    # The receiver compares it with its own clock, which nobody moved.
                    "Stripe-Signature": signature_header(
                        payload, secret=secret, timestamp=int(time.time())
                    ),
                },
            )
            return Delivery(
                event_id=event["id"],
                url=endpoint["url"],
                status=status,
                body=body,
                event_type=event["type"],
                endpoint_id=endpoint["id"],
                attempt=number,
                at=now,
            )

        done = _at_once(attempt, copies)
        self._note(each, done, livemode=event["livemode"])
        return done

    def _prepare(self, each: Waiting) -> tuple[Resource, Resource, str, bytes] | None:
        try:
            event = public(self._world.store.find(each.event_id)[1])
            found = self._world.store.find(each.endpoint_id)[1]
        except UnknownObject:
            return None
        endpoint = public(found)
        if endpoint["api_version"]:
            event["api_version"] = endpoint["api_version"]
        payload = json.dumps(event, indent=2).encode()
        return event, endpoint, private(found)["secret"], payload

    def _note(self, each: Waiting, done: list[Delivery], *, livemode: bool) -> None:
        accepted = any(delivery.ok for delivery in done)
        with self._guard:
            self._log.extend(done)
            each.attempts += 1
            if accepted and each in self._waiting:
                self._waiting.remove(each)
            self._guard.notify_all()
        with self._world.lock:
            event = self._world.store.find(each.event_id)[1]
            event["pending_webhooks"] = sum(
                other.event_id == each.event_id for other in self._waiting
            )
        steps = RETRY_AFTER[livemode]
        if not accepted and each.attempts <= len(steps):
            self._world.clock.schedule(
                RETRY_JOB,
                due_at=self._world.clock.now() + steps[each.attempts - 1],
                event_id=each.event_id,
                endpoint_id=each.endpoint_id,
            )

    def _forget(self, each: Waiting) -> None:
        with self._guard:
            if each in self._waiting:
                self._waiting.remove(each)
            self._guard.notify_all()

    def _waiting_for(self, event_id: str, endpoint_id: str) -> Waiting:
        with self._guard:
            for each in self._waiting:
                if (each.event_id, each.endpoint_id) == (event_id, endpoint_id):
                    return each
        return Waiting(event_id, endpoint_id)


def _at_once(attempt: Callable[[], Delivery], copies: int) -> list[Delivery]:
    if copies == 1:
        return [attempt()]
    start = threading.Barrier(copies)

    def one(_: int) -> Delivery:
        start.wait()
        return attempt()

    with ThreadPoolExecutor(copies) as pool:
        return list(pool.map(one, range(copies)))
