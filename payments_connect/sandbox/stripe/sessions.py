"""Checkout Sessions: create, read, update, expire."""

from typing import Any

from payments_connect.sandbox.stripe import line_items, session_rules, shapes
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.currencies import check_total
from payments_connect.sandbox.stripe.discounts import check_usable, usable_code
from payments_connect.sandbox.stripe.errors import invalid, not_in_sandbox
from payments_connect.sandbox.stripe.events import emit
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.limits import merge_metadata
from payments_connect.sandbox.stripe.reads import in_range, page
from payments_connect.sandbox.stripe.store import Resource, Scope, private
from payments_connect.sandbox.stripe.world import World

_LIFETIME = 24 * 60 * 60
EXPIRE_JOB = "stripe.expire_session"


def create(call: Call) -> Resource:
    """Open a session; it expires by the sandbox's clock."""
    session_rules.check(call)
    items = line_items.build(call)
    session = shapes.session() | _identity(call) | _wishes(call.params)
    session["currency"] = items[0]["currency"]
    session["payment_method_types"] = _payment_methods(call.params, session["currency"])
    line_items.discount(session, items, _given_discount(call, session, items))
    check_total(session["amount_total"], currency=session["currency"])
    data = call.params.get("payment_intent_data") or {}
    session_rules.check_fee(
        data.get("application_fee_amount"), total=session["amount_total"]
    )
    kept = private(session)
    kept["line_items"], kept["payment_intent_data"] = items, data
    call.store.add(call.scope, session)
    call.world.clock.schedule(
        EXPIRE_JOB, due_at=session["expires_at"], session_id=session["id"]
    )
    return session


def retrieve(call: Call) -> Resource:
    """Return a session."""
    return call.store.get(call.scope, call.object_id, kind="checkout.session")


def update(call: Call) -> Resource:
    """Change a session's metadata; anything else is not in this sandbox."""
    session = retrieve(call)
    for name in sorted(call.params.keys() - {"metadata", "expand"}):
        raise not_in_sandbox(f"updating `{name}`", param=name)
    if "metadata" in call.params:
        given = call.params["metadata"]
        session["metadata"] = (
            merge_metadata(session["metadata"], given) if given else {}
        )
    return session


def expire(call: Call) -> Resource:
    """Expire an open session at once."""
    session = retrieve(call)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This '
            f"Checkout Session has a status of `{session['status']}`."
        )
    _close(call.world, session, scope=call.scope)
    return session


def expire_due(world: World, session_id: str) -> None:
    """Expire a session whose time is over, unless it was paid or expired before."""
    with world.lock:
        scope, session = world.store.find(session_id)
        if session["status"] == "open":
            _close(world, session, scope=scope)


def listed(call: Call) -> Resource:
    """Return sessions, newest first, filtered by status, payment, e-mail or time."""
    params = call.params
    for name in sorted(params.keys() & {"subscription", "customer", "payment_link"}):
        raise not_in_sandbox(f"filtering by `{name}`", param=name)
    email = (params.get("customer_details") or {}).get("email")
    found = reversed(list(call.store.each("checkout.session", scope=call.scope)))
    return page(
        call,
        [
            each
            for each in found
            if params.get("status") in {None, each.get("status")}
            and params.get("payment_intent") in {None, each.get("payment_intent")}
            and email in {None, (each.get("customer_details") or {}).get("email")}
            and in_range(each.get("created", 0), params.get("created"))
        ],
    )


def listed_line_items(call: Call) -> Resource:
    """Return a session's lines by pages."""
    return page(call, private(retrieve(call)).get("line_items", []))


def _close(world: World, session: Resource, *, scope: Scope) -> None:
    session |= {"status": "expired", "url": None}
    if session["payment_intent"]:
        intent = world.store.get(
            scope, session["payment_intent"], kind="payment_intent"
        )
        intent |= {
            "status": "canceled",
            "canceled_at": world.clock.now(),
            "cancellation_reason": "automatic",
            "next_action": None,
        }
        emit(world, "payment_intent.canceled", intent, scope=scope)
    emit(world, "checkout.session.expired", session, scope=scope)


def _identity(call: Call) -> Resource:
    live = call.scope.livemode
    session_id = new_id("cs_live_" if live else "cs_test_")
    hosted = call.params.get("ui_mode", "hosted_page") == "hosted_page"
    return {
        "id": session_id,
        "created": call.now,
        "expires_at": call.params.get("expires_at") or call.now + _LIFETIME,
        "livemode": live,
        "url": page_url(call.world, session_id) if hosted else None,
        "client_secret": None if hosted else f"{session_id}_secret_{new_id('')}",
    }


def page_url(world: World, session_id: str) -> str:
    """Return the address of a session's payment page."""
    return f"{world.base_url()}/c/pay/{session_id}"


def readdress(world: World) -> None:
    """Give open sessions a page at the present address, after a restart."""
    for session in world.store.each("checkout.session"):
        if session.get("url") is not None:
            session["url"] = page_url(world, session["id"])


def _wishes(params: dict[str, Any]) -> Resource:
    """Return what the caller asked for and gets back unchanged."""
    names = session_rules.ECHOED | {
        "mode", "ui_mode", "success_url", "cancel_url", "allow_promotion_codes",
        "client_reference_id", "customer_email", "metadata",
    }  # fmt: skip
    wishes = {name: params[name] for name in sorted(names) if name in params}
    # Shown only for the modes that have them (checkout/_session.py of the SDK).
    for name in ("return_url", "redirect_on_completion"):
        if name in params:
            wishes[name] = params[name]
    if not params.get("payment_method_types"):
        wishes["payment_method_configuration_details"] = {
            "id": "pmc_sandbox",
            "parent": None,
        }
    return wishes


def _payment_methods(params: dict[str, Any], currency: str) -> list[str]:
    chosen = params.get("payment_method_types") or (
        ["card", "sepa_debit"] if currency == "eur" else ["card"]
    )
    excluded = params.get("excluded_payment_method_types") or []
    left = [method for method in chosen if method not in excluded]
    if "sepa_debit" in left and currency != "eur":
        raise invalid(
            "The payment method type `sepa_debit` needs the currency eur.",
            param="payment_method_types",
        )
    if not left:
        raise invalid(
            "No valid payment method types for this Checkout Session.",
            param="payment_method_types",
        )
    return left


def _given_discount(
    call: Call, session: Resource, items: list[Resource]
) -> Resource | None:
    """Return the coupon of the `discounts` parameter and note it on the session."""
    discounts = call.params.get("discounts")
    if not discounts:
        return None
    coupon_id, code_id = discounts[0].get("coupon"), discounts[0].get("promotion_code")
    if code_id:
        code = call.store.get(
            call.scope, code_id, kind="promotion_code", param="discounts"
        )
        session["amount_subtotal"] = sum(item["amount_subtotal"] for item in items)
        coupon = usable_code(call.world, code, scope=call.scope, session=session)
    else:
        coupon = call.store.get(call.scope, coupon_id, kind="coupon", param="discounts")
    check_usable(call.world, coupon, currency=session["currency"])
    session["discounts"] = [
        {"coupon": None if code_id else coupon["id"], "promotion_code": code_id}
    ]
    return coupon
