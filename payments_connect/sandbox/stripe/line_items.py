"""The lines of a Checkout Session and their sums."""

from typing import Any

from payments_connect.sandbox.stripe import shapes
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.currencies import check_currency, check_unit_amount
from payments_connect.sandbox.stripe.discounts import amount_off, spread
from payments_connect.sandbox.stripe.errors import invalid, missing, not_in_sandbox
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.limits import check_present
from payments_connect.sandbox.stripe.store import Resource

MOST_LINES = 100


def build(call: Call) -> list[Resource]:
    """Return the items of a session that is being created.

    Raises:
        ApiError: 400 for missing lines, mixed currencies, bad prices or quantities.
    """
    lines = call.params.get("line_items")
    if not lines:
        raise missing("line_items")
    if len(lines) > MOST_LINES:
        raise invalid(
            f"The number of line items cannot exceed {MOST_LINES}.", param="line_items"
        )
    items = [
        _item(call, line, param=f"line_items[{i}]") for i, line in enumerate(lines)
    ]
    if len({item["currency"] for item in items}) > 1:
        raise invalid(
            "All prices on a Checkout Session must have the same `currency`.",
            param="line_items",
        )
    return items


def discount(session: Resource, items: list[Resource], coupon: Resource | None) -> None:
    """Set the sums of a session and its lines, less a coupon."""
    subtotal = sum(item["amount_subtotal"] for item in items)
    off = amount_off(coupon, subtotal) if coupon else 0
    for item, share in zip(
        items, spread(off, [item["amount_subtotal"] for item in items]), strict=True
    ):
        item["amount_discount"] = share
        item["amount_total"] = item["amount_subtotal"] - share
    session["amount_subtotal"] = subtotal
    session["amount_total"] = subtotal - off
    session["total_details"]["amount_discount"] = off


def _item(call: Call, line: dict[str, Any], *, param: str) -> Resource:
    for name in sorted(line.keys() - {"price_data", "quantity"}):
        raise not_in_sandbox(f"`{param}[{name}]`", param=f"{param}[{name}]")
    if "price_data" not in line:
        raise missing(f"{param}[price_data]")
    quantity = line.get("quantity")
    if quantity is None:
        raise invalid(
            f"Quantity is required. Add `quantity` to `{param}`",
            param=f"{param}[quantity]",
            code="parameter_missing",
        )
    if quantity < 1:
        raise invalid("Invalid positive integer", param=f"{param}[quantity]")
    price, name = _price(call, line["price_data"], param=f"{param}[price_data]")
    total = price["unit_amount"] * quantity
    return shapes.line_item() | {
        "id": new_id("li_1"),
        "amount_subtotal": total,
        "amount_total": total,
        "currency": price["currency"],
        "description": name,
        "price": price,
        "quantity": quantity,
    }


def _price(call: Call, data: dict[str, Any], *, param: str) -> tuple[Resource, str]:
    known = {"currency", "unit_amount", "product_data", "tax_behavior"}
    for name in sorted(data.keys() - known):
        raise not_in_sandbox(f"`{param}[{name}]`", param=f"{param}[{name}]")
    for name in ("product_data", "unit_amount"):
        if name not in data:
            raise missing(f"{param}[{name}]")
    check_present(
        {"name": data["product_data"]["name"]}, within=f"{param}[product_data]"
    )
    currency = check_currency(data["currency"], param=f"{param}[currency]")
    unit_amount = check_unit_amount(
        data["unit_amount"], currency=currency, param=f"{param}[unit_amount]"
    )
    price = shapes.price() | {
        "id": new_id("price_1"),
        "created": call.now,
        "currency": currency,
        "livemode": call.scope.livemode,
        "product": new_id("prod_")[:19],
        "tax_behavior": data.get("tax_behavior") or "unspecified",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }
    return price, data["product_data"]["name"]
