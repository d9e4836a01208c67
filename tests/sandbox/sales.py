"""Checkout Sessions for the tests."""


def line(unit_amount=50_00, *, quantity=1, currency="usd", name="Tea"):
    return {
        "quantity": quantity,
        "price_data": {
            "currency": currency,
            "unit_amount": unit_amount,
            "product_data": {"name": name},
        },
    }


def session_params(**changes):
    """Return valid parameters; a change to None leaves the parameter out."""
    params = {
        "mode": "payment",
        "success_url": "https://shop.test/done?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://shop.test/basket",
        "line_items": [line(quantity=2)],
    } | changes
    return {name: value for name, value in params.items() if value is not None}


def open_session(client, account=None, *, fee=None, **changes):
    if fee is not None:
        changes["payment_intent_data"] = {"application_fee_amount": fee} | changes.get(
            "payment_intent_data", {}
        )
    options = {"stripe_account": account} if account else {}
    return client.v1.checkout.sessions.create(session_params(**changes), options)


def code_of(error):
    """Return the code of an SDK error; some of its classes leave `code` empty."""
    return error.error.code
