"""May this object move this payment, and is the money what we asked for?

Metadata proves nothing: any connected account can write our reference on a session of
its own. A payment moves by its own object: the account and checkout that we recorded.
"""

import enum
from collections.abc import Iterator
from functools import partial

from payments_connect.enums import PaymentStatus
from payments_connect.gateways.types import PaymentSnapshot
from payments_connect.models import Payment
from payments_connect.money import in_words


class Verdict(enum.Enum):
    """What an object is to a payment."""

    OWN = "own"
    RETRIEVE = "retrieve"
    FOREIGN = "foreign"


def judge(payment: Payment, snapshot: PaymentSnapshot) -> Verdict:
    """Tell whether the snapshot is of the payment's own object.

    RETRIEVE says that the payment has not recorded such an object yet, or that the
    snapshot does not tell enough: ask the gateway for the payment's checkout.
    """
    if (
        payment.gateway != snapshot.gateway
        or payment.account_external_id != snapshot.account
        or payment.livemode != snapshot.livemode
    ):
        return Verdict.FOREIGN
    if snapshot.checkout_id:
        return _judge_checkout(payment, snapshot)
    if not payment.external_id:
        return Verdict.RETRIEVE
    if payment.external_id != snapshot.external_id:
        return Verdict.FOREIGN
    if _may_differ(payment) and snapshot.amount != payment.amount:
        return Verdict.RETRIEVE
    return Verdict.OWN


def _judge_checkout(payment: Payment, snapshot: PaymentSnapshot) -> Verdict:
    if payment.checkout_id:
        own = payment.checkout_id == snapshot.checkout_id
        return Verdict.OWN if own else Verdict.FOREIGN
    if not snapshot.retrieved:
        return Verdict.RETRIEVE
    # The answer to our request was lost, and the gateway has a checkout that says it
    # is ours: it is, if it asks for exactly what we asked for.
    marked = snapshot.reference and snapshot.reference.payment == str(payment.public_id)
    agrees = marked and _fee_is_told(payment, snapshot)
    if agrees and not disagreements(payment, snapshot):
        return Verdict.OWN
    return Verdict.FOREIGN


def _fee_is_told(payment: Payment, snapshot: PaymentSnapshot) -> bool:
    """Only the platform can put its fee on a charge; a seller's copy has none.

    A checkout that ended without a payment has none either, and moves no money.
    """
    return (
        snapshot.application_fee_amount is not None
        or payment.application_fee_amount == 0
        or snapshot.amount == 0
        or snapshot.status == PaymentStatus.EXPIRED
    )


def _may_differ(payment: Payment) -> bool:
    return payment.allows_discount or payment.allows_tax or payment.allows_shipping


def disagreements(payment: Payment, snapshot: PaymentSnapshot) -> str:
    """Everything in which the money differs from the request, in words; "" if nothing.

    A difference is accepted only where the payment's own request allowed it.
    """
    return " ".join(_disagreements(payment, snapshot))


def _disagreements(payment: Payment, snapshot: PaymentSnapshot) -> Iterator[str]:
    asked = partial(in_words, currency=payment.currency)
    told = partial(in_words, currency=snapshot.currency)
    if snapshot.doubt:
        yield snapshot.doubt
    if snapshot.currency != payment.currency:
        yield f"Currency is {snapshot.currency}, asked for {payment.currency}."
    if snapshot.amount not in _acceptable_totals(payment, snapshot):
        yield f"Total is {told(snapshot.amount)}, asked for {asked(payment.amount)}."
    # An open checkout has no payment yet, so no fee and no money to compare.
    moved = snapshot.amount_captured or snapshot.status == PaymentStatus.SUCCEEDED
    if moved and snapshot.amount_captured != snapshot.amount:
        captured = told(snapshot.amount_captured)
        yield f"Captured {captured} of {told(snapshot.amount)}."
    fee = min(payment.application_fee_amount, snapshot.amount)
    kept = snapshot.application_fee_amount
    if kept is not None and kept not in (fee, payment.application_fee_amount):
        wanted = asked(payment.application_fee_amount)
        yield f"Application fee is {told(kept)}, asked for {wanted}."


def _acceptable_totals(payment: Payment, snapshot: PaymentSnapshot) -> set[int]:
    """The totals that the payment's own request allows, given the gateway's parts."""
    subtotal = snapshot.amount if snapshot.subtotal is None else snapshot.subtotal
    if subtotal != payment.amount:
        return {payment.amount}
    total = payment.amount
    if payment.allows_discount:
        total = max(total - snapshot.discount, 0)
    if payment.allows_shipping:
        total += snapshot.shipping
    # Inclusive tax is inside the subtotal already, exclusive tax comes on top.
    return {total, total + snapshot.tax} if payment.allows_tax else {total}
