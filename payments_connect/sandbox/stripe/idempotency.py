"""Idempotency keys: the stored result of a POST is answered again for 24 hours.

https://docs.stripe.com/api/idempotent_requests. Keys are kept apart by account and
mode; that each `Stripe-Account` has its own space is an assumption.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from payments_connect.sandbox.stripe.errors import ApiError, invalid
from payments_connect.sandbox.stripe.store import Scope

_RETENTION = 24 * 60 * 60
_LONGEST = 255


@dataclass
class Stored:
    """A key's first request, and its answer once there is one."""

    fingerprint: str
    at: int
    status: int | None = None
    body: str = ""
    request_id: str = ""


class IdempotencyKeys:
    """The keys of the last 24 hours of the sandbox's clock."""

    def __init__(self) -> None:
        self._stored: dict[str, Stored] = {}
        self._guard = threading.Lock()

    def begin(
        self, key: str, *, scope: Scope, fingerprint: str, now: int
    ) -> Stored | None:
        """Claim a key.

        Returns:
            The stored answer to replay, or None when the caller must do the work and
            then call `finish`.

        Raises:
            ApiError: 400 for other parameters than the first time, 409 while the first
                request still runs.
        """
        if len(key) > _LONGEST:
            raise invalid(f"Idempotency keys must be at most {_LONGEST} characters.")
        name = _name(key, scope)
        with self._guard:
            known = self._stored.get(name)
            if known is None or known.at + _RETENTION <= now:
                self._stored[name] = Stored(fingerprint, at=now)
                return None
            if known.fingerprint != fingerprint:
                raise ApiError(
                    "Keys for idempotent requests can only be used with the same "
                    "parameters they were first used with. Try using a key other than "
                    f"'{key}' if you meant to execute a different request.",
                    type="idempotency_error",
                )
            if known.status is None:
                raise ApiError(
                    "There is currently another in-progress request using this "
                    f"Idempotent Key (that probably means you submitted twice): {key}",
                    status=409,
                    type="idempotency_error",
                    code="idempotency_key_in_use",
                )
            return known

    def finish(
        self, key: str, *, scope: Scope, answer: tuple[int, str, str] | None
    ) -> None:
        """Store the answer (status, body, request id), or give the key back."""
        name = _name(key, scope)
        with self._guard:
            if answer is None:
                self._stored.pop(name, None)
                return
            stored = self._stored[name]
            stored.status, stored.body, stored.request_id = answer

    def dump(self) -> dict[str, Any]:
        """Return what a restart must remember: finished requests."""
        with self._guard:
            return {
                name: vars(stored).copy()
                for name, stored in self._stored.items()
                if stored.status is not None
            }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `dump` returned."""
        with self._guard:
            self._stored = {name: Stored(**stored) for name, stored in state.items()}


def fingerprint(path: str, params: Mapping[str, Any]) -> str:
    """Return what must be the same when a key is used again."""
    return path + " " + json.dumps(params, sort_keys=True)


def _name(key: str, scope: Scope) -> str:
    return f"{scope.account} {'live' if scope.livemode else 'test'} {key}"
