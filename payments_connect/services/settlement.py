"""A payment snapshot meets its payment: the one place where a sale becomes true.

Whoever obtained the snapshot (webhook, return page, sweep, a person), it ends in
``settle_payment``; running it any number of times, at once, late or out of order,
does what running it once does.
"""

import enum
import logging
from functools import partial
from typing import Any

from django.utils import timezone

from payments_connect.enums import (
    LIVE_PAYMENT_STATUSES,
    OrderStatus,
    PaymentStatus,
    Source,
)
from payments_connect.exceptions import UnsupportedFeature
from payments_connect.gateways.types import ApplicationFeeSnapshot, PaymentSnapshot
from payments_connect.models import Order, Payment
from payments_connect.money import in_words
from payments_connect.signals import (
    order_paid,
    payment_failed,
    payment_needs_review,
    payment_processing,
    payment_surplus,
)

from . import fulfilment, ledger, schedule
from .judgement import Verdict, disagreements, judge
from .matching import find_payment
from .moves import move
from .transactions import after_commit, announce, settlement

logger = logging.getLogger(__name__)


class Settlement(enum.Enum):
    """What became of a snapshot."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    RETRIEVE = "retrieve"
    SKIPPED = "skipped"


_SIGNALS = {
    PaymentStatus.PROCESSING: payment_processing,
    PaymentStatus.FAILED: payment_failed,
    PaymentStatus.EXPIRED: payment_failed,
    PaymentStatus.CANCELED: payment_failed,
    PaymentStatus.REVIEW: payment_needs_review,
}


_WAITING = (PaymentStatus.PROCESSING, PaymentStatus.AUTHORIZED)


def settle_payment(
    snapshot: PaymentSnapshot, *, source: Source, payment: Payment | None = None
) -> Settlement:
    """Apply what a gateway says about a payment to our rows, exactly once.

    Args:
        snapshot: From whatever source.
        source: Which; recorded with the move.
        payment: The payment it was retrieved for, if it was.

    Returns:
        APPLIED, UNCHANGED (known already, or too late to matter), REJECTED (it claims
        a payment whose object it is not), UNKNOWN (no payment of ours), or RETRIEVE
        (only the gateway itself can tell: retrieve the payment's own checkout).
    """
    return settlement(partial(_settle, snapshot, source, payment))


def _settle(
    snapshot: PaymentSnapshot, source: Source, payment: Payment | None
) -> Settlement:
    payment = payment or find_payment(snapshot)
    if payment is None:
        return Settlement.UNKNOWN
    match judge(payment, snapshot):
        case Verdict.OWN:
            return _apply(payment, snapshot, source)
        case Verdict.RETRIEVE:
            return Settlement.RETRIEVE
    return Settlement.REJECTED


def _apply(payment: Payment, snapshot: PaymentSnapshot, source: Source) -> Settlement:
    if _is_declined(snapshot) and payment.status in _WAITING:
        # The delayed payment itself, or a try before it whose event is late? Failing
        # it would let the buyer pay twice: test_delayed_payments.py.
        return Settlement.RETRIEVE
    status = _status_for(payment, snapshot)
    fields = _learned(payment, snapshot)
    if status in (PaymentStatus.SUCCEEDED, PaymentStatus.REVIEW):
        reason = disagreements(payment, snapshot)
        if reason:
            status = PaymentStatus.REVIEW
        fields |= {
            "amount_captured": snapshot.amount_captured,
            "captured_currency": snapshot.currency,
            "review_reason": reason,
            "confirmed_by": source,
            "confirmed_at": timezone.now(),
            "failure_code": "",  # an earlier try's
            "failure_message": "",
        }
    was = payment.status
    if not move(payment, status, **fields, **schedule.after(payment, status)):
        return _learn(payment, snapshot)
    _follow(payment, was=PaymentStatus(was))
    return Settlement.APPLIED


def _status_for(payment: Payment, snapshot: PaymentSnapshot) -> PaymentStatus:
    """After a declined attempt an open checkout takes another try."""
    untaken = payment.status in (PaymentStatus.CREATED, PaymentStatus.OPEN)
    if _is_declined(snapshot) and untaken:
        return PaymentStatus.OPEN
    return snapshot.status


def _is_declined(snapshot: PaymentSnapshot) -> bool:
    return snapshot.status == PaymentStatus.FAILED and snapshot.retryable


def _learned(payment: Payment, snapshot: PaymentSnapshot) -> dict[str, Any]:
    """What the snapshot tells about the payment that we do not know yet."""
    told = {
        "checkout_id": snapshot.checkout_id,
        "external_id": snapshot.external_id,
        "charge_id": snapshot.charge_id,
    }
    learned: dict[str, Any] = {
        name: value
        for name, value in told.items()
        if value and not getattr(payment, name)
    }
    if snapshot.failure_code or snapshot.failure_message:
        learned["failure_code"] = _fit("failure_code", snapshot.failure_code)
        learned["failure_message"] = _fit("failure_message", snapshot.failure_message)
    return learned


def _fit(name: str, text: str) -> str:
    """Cut free text to its column; drop what databases cannot hold."""
    length: int | None = getattr(Payment._meta.get_field(name), "max_length", None)
    clean = text.encode("utf-8", "ignore").decode().replace("\x00", "")
    return clean[:length]


def _learn(payment: Payment, snapshot: PaymentSnapshot) -> Settlement:
    """Keep ids and reasons that came after the move they belong to."""
    learned = _learned(payment, snapshot)
    if payment.status == PaymentStatus.REVIEW:
        learned |= _learned_in_review(payment, snapshot)
    if payment.status == PaymentStatus.SUCCEEDED:
        learned.pop("failure_code", None)
        learned.pop("failure_message", None)
    if all(getattr(payment, name) == value for name, value in learned.items()):
        return Settlement.UNCHANGED
    ids = {name for name in learned if name.endswith("_id")}
    unset = {name: "" if name == "charge_id" else None for name in ids}
    Payment.objects.filter(pk=payment.pk, status=payment.status, **unset).update(
        **learned
    )
    return Settlement.UNCHANGED


def _learned_in_review(payment: Payment, snapshot: PaymentSnapshot) -> dict[str, Any]:
    """Money that came after a person was asked: they must decide about all of it."""
    if snapshot.amount_captured <= payment.amount_captured:
        return {}
    return {
        "amount_captured": snapshot.amount_captured,
        "captured_currency": snapshot.currency,
        "review_reason": disagreements(payment, snapshot) or payment.review_reason,
    }


def _follow(payment: Payment, *, was: PaymentStatus) -> None:
    """The effects of a move, run by whoever made it, in the same transaction."""
    status = PaymentStatus(payment.status)
    if status == PaymentStatus.SUCCEEDED:
        _win(payment)
        if was not in LIVE_PAYMENT_STATUSES or was == PaymentStatus.REVIEW:
            # Not in here: two payments of one order would wait for each other's rows.
            after_commit(partial(schedule.wake_other_payments, payment))
    elif status in _SIGNALS:
        announce(_SIGNALS[status], Payment, payment=payment)


def _win(payment: Payment) -> None:
    """The money is there: pay the order with it, or record it as surplus."""
    order = payment.order
    ledger.post_sale(payment)
    paid = move(
        order,
        OrderStatus.PAID,
        paid_by=payment,
        paid_at=timezone.now(),
        due_at=None,
        fulfilment=fulfilment.first_status(),
    )
    if not paid:
        announce(payment_surplus, Payment, payment=payment)
        return
    fulfilment.begin(order)
    announce(order_paid, Order, order=order, payment=payment)


def accept_payment(payment: Payment, *, reason: str) -> bool:
    """Settle a payment in review as it is, by a person's decision.

    Args:
        payment: In review; its captured amount is what counts.
        reason: Why it may be accepted; kept on the payment.

    Returns:
        Whether this call accepted it.

    Raises:
        ValueError: No reason was given.
        UnsupportedFeature: The money is of another currency than the order, so no
            amount of it settles the order: it can only be given back.
    """
    if not reason.strip():
        raise ValueError("Accepting a payment needs a reason.")
    return settlement(partial(_accept, payment, reason.strip()))


def _accept(payment: Payment, reason: str) -> bool:
    payment.refresh_from_db()
    if payment.captured_currency not in ("", payment.currency):
        raise UnsupportedFeature(
            f"The money is {payment.captured_currency}, the order {payment.currency}."
        )
    text = f"{payment.review_reason} Accepted: {reason}".strip()
    accepted = move(
        payment,
        PaymentStatus.SUCCEEDED,
        by_person=True,
        review_reason=_fit("review_reason", text),
        confirmed_by=Source.ADMIN,
        confirmed_at=timezone.now(),
        **schedule.after(payment, PaymentStatus.SUCCEEDED),
    )
    if accepted:
        _follow(payment, was=PaymentStatus.REVIEW)
    return accepted


def settle_application_fee(snapshot: ApplicationFeeSnapshot) -> Settlement:
    """Record the application fee object of a charge, which comes after it.

    The charge's own id finds the payment; until that is known the fee waits.
    """
    payment = (
        Payment.objects.select_related("account")
        .filter(gateway=snapshot.gateway, charge_id=snapshot.charge_id)
        .first()
    )
    if payment is None:
        return Settlement.UNKNOWN
    if (
        payment.account_external_id != snapshot.account
        or payment.livemode != snapshot.livemode
        or payment.currency != snapshot.currency
    ):
        return Settlement.REJECTED
    return settlement(partial(_learn_fee, payment, snapshot))


def _learn_fee(payment: Payment, snapshot: ApplicationFeeSnapshot) -> Settlement:
    """Record the fee; one of another amount is shown to a person, and moves nothing."""
    columns = {"application_fee_id": snapshot.application_fee_id}
    wanted = min(payment.application_fee_amount, payment.amount_captured)
    differs = snapshot.amount != wanted
    if differs:
        kept = in_words(snapshot.amount, snapshot.currency)
        asked = in_words(wanted, payment.currency)
        reason = f"The gateway kept a fee of {kept}, asked for {asked}."
        columns["review_reason"] = f"{payment.review_reason} {reason}".strip()
    unknown = Payment.objects.filter(pk=payment.pk, application_fee_id="")
    if not unknown.update(**columns):
        return Settlement.UNCHANGED
    if differs:
        logger.error("Payment %s: the application fee differs", payment.public_id)
        announce(payment_needs_review, Payment, payment=payment)
    return Settlement.APPLIED
