"""Snapshots by hand: what a gateway would say about a payment."""

from typing import Any

from payments_connect.enums import PaymentStatus
from payments_connect.gateways.types import PaymentSnapshot
from payments_connect.services.terms import reference


def session_of(payment, **fields):
    """A complete and paid checkout, all as asked for."""
    said: dict[str, Any] = {
        "gateway": payment.gateway,
        "account": payment.account_external_id,
        "livemode": payment.livemode,
        "reference": reference(payment),
        "checkout_id": payment.checkout_id or "cs_test_1",
        "external_id": "",
        "status": PaymentStatus.SUCCEEDED,
        "currency": payment.currency,
        "amount": payment.amount,
        "subtotal": payment.amount,
        "amount_captured": payment.amount,
    }
    if fields.get("status", PaymentStatus.SUCCEEDED) != PaymentStatus.SUCCEEDED:
        said["amount_captured"] = 0
    return PaymentSnapshot(**said | fields)


def intent_of(payment, **fields):
    """A payment intent that names no checkout, as its events do."""
    said = {
        "checkout_id": "",
        "external_id": payment.external_id or "pi_1",
        "charge_id": "ch_1",
        "subtotal": None,
        "application_fee_amount": payment.application_fee_amount,
    }
    return session_of(payment, **said | fields)
