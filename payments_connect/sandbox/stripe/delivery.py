"""One HTTP request to a webhook endpoint."""

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit

_TIMEOUT = 20
_BODY = 2_000


@dataclass(frozen=True)
class Delivery:
    """One try to deliver an event.

    Attributes:
        status: HTTP status, or 0 when nothing was answered.
        body: The beginning of the answer, or why there is none.
        attempt: 1 for the first try.
    """

    event_id: str
    url: str
    status: int
    body: str
    event_type: str = ""
    endpoint_id: str = ""
    attempt: int = 1
    at: int = 0

    @property
    def ok(self) -> bool:
        """Did the endpoint accept it? A redirect is a failure, as with Stripe."""
        return 200 <= self.status < 300  # noqa: PLR2004  # HTTP's own range


def post(url: str, payload: bytes, *, headers: dict[str, str]) -> tuple[int, str]:
    """Send a body and return the status and the beginning of the answer.

    `http.client` on purpose: no proxies from the environment, no redirects followed.
    """
    parts = urlsplit(url)
    kind = (
        http.client.HTTPSConnection
        if parts.scheme == "https"
        else http.client.HTTPConnection
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        connection.request("POST", target, body=payload, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(_BODY).decode(errors="replace")
    except (OSError, http.client.HTTPException) as problem:
        return 0, f"{type(problem).__name__}: {problem}"
    finally:
        connection.close()
