"""Events: a snapshot of an object at the moment something happened to it."""

from typing import Any

from payments_connect.sandbox.stripe import shapes
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.store import Resource, Scope, public
from payments_connect.sandbox.stripe.world import DEFAULT_API_VERSION, World


def emit(
    world: World,
    event_type: str,
    resource: Resource,
    *,
    scope: Scope,
    **overrides: Any,
) -> Resource:
    """Record that something happened and hand it to the deliveries.

    Args:
        world: The imitation's state.
        event_type: For example `checkout.session.completed`.
        resource: The object it happened to; copied as it is now.
        scope: Whose object it is: a connected account's event names the account.
        overrides: Fields to set differently, for crafted events.

    Returns:
        The event as it is delivered.
    """
    now = world.clock.now()
    event = shapes.event() | {
        "id": new_id("evt_1"),
        "api_version": DEFAULT_API_VERSION,
        "created": world.faults.second_of(event_type, now=now),
        "data": {"object": public(resource)},
        "livemode": scope.livemode,
        "request": {"id": None, "idempotency_key": None} | world.cause,
        "type": event_type,
    }
    if not world.is_platform(scope):
        event["account"] = scope.account
    event |= overrides
    world.store.add(scope, event)
    world.event_ids.append(event["id"])
    world.on_event(scope, event)
    return public(event)
