"""Things that go wrong on request: in the API's answers and in the deliveries."""

import re
import threading
from dataclasses import dataclass, field

HTTP_KINDS = frozenset(
    {
        "http_500",  # a 500 that is stored: the same idempotency key replays it
        "http_500_then_success",  # a 500 that is not stored: a retry goes through
        "http_429",
        "http_503_down",  # every call, until cleared (unless `times` says otherwise)
        "timeout_after_success",  # does the work, stays silent, then hangs up
        "connection_reset",  # hangs up before doing anything
        "slow",  # answers, after `seconds`
    }
)
DELIVERY_KINDS = frozenset(
    {
        "drop",  # never arrives and is never tried again
        "duplicate",  # `copies` at the same moment
        "reorder",  # arrives after the other events that wait with it
        "delay",  # arrives `seconds` later by the sandbox's clock
        "same_second",  # is created in the same second as the first one it matched
    }
)


@dataclass(frozen=True)
class Fault:
    """One fault and when it strikes.

    Attributes:
        kind: A word of `HTTP_KINDS` or `DELIVERY_KINDS`.
        method: HTTP method, or None for any.
        path: Prefix or regular expression of the API path (`/v1/checkout/sessions`);
            for delivery faults of the event type.
        times: How often it strikes; None until cleared. By default once, and
            `http_503_down` until cleared.
        after: How many matching calls pass unharmed first.
        seconds: How long to be silent, slow or late.
        executed: For the 500s: whether the work was done before the answer broke.
        copies: For `duplicate`: how many arrive.
    """

    kind: str
    method: str | None = None
    path: str = ""
    times: int | None = -1
    after: int = 0
    seconds: float = 0
    executed: bool = False
    copies: int = 2

    def __post_init__(self) -> None:
        if self.kind not in HTTP_KINDS | DELIVERY_KINDS:
            known = ", ".join(sorted(HTTP_KINDS | DELIVERY_KINDS))
            raise ValueError(f"unknown fault {self.kind!r}; known are: {known}")
        if self.times == -1:
            default = None if self.kind == "http_503_down" else 1
            object.__setattr__(self, "times", default)

    def matches(self, path: str, *, method: str | None = None) -> bool:
        """Is this call or event one that the fault is meant for?"""
        if self.method is not None and method != self.method:
            return False
        return path.startswith(self.path) or bool(re.match(self.path, path))


@dataclass
class _Armed:
    fault: Fault
    seen: int = 0
    struck: int = 0
    remembered: dict[str, int] = field(default_factory=dict)


class Faults:
    """The faults that wait for their call."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._guard = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Arm a fault; several are tried in the order they were added."""
        with self._guard:
            self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Disarm all faults."""
        with self._guard:
            self._armed.clear()

    def strike_request(self, path: str, *, method: str) -> Fault | None:
        """Return the fault that this API call must suffer, and count it."""
        armed = self._strike(HTTP_KINDS, path, method=method)
        return armed.fault if armed else None

    def strike_delivery(self, event_type: str) -> Fault | None:
        """Return the fault that this event's delivery must suffer, and count it."""
        armed = self._strike(DELIVERY_KINDS - {"same_second"}, event_type)
        return armed.fault if armed else None

    def second_of(self, event_type: str, *, now: int) -> int:
        """Return the second in which an event is created: now, unless made to tie."""
        armed = self._strike(frozenset({"same_second"}), event_type)
        return armed.remembered.setdefault("created", now) if armed else now

    def _strike(
        self, kinds: frozenset[str], path: str, *, method: str | None = None
    ) -> _Armed | None:
        with self._guard:
            for armed in self._armed:
                fault = armed.fault
                if fault.kind not in kinds or not fault.matches(path, method=method):
                    continue
                armed.seen += 1
                spent = fault.times is not None and armed.struck >= fault.times
                if armed.seen > fault.after and not spent:
                    armed.struck += 1
                    return armed
        return None
