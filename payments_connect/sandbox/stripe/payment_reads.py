"""Reading what a payment made."""

from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.store import Resource


def payment_intent(call: Call) -> Resource:
    """Return a payment intent."""
    return call.store.get(
        call.scope, call.object_id, kind="payment_intent", param="intent"
    )


def charge(call: Call) -> Resource:
    """Return a charge."""
    return call.store.get(call.scope, call.object_id, kind="charge")


def balance_transaction(call: Call) -> Resource:
    """Return what a charge or fee did to a balance."""
    return call.store.get(call.scope, call.object_id, kind="balance_transaction")
