"""The list of API calls received: what was asked and answered, never bodies or keys."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class ReceivedRequest:
    """One API call.

    Attributes:
        gateway: Which imitation received it (`stripe`).
        method: HTTP method.
        path: The path as the SDK sees it (`/v1/checkout/sessions`).
        account: The connected account it acted on, or None for the platform.
        idempotency_key: As sent, or None.
        api_version: As sent, or None.
        status: HTTP status of the answer; 0 when the connection was cut.
        replayed: Whether a stored result was answered.
    """

    gateway: str
    method: str
    path: str
    account: str | None
    idempotency_key: str | None
    api_version: str | None
    status: int
    replayed: bool


class Journal:
    """Calls received, oldest first."""

    def __init__(self) -> None:
        self._requests: list[ReceivedRequest] = []
        self._guard = threading.Lock()

    def add(self, request: ReceivedRequest) -> None:
        """Note an answered call."""
        with self._guard:
            self._requests.append(request)

    def all(self) -> list[ReceivedRequest]:
        """Return a copy of the list."""
        with self._guard:
            return list(self._requests)
