"""Reading objects: one by its id, or lists with filters and pages."""

from collections.abc import Callable, Iterable
from typing import Any

from payments_connect.sandbox.stripe.call import Call, Handler
from payments_connect.sandbox.stripe.errors import invalid, no_such
from payments_connect.sandbox.stripe.store import Resource

_DEFAULT, _MOST = 10, 100
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def of_kind(kind: str, *, equal: tuple[str, ...] = ()) -> Handler:
    """Return the handler that lists a kind of object, newest first.

    Args:
        kind: The value of `object`.
        equal: Parameters that filter by the field of their name.
    """

    def handle(call: Call) -> Resource:
        found = reversed(list(call.store.each(kind, scope=call.scope)))
        names = [name for name in equal if name in call.params]
        return page(
            call,
            [
                each
                for each in found
                if all(each.get(name) == call.params[name] for name in names)
                and in_range(each.get("created", 0), call.params.get("created"))
            ],
        )

    return handle


def one(kind: str, *, param: str = "id") -> Handler:
    """Return the handler that reads one object of a kind.

    Args:
        kind: The value of `object`.
        param: What Stripe calls the id when it is wrong.
    """

    def handle(call: Call) -> Resource:
        return call.store.get(call.scope, call.object_id, kind=kind, param=param)

    return handle


def in_range(created: int, wanted: Any) -> bool:
    """Is a time within a `created` filter, a number or a range?"""
    if wanted is None:
        return True
    if isinstance(wanted, int):
        return created == wanted
    return all(_COMPARE[name](created, limit) for name, limit in wanted.items())


def page(call: Call, found: Iterable[Resource]) -> Resource:
    """Return the page of a list that a call asks for.

    Raises:
        ApiError: 400 for a bad limit or an unknown cursor.
    """
    resources, params = list(found), call.params
    limit = params.get("limit", _DEFAULT)
    if not 1 <= limit <= _MOST:
        raise invalid(f"Invalid limit: must be between 1 and {_MOST}", param="limit")
    ids = [resource["id"] for resource in resources]
    if after := params.get("starting_after"):
        rest = resources[_position(ids, after, param="starting_after") + 1 :]
        data, has_more = rest[:limit], len(rest) > limit
    elif before := params.get("ending_before"):
        rest = resources[: _position(ids, before, param="ending_before")]
        data, has_more = rest[-limit:], len(rest) > limit
    else:
        data, has_more = resources[:limit], len(resources) > limit
    return {"object": "list", "data": data, "has_more": has_more, "url": call.path}


def _position(ids: list[str], cursor: str, *, param: str) -> int:
    if cursor not in ids:
        raise no_such("object", cursor, param=param)
    return ids.index(cursor)
