"""From a pending order to the gateway's page: the payment and its intent first."""

import json
from dataclasses import dataclass, field
from functools import partial

from django.db import IntegrityError
from django.http import HttpRequest
from django.utils import timezone

from payments_connect.conf import get_settings
from payments_connect.enums import (
    IntentKind,
    IntentStatus,
    OrderStatus,
    PaymentStatus,
    Source,
)
from payments_connect.exceptions import (
    GatewayBusy,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    OrderNotPayable,
)
from payments_connect.gateways import types
from payments_connect.gateways.registry import get_gateway
from payments_connect.models import Intent, Order, Payment
from payments_connect.signals import payment_failed

from . import intents, schedule, terms
from .access import ReturnUrls, order_path, remember, return_urls
from .confirmation import retrieve_checkout
from .ending import abandon, expire, give_up, live_payment
from .moves import move
from .settlement import settle_payment
from .transactions import announce, require_no_transaction, settlement

_ROUNDS = 3
_MAX_TRIES = 2


class _Overtaken(Exception):
    """The order was paid or canceled while its payment was being inserted."""


@dataclass(frozen=True, kw_only=True)
class StartedCheckout:
    """Where to send the buyer now.

    Attributes:
        payment: The attempt to pay; already succeeded where nothing was to pay.
        url: The gateway's page, or our return page where nothing was to pay. Secret.
        client_secret: For an embedded page; else "". Secret.
        publishable_key: For an embedded page; else "".
        account: Connected account the embedded page must name; else "".
    """

    payment: Payment
    url: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    publishable_key: str = ""
    account: str = ""


def start_checkout(  # noqa: PLR0913  # the choices of one checkout; keyword-only
    order: Order,
    *,
    request: HttpRequest | None = None,
    success_url: str = "",
    cancel_url: str = "",
    gateway: str = "",
    allow_promotion_codes: bool = False,
    automatic_tax: bool = False,
) -> StartedCheckout:
    """Let the buyer pay a pending order; calling it again resumes the same checkout.

    Args:
        order: Pending.
        request: The buyer's; gives the return addresses and remembers the order.
        success_url: Absolute; instead of this app's return page.
        cancel_url: Absolute; where the buyer goes who changes their mind.
        gateway: Slug; DEFAULT_GATEWAY if left out.
        allow_promotion_codes: Let the buyer enter the gateway's own discount codes.
            A fixed application fee is not lowered by them: the gateway keeps at most
            what was paid.
        automatic_tax: Let the gateway add tax.

    Raises:
        OrderNotPayable: Paid, canceled, or the money is on its way.
        InvalidAmount: The gateway cannot take this amount, currency or fee.
        UnsupportedFeature: Not this charge type or combination of sellers.
        GatewayRefused: The gateway said no; another try is a new attempt.
        GatewayUnavailable: Nobody knows; calling again repeats the same attempt.
        RuntimeError: Called inside a transaction.
        ValueError: Neither a request nor a success_url was given.
    """
    require_no_transaction("start_checkout")
    if request is not None:
        remember(request, order)
    urls = _urls(order, request, ReturnUrls(success=success_url, cancel=cancel_url))
    wanted = terms.Terms(
        gateway=gateway or get_settings().default_gateway,
        ui_mode=get_settings().checkout_ui_mode,
        allow_promotion_codes=allow_promotion_codes,
        automatic_tax=automatic_tax,
    )
    for _round in range(_ROUNDS):
        started = _start(order, wanted, urls)
        if started is not None:
            return started
    raise OrderNotPayable(
        "Other checkouts of this order are being started; try again.", status="busy"
    )


def _urls(order: Order, request: HttpRequest | None, given: ReturnUrls) -> ReturnUrls:
    if given.success:
        return ReturnUrls(success=given.success, cancel=given.cancel or given.success)
    if request is None:
        raise ValueError("start_checkout needs a request or a success_url")
    ours = return_urls(order, request)
    return ReturnUrls(success=ours.success, cancel=given.cancel or ours.cancel)


def _start(
    order: Order, wanted: terms.Terms, urls: ReturnUrls
) -> StartedCheckout | None:
    """One round: resume the live payment, or open one; None asks for another round."""
    order.refresh_from_db()
    if order.status != OrderStatus.PENDING:
        raise OrderNotPayable(f"The order is {order.status}.", status=order.status)
    live = live_payment(order)
    if live is not None:
        return _resume(live, wanted)
    if order.total == 0:
        return _settle_zero(order, urls)
    try:
        payment, intent = settlement(partial(_open, order, wanted, urls))
    except (IntegrityError, _Overtaken):
        return None  # another click opened one meanwhile, or paid
    return _call(payment, intent)


def _open(
    order: Order, wanted: terms.Terms, urls: ReturnUrls
) -> tuple[Payment, Intent]:
    """Write payment and intent down, with the exact request, before any call."""
    payment = terms.payment_for(order, wanted)
    payment.due_at = timezone.now() + schedule.ABANDON_AFTER
    _insert(payment)
    call = get_gateway(payment.gateway).prepare_checkout(
        terms.checkout_request(payment, wanted, urls)
    )
    intent = intents.add_intent(
        IntentKind.CHECKOUT,
        payment.pk,
        key=_key(payment),
        request=json.dumps({"account": call.account, "params": call.params}),
    )
    return payment, intent


