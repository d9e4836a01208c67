"""Coupons and promotion codes, and what they take off a session."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from payments_connect.sandbox.stripe import shapes
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.currencies import check_currency
from payments_connect.sandbox.stripe.errors import invalid, missing
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.limits import check_metadata
from payments_connect.sandbox.stripe.store import Resource, Scope
from payments_connect.sandbox.stripe.world import World


def create_coupon(call: Call) -> Resource:
    """Create a coupon with either a percentage or an amount."""
    params = dict(call.params)
    _check_coupon(params)
    check_metadata(params.get("metadata") or {})
    percent = params.get("percent_off")
    coupon = shapes.coupon() | {
        "id": params.get("id") or new_id("")[:8],
        "created": call.now,
        "livemode": call.scope.livemode,
        "percent_off": _json_number(percent) if percent is not None else None,
    }
    for name in ("amount_off", "currency", "duration", "duration_in_months",
                 "max_redemptions", "metadata", "name", "redeem_by"):  # fmt: skip
        if params.get(name) is not None:
            coupon[name] = params[name]
    return call.store.add(call.scope, coupon)


def create_promotion_code(call: Call) -> Resource:
    """Create a code for a coupon of the same account."""
    params = call.params
    promotion = params.get("promotion")
    if promotion is None:
        raise missing("promotion")
    if not promotion.get("coupon"):
        raise missing("promotion[coupon]")
    coupon = call.store.get(
        call.scope, promotion["coupon"], kind="coupon", param="promotion[coupon]"
    )
    text = params.get("code") or new_id("")[:8].upper()
    if find_code(call.world, text, scope=call.scope) is not None:
        raise invalid(
            "An active promotion code with `code: " + text + "` already exists.",
            param="code",
        )
    check_metadata(params.get("metadata") or {})
    code = shapes.promotion_code() | {
        "id": new_id("promo_1"),
        "code": text,
        "created": call.now,
        "livemode": call.scope.livemode,
        "promotion": {"type": "coupon", "coupon": coupon["id"]},
    }
    for name in ("active", "expires_at", "max_redemptions", "metadata"):
        if params.get(name) is not None:
            code[name] = params[name]
    code["restrictions"] |= params.get("restrictions") or {}
    return call.store.add(call.scope, code)


def find_code(world: World, text: str, *, scope: Scope) -> Resource | None:
    """Return the active promotion code that a buyer typed, whatever its case."""
    for code in world.store.each("promotion_code", scope=scope):
        if code["active"] and code["code"].casefold() == text.strip().casefold():
            return code
    return None


def usable_code(
    world: World, code: Resource, *, scope: Scope, session: Resource
) -> Resource:
    """Return the coupon behind a code.

    Raises:
        ApiError: 400 when the code may not be used for this session.
    """
    coupon = world.store.get(scope, code["promotion"]["coupon"], kind="coupon")
    used_up = code["max_redemptions"] and (
        code["times_redeemed"] >= code["max_redemptions"]
    )
    late = code["expires_at"] and code["expires_at"] <= world.clock.now()
    least = code["restrictions"]["minimum_amount"] or 0
    if not code["active"] or used_up or late:
        raise invalid("This promotion code is no longer valid.", code="coupon_expired")
    if session["amount_subtotal"] < least:
        raise invalid("This promotion code needs a larger order.")
    return coupon


def check_usable(world: World, coupon: Resource, *, currency: str) -> None:
    """Refuse a coupon that is over or of another currency.

    Raises:
        ApiError: 400 `coupon_expired`.
    """
    used_up = coupon["max_redemptions"] and (
        coupon["times_redeemed"] >= coupon["max_redemptions"]
    )
    late = coupon["redeem_by"] and coupon["redeem_by"] <= world.clock.now()
    if used_up or late or not coupon["valid"]:
        raise invalid(
            f"Coupon expired: {coupon['id']}", param="coupon", code="coupon_expired"
        )
    if coupon["amount_off"] and coupon["currency"] != currency:
        raise invalid(
            "The coupon's currency does not match the session's.", param="discounts"
        )


def amount_off(coupon: Resource, subtotal: int) -> int:
    """Return the discount in Stripe's unit; never more than the subtotal."""
    if coupon["amount_off"] is not None:
        return min(int(coupon["amount_off"]), subtotal)
    share = Decimal(str(coupon["percent_off"])) / 100
    return min(int((subtotal * share).quantize(Decimal(1), ROUND_HALF_UP)), subtotal)


def spread(total: int, over: list[int]) -> list[int]:
    """Return shares of a discount by weight that sum to it (largest remainder)."""
    weight = sum(over)
    if not weight:
        return [0] * len(over)
    shares = [total * each // weight for each in over]
    by_remainder = sorted(
        range(len(over)), key=lambda i: total * over[i] % weight, reverse=True
    )
    for index in by_remainder[: total - sum(shares)]:
        shares[index] += 1
    return shares


def _check_coupon(params: dict[str, Any]) -> None:
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise invalid("You must pass exactly one of percent_off or amount_off.")
    if percent is not None and not 0 < percent <= 100:  # noqa: PLR2004
        raise invalid(
            "Invalid percent_off: must be above 0 and at most 100", param="percent_off"
        )
    if amount is not None:
        if amount <= 0:
            raise invalid("Invalid positive integer", param="amount_off")
        if not params.get("currency"):
            raise missing("currency")
        params["currency"] = check_currency(params["currency"], param="currency")
    if params.get("duration") == "repeating" and not params.get("duration_in_months"):
        raise missing("duration_in_months")


def _json_number(value: Decimal) -> int | float:
    # A percentage, not money: only its spelling in JSON. `amount_off` calculates with
    # the exact decimal again.
    return int(value) if value == value.to_integral_value() else float(value)
