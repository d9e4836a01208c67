"""Webhook endpoints: who wants which events of whom."""

from typing import Any

from payments_connect.sandbox.stripe import shapes
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.errors import invalid, not_in_sandbox
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.limits import (
    check_metadata,
    check_url,
    merge_metadata,
)
from payments_connect.sandbox.stripe.store import Resource, Scope, private, public
from payments_connect.sandbox.stripe.world import World

_MOST = 16


def add(
    world: World, *, livemode: bool, params: dict[str, Any], secret: str | None = None
) -> Resource:
    """Register an endpoint of the platform.

    Returns:
        The endpoint with its secret, which is shown only this once.
    """
    endpoint = shapes.webhook_endpoint() | {
        "id": new_id("we_1"),
        "api_version": params.get("api_version"),
        "created": world.clock.now(),
        "description": params.get("description"),
        "enabled_events": list(params["enabled_events"]),
        "livemode": livemode,
        "metadata": dict(params.get("metadata") or {}),
        "url": params["url"],
    }
    kept = private(endpoint)
    # Stripe never returns `connect`; `application` is set where it was true.
    kept["connect"] = bool(params.get("connect"))
    if kept["connect"]:
        endpoint["application"] = world.application_id
    kept["secret"] = secret or new_id("whsec_")
    world.store.add(world.platform_scope(livemode=livemode), endpoint)
    return public(endpoint) | {"secret": kept["secret"]}


def create(call: Call) -> Resource:
    """Register an endpoint over the API."""
    if not call.world.is_platform(call.scope):
        raise not_in_sandbox("a connected account's own webhook endpoint")
    params = call.params
    check_url(params["url"], param="url")
    check_metadata(params.get("metadata") or {})
    if not params["enabled_events"]:
        raise invalid("Pass at least one event.", param="enabled_events")
    if len(list(call.store.each("webhook_endpoint", scope=call.scope))) >= _MOST:
        raise invalid(f"You have reached the maximum of {_MOST} webhook endpoints.")
    return add(call.world, livemode=call.scope.livemode, params=params)


def retrieve(call: Call) -> Resource:
    """Return an endpoint, without its secret."""
    return call.store.get(call.scope, call.object_id, kind="webhook_endpoint")


def update(call: Call) -> Resource:
    """Change an endpoint; `connect` and `api_version` cannot change."""
    endpoint, params = retrieve(call), call.params
    if "url" in params:
        check_url(params["url"], param="url")
    for name in ("url", "enabled_events", "description"):
        if name in params:
            endpoint[name] = params[name]
    if "metadata" in params:
        given = params["metadata"]
        endpoint["metadata"] = (
            merge_metadata(endpoint["metadata"], given) if given else {}
        )
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return endpoint


def delete(call: Call) -> Resource:
    """Remove an endpoint; what still waits for it is not delivered."""
    endpoint = retrieve(call)
    call.store.remove(call.scope, endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def listening(world: World, event: Resource, *, scope: Scope) -> list[Resource]:
    """Return the endpoints that an event goes to.

    A Connect endpoint gets the connected accounts' events and no others; a live one
    also gets their test events (docs.stripe.com/connect/webhooks).
    """
    connect = not world.is_platform(scope)
    modes = {event["livemode"]} | ({True} if connect else set())
    return [
        endpoint
        for livemode in sorted(modes)
        for endpoint in world.store.each(
            "webhook_endpoint", scope=world.platform_scope(livemode=livemode)
        )
        if endpoint["status"] == "enabled"
        and private(endpoint)["connect"] == connect
        and _wants(endpoint, event["type"])
    ]


def _wants(endpoint: Resource, event_type: str) -> bool:
    return bool({"*", event_type} & set(endpoint["enabled_events"]))
