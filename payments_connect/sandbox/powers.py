"""Which calls and values of the Python API another process can use.

One table for both sides: `control` serves them, `client` offers them by the same names.
"""

from dataclasses import dataclass

from payments_connect.sandbox.journal import ReceivedRequest
from payments_connect.sandbox.stripe.delivery import Delivery


@dataclass(frozen=True)
class Powers:
    """What one part of the sandbox allows from outside.

    Attributes:
        calls: Methods.
        values: Readable attributes.
        settable: Writable attributes.
    """

    calls: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    settable: frozenset[str] = frozenset()


POWERS = {
    "sandbox": Powers(values=frozenset({"url", "requests"})),
    "clock": Powers(calls=frozenset({"now", "advance"})),
    "faults": Powers(calls=frozenset({"add", "clear"})),
    "stripe": Powers(
        calls=frozenset(
            {"add_account", "add_coupon", "add_endpoint", "add_key", "alter", "get"}
            | {"add_promotion_code", "deliver", "emit", "hold", "insert", "pay"}
            | {"release"}
        ),
        values=frozenset(
            {"url", "platform_id", "secret_key", "live_secret_key", "events"}
            | {"deliveries", "zero_total_payment_status"}
        ),
        settable=frozenset({"zero_total_payment_status"}),
    ),
}

# Results that are more than JSON on both sides.
RESULTS: dict[tuple[str, str], type[Delivery | ReceivedRequest]] = {
    ("sandbox", "requests"): ReceivedRequest,
    ("stripe", "deliver"): Delivery,
    ("stripe", "deliveries"): Delivery,
}