def _insert(payment: Payment) -> None:
    """Insert the one live payment of an order that is still to be paid.

    Our look at the order was before the transaction: an insert that had to wait for
    the unique live marker finds the order paid by the payment that held it. The lock
    makes somebody who cancels the order wait, and then see this payment.
    """
    payment.save(force_insert=True)
    order = Order.objects.select_for_update().filter(pk=payment.order_id)
    if not order.filter(status=OrderStatus.PENDING).exists():
        raise _Overtaken


def _key(payment: Payment) -> str:
    # Whether Stripe keeps keys apart by account is not documented: name the account.
    account = payment.account_external_id or "platform"
    return f"{get_settings().namespace}:checkout:{account}:{payment.public_id}:1"


def _resume(payment: Payment, wanted: terms.Terms) -> StartedCheckout | None:
    """Go on with a live payment, or end it so that the next round opens another."""
    if payment.status == PaymentStatus.CREATED:
        return _resume_created(payment)
    if payment.status != PaymentStatus.OPEN:
        raise OrderNotPayable(
            f"A payment of the order is {payment.status}.", status=payment.status
        )
    try:
        checkout = retrieve_checkout(payment, payment.checkout_id or "", quick=False)
    except GatewayRefused as error:
        if give_up(payment, error):
            return None
        raise
    settle_payment(checkout.snapshot, source=Source.CHECKOUT)
    if checkout.snapshot.status == PaymentStatus.OPEN:
        if terms.fits(payment, wanted, checkout):
            return _started(payment, checkout)
        expire(payment)
    return None


def _resume_created(payment: Payment) -> StartedCheckout | None:
    intent = Intent.objects.filter(
        kind=IntentKind.CHECKOUT, target_id=payment.pk
    ).first()
    if intent is None or _is_worn(intent):
        abandon(payment)
        return None
    return _call(payment, intent)


def _is_worn(intent: Intent) -> bool:
    """Whether repeating is no use: the key is old, or a stored failure comes back."""
    failing = intent.status == IntentStatus.UNKNOWN and intent.tries >= _MAX_TRIES
    return failing or timezone.now() - intent.created_at > intents.KEY_RETENTION


def _call(payment: Payment, intent: Intent) -> StartedCheckout | None:
    """Make the call of a checkout intent, and record what came of it.

    If the process dies after the call, nobody holds the address of the checkout: the
    buyer's next click repeats the same request with the same key and gets the same
    checkout, or the sweep gives the payment up.
    """
    stored = json.loads(intent.request)
    call = types.GatewayCall(account=stored["account"], params=stored["params"])
    Intent.objects.filter(pk=intent.pk).update(tries=intent.tries + 1)
    try:
        checkout = get_gateway(payment.gateway).create_checkout(
            call, idempotency_key=intent.idempotency_key
        )
    except GatewayUnavailable as error:
        if not isinstance(error, GatewayBusy):
            # Not due for anybody: the address would be of no use to a runner.
            intents.postpone(intent, error=intents.describe(error), due_at=None)
        payment.refresh_from_db()
        if payment.status != PaymentStatus.CREATED:
            return None  # the same click, made twice, has it
        raise
    except GatewayError as error:
        settlement(partial(_refuse, payment, intent, error))
        raise
    if not settlement(partial(_record, payment, intent, checkout)):
        return _recorded_otherwise(payment, checkout)
    return _started(payment, checkout)


def _refuse(payment: Payment, intent: Intent, error: GatewayError) -> None:
    intents.conclude(intent, IntentStatus.REFUSED, error=intents.describe(error))
    failed = move(
        payment,
        PaymentStatus.FAILED,
        failure_code=error.code[:100],
        failure_message=error.user_message[:500],
        **schedule.after(payment, PaymentStatus.FAILED),
    )
    if failed:
        announce(payment_failed, Payment, payment=payment)


def _record(payment: Payment, intent: Intent, checkout: types.Checkout) -> bool:
    intents.conclude(intent, IntentStatus.SUCCEEDED)
    return move(
        payment,
        PaymentStatus.OPEN,
        checkout_id=checkout.snapshot.checkout_id,
        external_id=checkout.snapshot.external_id or None,
        expires_at=checkout.expires_at,
        **schedule.after(payment, PaymentStatus.OPEN),
    )


def _recorded_otherwise(
    payment: Payment, checkout: types.Checkout
) -> StartedCheckout | None:
    """The payment moved while we called: by the same click twice, or it was ended."""
    checkout_id = checkout.snapshot.checkout_id
    Payment.objects.filter(pk=payment.pk, checkout_id=None).update(
        checkout_id=checkout_id
    )
    payment.refresh_from_db()
    if payment.status == PaymentStatus.OPEN and payment.checkout_id == checkout_id:
        return _started(payment, checkout)
    expire(payment)
    return None


def _started(payment: Payment, checkout: types.Checkout) -> StartedCheckout:
    if checkout.url:
        return StartedCheckout(payment=payment, url=checkout.url)
    return StartedCheckout(
        payment=payment,
        client_secret=checkout.client_secret,
        publishable_key=get_gateway(payment.gateway).publishable_key,
        account=payment.account_external_id,
    )


def _settle_zero(order: Order, urls: ReturnUrls) -> StartedCheckout | None:
    """Nothing to pay, nobody to ask: the same settlement, from our own snapshot."""
    try:
        payment = settlement(partial(_settle_zero_payment, order))
    except (IntegrityError, _Overtaken):
        return None
    return StartedCheckout(payment=payment, url=urls.success or order_path(order))


def _settle_zero_payment(order: Order) -> Payment:
    payment = terms.zero_payment(order)
    _insert(payment)
    settle_payment(terms.zero_snapshot(payment), source=Source.LOCAL, payment=payment)
    return payment
