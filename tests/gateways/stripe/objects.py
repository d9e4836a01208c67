"""Stripe's objects as small as our reading of them allows."""


def session(**changes):
    """Return a paid Checkout Session of 100.00 USD."""
    return {
        "id": "cs_test_1",
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "currency": "usd",
        "amount_subtotal": 100_00,
        "amount_total": 100_00,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "livemode": False,
        "metadata": {},
        "payment_intent": "pi_1",
        "url": None,
        "client_secret": None,
        "expires_at": 1_900_000_000,
    } | changes


def intent(**changes):
    """Return a payment intent of 100.00 USD that succeeded."""
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "succeeded",
        "currency": "usd",
        "amount": 100_00,
        "amount_received": 100_00,
        "application_fee_amount": None,
        "latest_charge": "ch_1",
        "last_payment_error": None,
        "livemode": False,
        "metadata": {},
    } | changes


def application_fee(**changes):
    """Return a fee of 10.00 USD of a charge on a connected account."""
    return {
        "id": "fee_1",
        "object": "application_fee",
        "account": "acct_1",
        "amount": 10_00,
        "charge": "ch_1",
        "currency": "usd",
        "livemode": False,
    } | changes
