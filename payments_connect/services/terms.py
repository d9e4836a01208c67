"""What a payment asks for: amount, fee, account and charge type, fixed at its start."""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from payments_connect.conf import get_settings
from payments_connect.enums import AccountStatus, ChargeType, PaymentStatus
from payments_connect.exceptions import InvalidAmount, UnsupportedFeature
from payments_connect.gateways.base import Gateway
from payments_connect.gateways.registry import get_gateway
from payments_connect.gateways.types import (
    AccountRef,
    Checkout,
    CheckoutLine,
    CheckoutRequest,
    PaymentSnapshot,
    Reference,
)
from payments_connect.models import ConnectedAccount, Order, OrderLine, Payment, Seller

from .access import ReturnUrls

LOCAL_GATEWAY = "local"
"""Slug of payments that no gateway knows, since there was nothing to pay."""

_CLOSED = (AccountStatus.REJECTED, AccountStatus.DISCONNECTED)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The choices the site made for one checkout."""

    gateway: str
    ui_mode: str
    allow_promotion_codes: bool
    automatic_tax: bool


def choices_of(order: Order) -> dict[str, Any]:
    """The choices of an order's newest checkout, as ``start_checkout`` takes them."""
    newest = order.payments.exclude(gateway=LOCAL_GATEWAY).order_by("-pk").first()
    if newest is None:
        return {}
    return {
        "gateway": newest.gateway,
        "allow_promotion_codes": newest.allows_discount,
        "automatic_tax": newest.allows_tax,
    }


def payment_for(order: Order, wanted: Terms) -> Payment:
    """Make up the payment of an order, not saved yet.

    Raises:
        InvalidAmount: The gateway cannot take this amount, currency or fee.
        UnsupportedFeature: Not this charge type, mode or combination of sellers.
    """
    gateway = get_gateway(wanted.gateway)
    lines = list(order.lines.select_related("seller"))
    seller = _only_seller(lines)
    charge_type = _charge_type(seller)
    if charge_type not in gateway.supports_charge_types:
        raise UnsupportedFeature(
            f"{gateway.slug} does no {charge_type} charges in this version."
        )
    if wanted.allow_promotion_codes and not gateway.supports_promotion_codes:
        raise UnsupportedFeature(f"{gateway.slug} has no promotion codes of its own.")
    account, fee = None, 0
    if charge_type == ChargeType.DIRECT and seller is not None:
        account = _account(seller, gateway)
        fee = sum(line.application_fee for line in lines)
    _check_money(gateway, order, charge_type=charge_type, fee=fee)
    return Payment(
        order=order,
        gateway=gateway.slug,
        account=account,
        livemode=gateway.livemode,
        charge_type=charge_type,
        amount=order.total,
        currency=order.currency,
        application_fee_amount=fee,
        allows_discount=wanted.allow_promotion_codes,
        allows_tax=wanted.automatic_tax,
    )


def _only_seller(lines: list[OrderLine]) -> Seller | None:
    sellers = {line.seller_id: line.seller for line in lines}
    if len(sellers) > 1:
        raise UnsupportedFeature(
            "An order has one seller, or none at all: place one order for each seller "
            "(give them the same basket_id)."
        )
    return next(iter(sellers.values()), None)


def _charge_type(seller: Seller | None) -> ChargeType:
    if seller is None:
        return ChargeType.PLATFORM
    return ChargeType(seller.charge_type or get_settings().charge_type)


def _account(seller: Seller, gateway: Gateway) -> ConnectedAccount:
    account = (
        seller.accounts.filter(gateway=gateway.slug, livemode=gateway.livemode)
        .exclude(status__in=_CLOSED)
        .order_by("pk")
        .first()
    )
    if account is None:
        mode = "live" if gateway.livemode else "test"
        raise UnsupportedFeature(
            f"The seller has no open {gateway.slug} account in {mode} mode."
        )
    return account


def _check_money(
    gateway: Gateway, order: Order, *, charge_type: ChargeType, fee: int
) -> None:
    gateway.check_charge(amount=order.total, currency=order.currency, fee=fee)
    most = gateway.max_application_fee(order.total, charge_type)
    if fee > most:
        raise InvalidAmount(
            f"Application fee {fee} is more than {gateway.slug} takes of "
            f"{order.total} {order.currency} ({most}). It is never cut down: lower "
            "the fee rule."
        )


def checkout_request(
    payment: Payment, wanted: Terms, urls: ReturnUrls
) -> CheckoutRequest:
    """The gateway-neutral request of a payment's checkout."""
    order = payment.order
    return CheckoutRequest(
        reference=reference(payment),
        order_reference=order.reference,
        charge_type=ChargeType(payment.charge_type),
        account=AccountRef(external_id=payment.account.external_id)
        if payment.account
        else None,
        lines=tuple(_checkout_lines(order)),
        amount=payment.amount,
        currency=payment.currency,
        application_fee_amount=payment.application_fee_amount,
        email=order.email,
        success_url=urls.success,
        cancel_url=urls.cancel,
        expires_at=timezone.now() + get_settings().checkout_expires_after,
        ui_mode=wanted.ui_mode,
        allow_promotion_codes=wanted.allow_promotion_codes,
        automatic_tax=wanted.automatic_tax,
    )


def _checkout_lines(order: Order) -> list[CheckoutLine]:
    """The order's lines at what is really paid for them; together its total."""
    lines = [
        CheckoutLine(
            description=str(line) if line.quantity > 1 else line.description,
            amount=line.amount - line.discount,
        )
        for line in order.lines.all()
    ]
    for description, amount in ((_("Tax"), order.tax), (_("Shipping"), order.shipping)):
        if amount:
            lines.append(CheckoutLine(description=description, amount=amount))
    return lines


def reference(payment: Payment) -> Reference:
    """Our mark on the gateway's objects of a payment."""
    return Reference(namespace=get_settings().namespace, payment=str(payment.public_id))


def fits(payment: Payment, wanted: Terms, checkout: Checkout) -> bool:
    """Whether an open checkout is what the site wants now, so it can be resumed."""
    same = (
        payment.gateway == wanted.gateway
        and payment.allows_discount == wanted.allow_promotion_codes
        and payment.allows_tax == wanted.automatic_tax
    )
    hosted = wanted.ui_mode == "hosted_page"
    return same and bool(checkout.url if hosted else checkout.client_secret)


def zero_payment(order: Order) -> Payment:
    """The payment of an order that costs nothing, not saved yet."""
    return Payment(
        order=order,
        gateway=LOCAL_GATEWAY,
        livemode=get_gateway(get_settings().default_gateway).livemode,
        charge_type=ChargeType.PLATFORM,
        amount=0,
        currency=order.currency,
    )


def zero_snapshot(payment: Payment) -> PaymentSnapshot:
    """What we tell ourselves about a payment of nothing."""
    checkout_id = f"local_{payment.public_id.hex}"
    return PaymentSnapshot(
        gateway=LOCAL_GATEWAY,
        account="",
        livemode=payment.livemode,
        reference=reference(payment),
        checkout_id=checkout_id,
        status=PaymentStatus.SUCCEEDED,
        currency=payment.currency,
        amount=0,
        retrieved=True,
    )
