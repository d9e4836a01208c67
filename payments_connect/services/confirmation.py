"""Ask the gateway about a payment ourselves: the second source of every fact."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from payments_connect.conf import get_settings
from payments_connect.enums import PaymentStatus, Source
from payments_connect.exceptions import PaymentsError
from payments_connect.gateways.registry import get_gateway
from payments_connect.gateways.types import AccountRef, Checkout, PaymentSnapshot
from payments_connect.models import Payment

from . import schedule
from .settlement import Settlement, settle_payment
from .transactions import require_no_transaction

UNDER_WAY = frozenset(
    {
        PaymentStatus.CREATED,
        PaymentStatus.OPEN,
        PaymentStatus.PROCESSING,
        PaymentStatus.AUTHORIZED,
    }
)


def account_ref(payment: Payment) -> AccountRef | None:
    """The account that every call about a payment goes to; None is the platform."""
    if payment.account is None:
        return None
    return AccountRef(external_id=payment.account.external_id)


def confirm_payment(
    payment: Payment,
    *,
    source: Source = Source.SITE,
    at_most_every: timedelta = timedelta(0),
) -> Settlement:
    """Retrieve a payment from its gateway and settle what it says.

    Args:
        payment: Ours; its attributes are fresh afterwards.
        source: Who asks.
        at_most_every: Ask nothing if somebody asked less than this ago.

    Returns:
        What became of it; SKIPPED where nobody was asked.

    Raises:
        GatewayError: The gateway did not answer or refused. Our rows are as they were;
            the sweep asks again.
        SnapshotError: It answered something that cannot be read.
        RuntimeError: Called inside a transaction.
    """
    require_no_transaction("confirm_payment")
    known = payment.checkout_id or payment.external_id
    if not known or not _may_ask(payment, at_most_every):
        payment.refresh_from_db()
        return Settlement.SKIPPED
    try:
        snapshot = _retrieve(payment)
    except PaymentsError:
        _ask_again_soon(payment)
        raise
    settlement = settle_payment(snapshot, source=source)
    payment.refresh_from_db()
    return settlement


def confirm_on_return(payment: Payment) -> Settlement:
    """Confirm for a buyer who is waiting, unless it was asked a moment ago.

    Raises:
        GatewayError: As in ``confirm_payment``.
    """
    if payment.status not in UNDER_WAY:
        return Settlement.SKIPPED
    return confirm_payment(
        payment,
        source=Source.RETURN_PAGE,
        at_most_every=get_settings().confirm_interval,
    )


def retrieve_checkout(
    payment: Payment, checkout_id: str, *, quick: bool = True
) -> Checkout:
    """Retrieve a checkout on the account that the payment recorded."""
    return get_gateway(payment.gateway).retrieve_checkout(
        checkout_id, account=account_ref(payment), quick=quick
    )


def retrieve_snapshot(payment: Payment, checkout_id: str) -> PaymentSnapshot:
    """Retrieve what the gateway says about a payment's checkout right now."""
    return retrieve_checkout(payment, checkout_id).snapshot


def retrieve_intent(payment: Payment, external_id: str) -> PaymentSnapshot:
    """Retrieve what the gateway says about a payment without its checkout."""
    return get_gateway(payment.gateway).retrieve_payment(
        external_id, account=account_ref(payment), quick=True
    )


def _retrieve(payment: Payment) -> PaymentSnapshot:
    if payment.checkout_id:
        return retrieve_snapshot(payment, payment.checkout_id)
    return retrieve_intent(payment, payment.external_id or "")


def _may_ask(payment: Payment, at_most_every: timedelta) -> bool:
    """Take the right to ask: of many at once, one gets it for this interval."""
    now = timezone.now()
    row = Payment.objects.filter(pk=payment.pk)
    if at_most_every:
        row = row.filter(
            Q(last_checked_at__isnull=True)
            | Q(last_checked_at__lte=now - at_most_every)
        )
    return row.update(last_checked_at=now) == 1


def _ask_again_soon(payment: Payment) -> None:
    soon = schedule.retry_soon()
    Payment.objects.filter(pk=payment.pk, due_at__gt=soon).update(due_at=soon)
