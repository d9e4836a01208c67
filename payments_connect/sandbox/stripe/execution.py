"""Doing the work of one call, with the fault it must suffer."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request

from payments_connect.sandbox.faults import Fault
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.errors import ApiError
from payments_connect.sandbox.stripe.expansion import render
from payments_connect.sandbox.stripe.params import check
from payments_connect.sandbox.stripe.routes import URLS, Route
from payments_connect.sandbox.stripe.store import Scope
from payments_connect.sandbox.stripe.world import World


@dataclass(frozen=True)
class Answer:
    """What goes back, before it becomes a response."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed: bool = False
    stored: bool = False


@dataclass(frozen=True)
class Incoming:
    """A call from a known key, its form decoded, its parameters not yet checked."""

    request: Request
    scope: Scope
    request_id: str
    params: dict[str, Any]
    fault: Fault | None


def execute(world: World, incoming: Incoming) -> tuple[Answer, Answer | None]:
    """Do the work of a call.

    Returns:
        What the caller sees, and what its idempotency key keeps (None: nothing).
    """
    fault = incoming.fault
    match fault.kind if fault else "":
        case "http_429":
            return _rate_limited(), None
        case "http_503_down":
            return _server_error(503), None
        case "http_500" | "http_500_then_success" as kind:
            broken = _server_error(500)
            done = _kept(_work(world, incoming)) if fault and fault.executed else None
            return broken, broken if kind == "http_500" else done
        case "slow":
            time.sleep(fault.seconds if fault else 0)
    answer = _work(world, incoming)
    return answer, _kept(answer)


def refusal(error: ApiError) -> Answer:
    """Return the answer for an error."""
    return Answer(
        error.status,
        json.dumps(error.body(), indent=2),
        headers=error.headers,
    )


def _work(world: World, incoming: Incoming) -> Answer:
    with world.lock:
        world.cause = {
            "id": incoming.request_id,
            "idempotency_key": incoming.request.headers.get("Idempotency-Key"),
        }
        try:
            return _answer(world, incoming)
        except ApiError as error:
            return refusal(error)
        finally:
            world.cause = {}


def _answer(world: World, incoming: Incoming) -> Answer:
    request = incoming.request
    route, arguments = _route(request)
    call = Call(
        world,
        incoming.scope,
        params=check(route.declared, incoming.params),
        object_id=arguments.get("object_id", ""),
        path=request.path,
    )
    body = render(call, route.handler(call))
    return Answer(200, json.dumps(body, indent=2), stored=True)


def _route(request: Request) -> tuple[Route, Mapping[str, Any]]:
    urls = URLS.bind(request.host, path_info=request.path)
    try:
        found: tuple[Route, Mapping[str, Any]] = urls.match(method=request.method)
    except HTTPException:
        raise ApiError(
            f"Unrecognized request URL ({request.method}: {request.path}). It is not "
            "in this sandbox, or there is a trailing slash or an id missing.",
            status=404,
        ) from None
    return found


def _kept(answer: Answer) -> Answer | None:
    return answer if answer.stored else None


def _server_error(status: int) -> Answer:
    error = ApiError(
        "Sorry, there was an error on the sandbox's end, as requested by a fault.",
        status=status,
        type="api_error",
    )
    return refusal(error)


def _rate_limited() -> Answer:
    error = ApiError(
        "Request rate limit exceeded, as requested by a fault.",
        status=429,
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    )
    return refusal(error)
