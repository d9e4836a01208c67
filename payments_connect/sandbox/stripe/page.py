"""The hosted payment page, `/c/pay/<session>`: plain HTML, no script needed."""

from collections.abc import Callable
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments_connect.sandbox.exceptions import CardDeclined, SandboxError
from payments_connect.sandbox.stripe import buyer, page_html
from payments_connect.sandbox.stripe.sandbox import StripeSandbox
from payments_connect.sandbox.stripe.store import Resource, private, public

# "Stripe holds the redirect until the completed webhook answers, at most 10 seconds"
# (docs.stripe.com/checkout/fulfillment).
_LONGEST_HOLD = 10


def page(stripe: StripeSandbox) -> Callable[..., Any]:
    """Return the WSGI application of the page."""

    @Request.application
    def answer(request: Request) -> Response:
        session_id = request.path.removeprefix("/pay/")
        try:
            session = stripe.get(session_id)
        except SandboxError:
            return _html(page_html.unknown(), 404)
        if session["object"] != "checkout.session":
            return _html(page_html.unknown(), 404)
        if session["status"] != "open":
            return _html(page_html.closed(session), 200)
        if request.method == "POST":
            return _submit(stripe, session, request)
        return _show(stripe, session)

    return answer


def _submit(stripe: StripeSandbox, session: Resource, request: Request) -> Response:
    typed = {name: value.strip() for name, value in request.form.items()}
    try:
        if typed.get("action") == "apply":
            _apply(stripe, session, typed.get("promotion_code", ""))
            return _show(stripe, stripe.get(session["id"]), typed=typed)
        paid = buyer.pay(stripe.world, session["id"], _form(stripe, session, typed))
    except (CardDeclined, SandboxError) as problem:
        fresh = stripe.get(session["id"])
        return _show(stripe, fresh, typed=typed, problem=str(problem))
    if paid["status"] == "open":
        return _html(page_html.authentication(public(paid)), 200)
    _wait_for_webhook(stripe, session["id"])
    target = paid["success_url"] or paid.get("return_url")
    if target is None:
        return _html(page_html.closed(public(paid)), 200)
    return redirect(target.replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)


def _form(
    stripe: StripeSandbox, session: Resource, typed: dict[str, str]
) -> buyer.Form:
    """Return the buyer's input; the 3-D Secure page sends only its outcome."""
    outcome = typed.get("authentication")
    if outcome is None:
        return buyer.Form(
            number=typed.get("number") or typed.get("iban", ""),
            email=session["customer_email"] or typed.get("email", ""),
            name=typed.get("name", ""),
            promotion_code=typed.get("promotion_code") or None,
            authenticate=None,
        )
    with stripe.world.lock:
        waiting = private(stripe.world.store.find(session["id"])[1]).get("waiting", {})
    return buyer.Form(**(waiting | {"authenticate": outcome == "complete"}))


def _apply(stripe: StripeSandbox, session: Resource, text: str) -> None:
    with stripe.world.lock:
        scope, found = stripe.world.store.find(session["id"])
        buyer.apply_code(stripe.world, found, scope=scope, text=text)


def _show(
    stripe: StripeSandbox,
    session: Resource,
    *,
    typed: dict[str, str] | None = None,
    problem: str = "",
) -> Response:
    if session["status"] != "open":
        # Paid or expired in another tab between showing the form and sending it.
        return _html(page_html.closed(session), 200)
    with stripe.world.lock:
        found = stripe.world.store.find(session["id"])[1]
        lines = [public(line) for line in private(found).get("line_items", [])]
    body = page_html.payment(session, lines, typed=typed or {}, problem=problem)
    return _html(body, 402 if problem else 200)


def _wait_for_webhook(stripe: StripeSandbox, session_id: str) -> None:
    for event in stripe.events:
        about = event["data"]["object"].get("id")
        if event["type"] == "checkout.session.completed" and about == session_id:
            stripe.outbox.wait_until_answered(event["id"], seconds=_LONGEST_HOLD)


def _html(body: str, status: int) -> Response:
    response = Response(body, status, mimetype="text/html")
    # Card numbers are typed here, if only published test numbers.
    response.headers["Cache-Control"] = "no-store"
    return response
