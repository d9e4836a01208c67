"""Who calls: the key, the mode, and the account it may speak for."""

from werkzeug.wrappers import Request

from payments_connect.sandbox.stripe.accounts import find_account, no_access
from payments_connect.sandbox.stripe.errors import ApiError
from payments_connect.sandbox.stripe.store import Scope
from payments_connect.sandbox.stripe.world import World


def scope_of(world: World, request: Request) -> Scope:
    """Return whose data a request may see.

    Raises:
        ApiError: 401 without a known key, 403 for an account out of reach.
    """
    authorization = request.authorization
    token = ""
    if authorization is not None:
        # Basic: the key is the user name (docs.stripe.com/api/authentication).
        token = authorization.token or authorization.get("username", "") or ""
    if not token:
        raise ApiError(
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth.",
            status=401,
        )
    key = world.keys.get(token)
    if key is None:
        raise ApiError(f"Invalid API Key provided: {_masked(token)}", status=401)
    own = Scope(key.account, key.livemode)
    wanted = request.headers.get("Stripe-Account")
    if wanted is None or wanted == key.account:
        return own
    if not world.is_platform(own) or find_account(world, wanted) is None:
        raise no_access(wanted)
    return Scope(wanted, key.livemode)


def _masked(token: str) -> str:
    return f"{token[:8]}{'*' * 8}" if len(token) > 12 else "*" * 8  # noqa: PLR2004
