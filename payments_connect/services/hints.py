"""Events that only point: ask the gateway about the payment they are about."""

from collections.abc import Iterator
from functools import partial

from payments_connect.enums import Source
from payments_connect.exceptions import GatewayNotFound
from payments_connect.gateways.types import Notice, PaymentSnapshot
from payments_connect.models import Payment, WebhookEvent

from . import events
from .confirmation import retrieve_intent, retrieve_snapshot
from .matching import find_by_object, find_by_reference
from .settlement import Settlement, settle_payment
from .transactions import settlement


def is_hint(notice: Notice) -> bool:
    """Whether only a retrieve can help: no other event will tell more."""
    return notice.snapshot is None or bool(notice.checkout_id)


def find_object(notice: Notice) -> Payment | None:
    """The payment that recorded the object an event is about."""
    if notice.checkout_id:
        return find_by_object(notice.gateway, checkout_id=notice.checkout_id)
    return find_by_object(notice.gateway, external_id=notice.object_id)


def find_payment(notice: Notice) -> Payment | None:
    """The payment an event is about, by its object, else by our mark."""
    return find_object(notice) or find_by_reference(notice.reference)


def resolve(event: WebhookEvent, notice: Notice) -> None:
    """Retrieve what the payment an event points to recorded, and settle that.

    A payment is asked about by its own recorded ids, whatever the event claims; only
    one without them is looked for under the claimed checkout, and only on the account
    that the payment recorded. An event that helps nothing yet stays parked.

    Raises:
        GatewayError: The gateway did not answer; the event stays parked.
    """
    payment = find_payment(notice)
    if payment is None:
        return
    if payment.account_external_id != notice.account:
        settlement(partial(_conclude, event, believed=False))
        return
    try:
        for snapshot in _answers(payment, notice):
            if settlement(partial(_settle, event, notice, snapshot)):
                return
    except GatewayNotFound:
        if payment.checkout_id or payment.external_id:
            raise  # our own object is gone: a person must look
        settlement(partial(_conclude, event, believed=False))


def _answers(payment: Payment, notice: Notice) -> Iterator[PaymentSnapshot]:
    """What the gateway says, asked for one answer after the other.

    First of the very object the event names, if it is the payment's; then of its
    checkout, which tells more.
    """
    if payment.external_id and payment.external_id == notice.object_id:
        yield retrieve_intent(payment, payment.external_id)
    checkout_id = payment.checkout_id or notice.checkout_id
    if checkout_id:
        yield retrieve_snapshot(payment, checkout_id)


def _settle(event: WebhookEvent, notice: Notice, snapshot: PaymentSnapshot) -> bool:
    """Settle an answer; tell whether it decides about the event."""
    outcome = settle_payment(snapshot, source=Source.WEBHOOK)
    nameless = not notice.checkout_id and not snapshot.external_id
    if outcome is Settlement.RETRIEVE or nameless:
        return False  # the event goes on waiting where nothing else is told
    settled = outcome in (Settlement.APPLIED, Settlement.UNCHANGED)
    known = notice.object_id in (snapshot.checkout_id, snapshot.external_id)
    _conclude(event, believed=settled and known)
    return True


def _conclude(event: WebhookEvent, *, believed: bool) -> None:
    if events.claim(event) and not believed:
        events.reject(event)
