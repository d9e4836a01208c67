"""The sandbox's Python API for another process, over `control`."""

import dataclasses
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from payments_connect.sandbox.exceptions import CardDeclined, SandboxError
from payments_connect.sandbox.faults import Fault
from payments_connect.sandbox.powers import POWERS, RESULTS

_TIMEOUT = 60
_DECLINED = 402


class Remote:
    """One part of a sandbox elsewhere: the names of `powers`, as on the part itself."""

    def __init__(self, url: str, part: str) -> None:
        vars(self).update(_url=url, _part=part)

    def __getattr__(self, name: str) -> Any:
        powers = POWERS[self._part]
        if name in powers.values:
            return self._ask("GET", name)
        if name not in powers.calls:
            raise AttributeError(f"the sandbox's {self._part} has no {name!r}")

        def call(*args: Any, **kwargs: Any) -> Any:
            body = {"args": args, "kwargs": kwargs}
            if args and isinstance(args[0], Fault):
                body = {"kwargs": dataclasses.asdict(args[0])}
            return self._ask("POST", name, body)

        return call

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in POWERS[self._part].settable:
            raise AttributeError(f"{name!r} of the sandbox cannot be set")
        self._ask("POST", name, {"value": value})

    def _ask(self, method: str, name: str, body: dict[str, Any] | None = None) -> Any:
        parts = urlsplit(self._url)
        connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=_TIMEOUT
        )
        try:
            connection.request(
                method,
                f"/_sandbox/{self._part}/{name}",
                body=json.dumps(body) if body is not None else None,
                headers={"Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            return self._result(name, answer.status, json.loads(answer.read()))
        finally:
            connection.close()

    def _result(self, name: str, status: int, answer: dict[str, Any]) -> Any:
        if status == _DECLINED:
            raise CardDeclined(
                answer["error"],
                code=answer["code"],
                decline_code=answer["decline_code"],
            )
        if "error" in answer:
            raise SandboxError(answer["error"])
        made = RESULTS.get((self._part, name))
        if made is None:
            return answer["result"]
        return [made(**each) for each in answer["result"]]


class SandboxClient(Remote):
    """A running sandbox: `clock`, `faults`, `requests` and `stripe` as on `Sandbox`.

    Attributes:
        clock: `now()`, `advance(seconds)`.
        faults: `add(Fault(...))`, `clear()`.
        stripe: Accounts, endpoints, payments, events, deliveries.
    """

    def __init__(self, url: str) -> None:
        """Point at a running sandbox.

        Args:
            url: Its address, for example `http://127.0.0.1:8001`.
        """
        super().__init__(url.rstrip("/"), "sandbox")
        vars(self).update(
            clock=Remote(url.rstrip("/"), "clock"),
            faults=Remote(url.rstrip("/"), "faults"),
            stripe=Remote(url.rstrip("/"), "stripe"),
        )
