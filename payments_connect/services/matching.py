"""Which payment is a gateway's object about? Finding is not yet believing."""

import uuid

from payments_connect.conf import get_settings
from payments_connect.gateways.types import PaymentSnapshot, Reference
from payments_connect.models import Payment

_PAYMENTS = Payment.objects.select_related("order", "account")


def is_ours(reference: Reference | None) -> bool:
    """Whether an object carries the mark of this site."""
    return reference is not None and reference.namespace == get_settings().namespace


def find_payment(snapshot: PaymentSnapshot) -> Payment | None:
    """The payment whose object this is, else the one whose mark it carries.

    The plain sale is found by its mark in one query; a mark that was changed, left
    out, or points elsewhere does not hide an object that we know by its id.
    """
    marked = find_by_reference(snapshot.reference)
    if marked is not None and _is_object_of(snapshot, marked):
        return marked
    return (
        find_by_object(
            snapshot.gateway,
            checkout_id=snapshot.checkout_id,
            external_id=snapshot.external_id,
        )
        or marked
    )


def _is_object_of(snapshot: PaymentSnapshot, payment: Payment) -> bool:
    if snapshot.checkout_id:
        return bool(payment.checkout_id == snapshot.checkout_id)
    return bool(payment.external_id == snapshot.external_id)


def find_by_reference(reference: Reference | None) -> Payment | None:
    """The payment that a mark of ours names."""
    if reference is None or not is_ours(reference):
        return None
    try:
        public_id = uuid.UUID(reference.payment)
    except ValueError:
        return None
    return _PAYMENTS.filter(public_id=public_id).first()


def find_by_object(
    gateway: str, *, checkout_id: str = "", external_id: str = ""
) -> Payment | None:
    """The payment that recorded one of these ids."""
    for name, value in (("checkout_id", checkout_id), ("external_id", external_id)):
        if value:
            found = _PAYMENTS.filter(gateway=gateway, **{name: value}).first()
            if found is not None:
                return found
    return None
