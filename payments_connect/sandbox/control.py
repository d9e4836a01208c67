"""The sandbox's powers over HTTP, for a checker in another process.

`POST /_sandbox/<part>/<name>` with `{"args": [...], "kwargs": {...}}` calls or, with
`{"value": ...}`, sets; `GET` reads. The body must be declared as JSON: a web page open
in the same browser cannot send that to another origin without asking first.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from payments_connect.sandbox.exceptions import CardDeclined, SandboxError
from payments_connect.sandbox.faults import Fault
from payments_connect.sandbox.powers import POWERS
from payments_connect.sandbox.stripe.errors import ApiError

if TYPE_CHECKING:
    from payments_connect.sandbox.server import Sandbox


def control(sandbox: "Sandbox") -> Callable[..., Any]:
    """Return the WSGI application that serves the powers."""

    @Request.application
    def answer(request: Request) -> Response:
        try:
            return _json(200, {"result": _use(sandbox, request)})
        except CardDeclined as declined:
            details = {"code": declined.code, "decline_code": declined.decline_code}
            return _json(402, {"error": str(declined)} | details)
        except (SandboxError, ApiError, TypeError, ValueError) as problem:
            return _json(400, {"error": str(problem)})

    return answer


def _use(sandbox: "Sandbox", request: Request) -> Any:
    part, _, name = request.path.strip("/").partition("/")
    powers = POWERS.get(part)
    if powers is None:
        raise SandboxError(f"no part {part!r}; there are {', '.join(POWERS)}")
    target = sandbox if part == "sandbox" else getattr(sandbox, part)
    if request.method == "GET" and name in powers.values:
        return getattr(target, name)
    if request.method != "POST" or not request.is_json:
        raise SandboxError("POST a JSON body, or GET a value")
    body = request.get_json()
    if "value" in body and name in powers.settable:
        setattr(target, name, body["value"])
        return None
    if name not in powers.calls:
        raise SandboxError(f"no call {name!r}; there are {sorted(powers.calls)}")
    args, kwargs = body.get("args", []), body.get("kwargs", {})
    if (part, name) == ("faults", "add"):
        args, kwargs = [Fault(**kwargs)], {}
    return getattr(target, name)(*args, **kwargs)


def _json(status: int, body: dict[str, Any]) -> Response:
    text = json.dumps(body, default=dataclasses.asdict)
    return Response(text, status, mimetype="application/json")
