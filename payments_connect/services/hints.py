"""Events that only point: ask the gateway about the payment they are about."""

from functools import partial

from payments_connect.enums import Source
from payments_connect.exceptions import GatewayNotFound
from payments_connect.gateways.types import Notice, PaymentSnapshot
from payments_connect.models import Payment, WebhookEvent

from . import events
from .confirmation import retrieve_snapshot
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
    """Retrieve the checkout of the payment an event points to, and settle that.

    A payment that has recorded its checkout is asked about by that id, whatever the
    event claims; only an unrecorded one is looked for under the claimed id, and only
    on the account that the payment recorded. An event that helps nothing yet stays
    parked.

    Raises:
        GatewayError: The gateway did not answer; the event stays parked.
    """
    payment = find_payment(notice)
    if payment is None:
        return
    if payment.account_external_id != notice.account:
        settlement(partial(_conclude, event, believed=False))
        return
    checkout_id = payment.checkout_id or notice.checkout_id
    if not checkout_id:
        return
    try:
        snapshot = retrieve_snapshot(payment, checkout_id)
    except GatewayNotFound:
        settlement(partial(_conclude, event, believed=False))
        return
    settlement(partial(_settle, event, notice, snapshot))


def _settle(event: WebhookEvent, notice: Notice, snapshot: PaymentSnapshot) -> None:
    outcome = settle_payment(snapshot, source=Source.WEBHOOK)
    if not notice.checkout_id and not snapshot.external_id:
        return  # the checkout names no payment yet; the event goes on waiting
    settled = outcome in (Settlement.APPLIED, Settlement.UNCHANGED)
    known = notice.object_id in (snapshot.checkout_id, snapshot.external_id)
    _conclude(event, believed=settled and known)


def _conclude(event: WebhookEvent, *, believed: bool) -> None:
    if events.claim(event) and not believed:
        events.reject(event)
