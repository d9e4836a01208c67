"""The start page: what is in the sandbox, by ids and states, without secrets."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from payments_connect.sandbox.html import document, table
from payments_connect.sandbox.stripe.index import sections

if TYPE_CHECKING:
    from payments_connect.sandbox.server import Sandbox

_LATEST = 50


def index(sandbox: "Sandbox") -> Callable[..., Any]:
    """Return the WSGI application of the start page."""

    @Request.application
    def answer(request: Request) -> Response:
        if request.path != "/":
            return NotFound().get_response()
        now = datetime.fromtimestamp(sandbox.clock.now(), tz=UTC)
        body = f"<p>The sandbox's clock: {now:%Y-%m-%d %H:%M:%S} UTC</p>"
        for title, headings, rows in [*sections(sandbox.stripe), _calls(sandbox)]:
            body += f"<h2>{title}</h2>" + table(headings, rows[:_LATEST])
        return Response(document("Sandbox", body, wide=True), mimetype="text/html")

    return answer


def _calls(sandbox: "Sandbox") -> tuple[str, list[str], list[list[object]]]:
    rows: list[list[object]] = [
        [call.method, call.path, call.account or "platform", call.status]
        for call in reversed(sandbox.requests)
    ]
    return "Calls", ["method", "path", "account", "status"], rows
