"""The platform's and the connected accounts, and their balances."""

from typing import Any

from payments_connect.sandbox.stripe.account_shape import account
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.errors import ApiError, invalid, not_in_sandbox
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.limits import check_metadata
from payments_connect.sandbox.stripe.reads import page
from payments_connect.sandbox.stripe.store import Resource, Scope
from payments_connect.sandbox.stripe.world import World

_KNOWN = frozenset(
    {"business_type", "controller", "country", "default_currency", "email", "expand"}
    | {"metadata", "type", "capabilities", "business_profile"}
)


def connect(
    world: World, account_id: str | None, *, fields: dict[str, Any] | None = None
) -> Resource:
    """Add an account that has finished its onboarding and may charge."""
    made = account(account_id or new_id("acct_")) | {"created": world.clock.now()}
    made |= fields or {}
    # One account serves both modes; it is kept once, in its own test scope.
    return world.store.add(Scope(made["id"], livemode=False), made)


def create(call: Call) -> Resource:
    """Create a connected account that has not begun its onboarding."""
    if not call.world.is_platform(call.scope):
        raise invalid("Only a platform can create connected accounts.")
    params = dict(call.params)
    for name in sorted(params.keys() - _KNOWN):
        raise not_in_sandbox(f"`{name}`", param=name)
    if "type" in params and "controller" in params:
        raise invalid("You may only specify one of: type, controller.", param="type")
    check_metadata(params.get("metadata") or {})
    made = connect(call.world, None)
    for name in sorted(params.keys() - {"expand", "capabilities", "controller"}):
        value = params[name]
        made[name] = made[name] | value if isinstance(made[name], dict) else value
    requested = [
        name
        for name, wish in (params.get("capabilities") or {}).items()
        if wish.get("requested")
    ]
    made.update(_not_onboarded(requested))
    return made


def retrieve(call: Call) -> Resource:
    """Return a connected account, for its platform or for itself."""
    account_id = call.object_id or call.scope.account
    own = account_id == call.scope.account
    found = find_account(call.world, account_id)
    if found is None or not (own or call.world.is_platform(call.scope)):
        raise no_access(account_id)
    return found


def listed(call: Call) -> Resource:
    """Return the platform's connected accounts, newest first."""
    found = [
        each
        for each in call.store.each("account")
        if call.world.is_platform(call.scope) and each["id"] != call.scope.account
    ]
    return page(call, reversed(found))


def find_account(world: World, account_id: str) -> Resource | None:
    """Return an account of either mode, or None."""
    for each in world.store.each("account", scope=Scope(account_id, livemode=False)):
        return each
    return None


def no_access(account_id: str) -> ApiError:
    """Return the refusal of an account that is unknown or not connected (any more)."""
    return ApiError(
        "The provided key does not have access to account "
        f"'{account_id}' (or that account does not exist). Application access may have "
        "been revoked.",
        status=403,
        code="account_invalid",
    )


def balance(call: Call) -> Resource:
    """Return what the scope's charges and fees add up to."""
    pending: dict[str, int] = {}
    for entry in call.store.each("balance_transaction", scope=call.scope):
        currency = entry["currency"]
        pending[currency] = pending.get(currency, 0) + entry["net"]
    amounts = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in sorted(pending.items())
    ]
    return {
        "object": "balance",
        "available": [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}],
        "connect_reserved": [{"amount": 0, "currency": "usd"}],
        "livemode": call.scope.livemode,
        "pending": amounts,
    }


def _not_onboarded(capabilities: list[str]) -> Resource:
    return {
        "charges_enabled": False,
        "payouts_enabled": False,
        "details_submitted": False,
        "capabilities": dict.fromkeys(capabilities, "inactive"),
    }
