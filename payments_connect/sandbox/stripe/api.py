"""The API over HTTP: from the socket to Stripe's answer."""

import re
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from payments_connect.sandbox.journal import Journal, ReceivedRequest
from payments_connect.sandbox.stripe import forms
from payments_connect.sandbox.stripe.errors import ApiError, invalid
from payments_connect.sandbox.stripe.execution import (
    Answer,
    Incoming,
    execute,
    refusal,
)
from payments_connect.sandbox.stripe.idempotency import IdempotencyKeys, fingerprint
from payments_connect.sandbox.stripe.identity import scope_of
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.store import Scope
from payments_connect.sandbox.stripe.world import DEFAULT_API_VERSION, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from payments_connect.sandbox.faults import Fault

_VERSION = re.compile(r"^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$")


class Api:
    """Stripe's `/v1`, as a WSGI application."""

    def __init__(self, world: World, journal: Journal) -> None:
        self._world = world
        self._journal = journal
        self.idempotency = IdempotencyKeys()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request, or hang up where a fault says so."""
        request = Request(environ)
        fault = self._world.faults.strike_request(request.path, method=request.method)
        if fault and fault.kind == "connection_reset":
            self._note(request, Answer(0, ""), scope=None)
            return _hang_up(environ)
        request_id = new_id("req_")
        answer, scope = self._answer(request, request_id=request_id, fault=fault)
        if fault and fault.kind == "timeout_after_success":
            self._note(request, replace(answer, status=0), scope=scope)
            time.sleep(fault.seconds)
            return _hang_up(environ)
        self._note(request, answer, scope=scope)
        response = Response(answer.body, answer.status, mimetype="application/json")
        response.headers["Request-Id"] = request_id
        response.headers["Stripe-Version"] = (
            request.headers.get("Stripe-Version") or DEFAULT_API_VERSION
        )
        response.headers.update(answer.headers)
        return response(environ, start_response)

    def _answer(
        self, request: Request, *, request_id: str, fault: "Fault | None"
    ) -> tuple[Answer, Scope | None]:
        scope = None
        try:
            scope = scope_of(self._world, request)
            _check_version(request)
            incoming = Incoming(request, scope, request_id, _form(request), fault)
            return self._once(incoming), scope
        except ApiError as error:
            return refusal(error), scope

    def _once(self, incoming: Incoming) -> Answer:
        """Do the work of a call, or replay what its idempotency key did before."""
        request, scope = incoming.request, incoming.scope
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or not key:
            return execute(self._world, incoming)[0]
        stored = self.idempotency.begin(
            key,
            scope=scope,
            fingerprint=fingerprint(request.path, incoming.params),
            now=self._world.clock.now(),
        )
        if stored is not None:
            headers = {
                "Idempotent-Replayed": "true",
                "Original-Request": stored.request_id,
            }
            return Answer(stored.status or 0, stored.body, headers, replayed=True)
        kept = None
        try:
            answer, kept = execute(self._world, incoming)
            return answer
        finally:
            self.idempotency.finish(
                key,
                scope=scope,
                answer=(kept.status, kept.body, incoming.request_id) if kept else None,
            )

    def _note(self, request: Request, answer: Answer, *, scope: Scope | None) -> None:
        connected = scope is not None and not self._world.is_platform(scope)
        self._journal.add(
            ReceivedRequest(
                gateway="stripe",
                method=request.method,
                path=request.path,
                account=scope.account if scope and connected else None,
                idempotency_key=request.headers.get("Idempotency-Key"),
                api_version=request.headers.get("Stripe-Version"),
                status=answer.status,
                replayed=answer.replayed,
            )
        )


def _form(request: Request) -> dict[str, object]:
    if request.method == "POST":
        return forms.decode(request.get_data(as_text=True))
    return forms.decode(request.query_string.decode())


def _check_version(request: Request) -> None:
    version = request.headers.get("Stripe-Version")
    if version is not None and not _VERSION.match(version):
        raise invalid(f"Invalid Stripe API version: {version}")


def _hang_up(environ: "WSGIEnvironment") -> list[bytes]:
    """Cut the connection without an answer; the server's write then fails silently."""
    connection: socket.socket = environ["werkzeug.socket"]
    # Linger for zero seconds makes the close a reset instead of an orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError("cut by a fault")
