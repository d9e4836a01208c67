"""What this imitation refuses, as data that the documentation renders.

Refusals of Stripe's own are answered in Stripe's words and shape. What Stripe can do
and this imitation cannot is refused with code `sandbox_unsupported`, never ignored.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """One kind of call that is not served.

    Attributes:
        status: HTTP status.
        code: Stripe's error code, or its type where there is no code.
        when: What the caller did.
    """

    status: int
    code: str
    when: str


REFUSALS = (
    Refusal(401, "invalid_request_error", "no API key, or one that is not known"),
    Refusal(403, "account_invalid", "`Stripe-Account` names no connected account"),
    Refusal(404, "resource_missing", "another account's or mode's object, or none"),
    Refusal(404, "invalid_request_error", "a path that is not in this sandbox"),
    Refusal(400, "parameter_unknown", "a parameter the SDK's types do not know"),
    Refusal(400, "parameter_missing", "a required parameter is missing"),
    Refusal(400, "parameter_invalid_empty", "an empty text that unsets nothing"),
    Refusal(400, "parameter_invalid_integer", "not an integer, or out of its range"),
    Refusal(400, "invalid_request_error", "a word that is not in its enumeration"),
    Refusal(400, "invalid_request_error", "parameters that exclude each other"),
    Refusal(400, "invalid_request_error", "metadata, texts or lists over their limits"),
    Refusal(400, "invalid_request_error", "`expires_at` not in 30 minutes to 24 hours"),
    Refusal(400, "invalid_request_error", "prices in several or unknown currencies"),
    Refusal(400, "url_invalid", "an address that is not absolute http or https"),
    Refusal(400, "amount_too_small", "a total between zero and the minimum charge"),
    Refusal(400, "amount_too_large", "a total of more than twelve digits"),
    Refusal(400, "invalid_request_error", "an application fee above the total"),
    Refusal(400, "invalid_request_error", "an application fee on a platform's charge"),
    Refusal(400, "invalid_request_error", "an account that may not charge yet"),
    Refusal(400, "invalid_request_error", "expiring a session that is not open"),
    Refusal(400, "coupon_expired", "a coupon or code that is over or used up"),
    Refusal(400, "idempotency_error", "an idempotency key with other parameters"),
    Refusal(409, "idempotency_key_in_use", "an idempotency key still in progress"),
    Refusal(400, "sandbox_unsupported", "modes other than `payment`"),
    Refusal(400, "sandbox_unsupported", "destination charges, manual capture"),
    Refusal(400, "sandbox_unsupported", "stored prices, tax, shipping, customers"),
    Refusal(400, "sandbox_unsupported", "payment methods besides card and SEPA debit"),
)

# Where the imitation knowingly differs from Stripe.
DIFFERENCES = (
    "Test card numbers pay live sessions too; Stripe declines them there.",
    "Everybody who authenticates by 3-D Secure does it on one page of two buttons.",
    "An application fee appears at the clock's next tick: `clock.advance(0)`, the next "
    "`deliver()`, or a tenth of a second later with background deliveries.",
    "Deliveries are tried again after 1 minute, 1 hour and 3 hours in test mode, and "
    "in live mode after 1 minute and four times longer each time, six times in all; "
    "Stripe does not publish its steps.",
    "Events happen in one order; Stripe promises none. Use the fault `reorder`.",
    "A no-cost session makes no customer.",
    "Stripe's own processing fee is not taken from balances.",
    "Idempotency keys are kept apart by `Stripe-Account`, which Stripe does not say.",
    "Minimum amounts are checked in the session's currency, not after conversion.",
    "Cards published for disputes and failing refunds pay, and nothing follows.",
)
