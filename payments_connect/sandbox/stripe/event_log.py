"""Reading events back: one, or a filtered list (30 days)."""

from fnmatch import fnmatchcase

from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.errors import invalid
from payments_connect.sandbox.stripe.reads import in_range, page
from payments_connect.sandbox.stripe.store import Resource

_KEPT = 30 * 24 * 60 * 60
_MOST_TYPES = 20


def listed(call: Call) -> Resource:
    """Return events, newest first, filtered by type, time and delivery.

    `delivery_success=false` finds events that some endpoint has not accepted.
    """
    params = call.params
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of: type, types.", param="types")
    if len(params.get("types", [])) > _MOST_TYPES:
        raise invalid(f"Pass at most {_MOST_TYPES} types.", param="types")
    wanted = params.get("types") or [params.get("type", "*")]
    delivered = params.get("delivery_success")
    found = reversed(list(call.store.each("event", scope=call.scope)))
    return page(
        call,
        [
            event
            for event in found
            if any(fnmatchcase(event["type"], each) for each in wanted)
            and in_range(event["created"], params.get("created"))
            and event["created"] > call.now - _KEPT
            and (delivered is None or delivered == (not event["pending_webhooks"]))
        ],
    )
