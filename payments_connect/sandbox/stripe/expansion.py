"""`expand[]`: ids replaced by their objects."""

from payments_connect.sandbox.exceptions import UnknownObject
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.errors import invalid
from payments_connect.sandbox.stripe.store import Resource, private, public

_EXPANDABLE = {
    "checkout.session": {"payment_intent", "line_items", "discounts"},
    "payment_intent": {"latest_charge"},
    "charge": {"payment_intent", "balance_transaction", "application_fee"},
    "application_fee": {"charge", "balance_transaction"},
    "promotion_code": {"promotion"},
    "promotion": {"coupon"},
}
_DEEPEST = 4


def render(call: Call, resource: Resource) -> Resource:
    """Return an answer's body: a copy without private parts, expanded as asked.

    Raises:
        ApiError: 400 for a property that cannot be expanded.
    """
    if resource.get("object") == "list":
        shown = resource | {"data": [public(each) for each in resource["data"]]}
    else:
        shown = public(resource)
    for path in call.params.get("expand") or []:
        parts = path.split(".")
        if len(parts) > _DEEPEST + (parts[0] == "data"):
            raise invalid("You cannot expand more than 4 levels.", param="expand")
        _expand(call, shown, parts)
    return shown


def _expand(call: Call, shown: Resource, parts: list[str], *, within: str = "") -> None:
    name, rest = parts[0], parts[1:]
    if shown.get("object") == "list" and name == "data":
        for each in shown["data"]:
            _expand(call, each, rest)
        return
    kind = shown.get("object", within)
    if name not in _EXPANDABLE.get(kind, set()):
        raise invalid(
            f"This property cannot be expanded ({'.'.join(parts)}).", param="expand"
        )
    if name == "line_items":
        shown[name] = _lines(call, shown["id"])
    elif isinstance(shown.get(name), str):
        shown[name] = _look_up(call, shown[name])
    if rest and isinstance(shown.get(name), dict):
        _expand(call, shown[name], rest, within=name)


def _look_up(call: Call, object_id: str) -> Resource | str:
    try:
        return public(call.store.find(object_id, near=call.scope)[1])
    except UnknownObject:
        return object_id


def _lines(call: Call, session_id: str) -> Resource:
    """Return the first ten lines; the rest comes by pages."""
    items = private(call.store.find(session_id)[1]).get("line_items", [])
    return {
        "object": "list",
        "data": [public(item) for item in items[:10]],
        "has_more": len(items) > 10,  # noqa: PLR2004  # Stripe's page
        "url": f"/v1/checkout/sessions/{session_id}/line_items",
    }
