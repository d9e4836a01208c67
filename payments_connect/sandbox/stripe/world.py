"""What all parts of the imitation share: time, faults, objects, keys, switches."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from payments_connect.sandbox.clock import Clock
from payments_connect.sandbox.faults import Faults
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.store import Resource, Scope, Store, public

# The account's default version; the newest that the SDK 15.6 pins.
DEFAULT_API_VERSION = "2026-08-26.dahlia"

ZERO_TOTAL_STATUSES = frozenset({"no_payment_required", "paid"})


@dataclass(frozen=True)
class Key:
    """Whom a secret key speaks for."""

    account: str
    livemode: bool


@dataclass
class World:
    """One platform, its connected accounts and everything they own.

    Attributes:
        clock: The sandbox's time.
        faults: What goes wrong on request.
        base_url: Returns the address of this imitation, once it is bound.
        lock: Held while objects change; never while an endpoint is called.
        keys: Secret keys.
        zero_total_payment_status: How a no-cost session ends; versions differ.
        cause: The API request that the present change comes from.
        on_event: Called with each new event.
        event_ids: All events of all scopes in the order they happened.
    """

    clock: Clock
    faults: Faults
    base_url: Callable[[], str]
    lock: threading.RLock = field(default_factory=threading.RLock)
    store: Store = field(default_factory=Store)
    platform_id: str = field(default_factory=lambda: new_id("acct_"))
    application_id: str = field(default_factory=lambda: new_id("ca_"))
    keys: dict[str, Key] = field(default_factory=dict)
    zero_total_payment_status: str = "no_payment_required"
    cause: Resource = field(default_factory=dict)
    on_event: Callable[[Scope, Resource], None] = lambda scope, event: None
    event_ids: list[str] = field(default_factory=list)

    def is_platform(self, scope: Scope) -> bool:
        """Is this the platform's own data?"""
        return scope.account == self.platform_id

    def platform_scope(self, *, livemode: bool) -> Scope:
        """Return the platform's own scope in a mode."""
        return Scope(self.platform_id, livemode)

    def scope_of(self, account: str | None, *, livemode: bool = False) -> Scope:
        """Return the scope of a connected account, or of the platform for None."""
        return Scope(account or self.platform_id, livemode)

    def events(self) -> list[Resource]:
        """Return all events, oldest first, as they are delivered."""
        with self.lock:
            return [public(self.store.find(each)[1]) for each in self.event_ids]

    def dump(self) -> dict[str, Any]:
        """Return what a restart must remember."""
        return {
            "platform_id": self.platform_id,
            "application_id": self.application_id,
            "keys": {k: [v.account, v.livemode] for k, v in self.keys.items()},
            "zero_total_payment_status": self.zero_total_payment_status,
            "event_ids": self.event_ids,
            "objects": self.store.dump(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `dump` returned."""
        self.platform_id = state["platform_id"]
        self.application_id = state["application_id"]
        self.keys = {k: Key(*v) for k, v in state["keys"].items()}
        self.zero_total_payment_status = state["zero_total_payment_status"]
        self.event_ids = state["event_ids"]
        self.store.load(state["objects"])
