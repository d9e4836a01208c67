"""Rows of every kind the admin shows, as many as wanted."""

from uuid import uuid4

from django.utils import timezone

from payments_connect.enums import (
    ChargeType,
    IntentKind,
    LedgerKind,
    OrderStatus,
    PaymentStatus,
    WebhookStatus,
)
from payments_connect.models import (
    ConnectedAccount,
    Intent,
    LedgerEntry,
    Order,
    Payment,
    PromotionCode,
    PromotionRedemption,
    Seller,
    StockItem,
    WebhookEvent,
)
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PaymentFactory,
    PromotionCodeFactory,
    StockItemFactory,
    make_line,
    make_order,
)

MODELS = (
    ConnectedAccount,
    Intent,
    LedgerEntry,
    Order,
    Payment,
    PromotionCode,
    PromotionRedemption,
    Seller,
    StockItem,
    WebhookEvent,
)


def make_sale(buyer=None):
    """One paid order with everything that hangs on it."""
    account = ConnectedAccountFactory.create(seller__owner=buyer)
    code = PromotionCodeFactory.create()
    order = make_order(
        lines=[make_line(seller=account.seller, stock_item=StockItemFactory.create())],
        buyer=buyer,
        promotion_code=code.code,
    )
    add_payment(order, account)
    return order


def add_payment(order, account, **fields):
    """A succeeded payment with ledger entry, event and intent."""
    payment = PaymentFactory.create(
        order=order,
        account=account,
        charge_type=ChargeType.DIRECT,
        status=PaymentStatus.SUCCEEDED,
        live=None,
        amount_captured=order.total,
        checkout_id=f"cs_test_{uuid4().hex}",
        external_id=f"pi_{uuid4().hex}",
        charge_id=f"ch_{uuid4().hex}",
        **fields,
    )
    if order.paid_by_id is None:
        Order.objects.filter(pk=order.pk).update(
            paid_by=payment, status=OrderStatus.PAID
        )
    LedgerEntry.objects.create(
        key=f"payment:{payment.pk}:charge",
        kind=LedgerKind.CHARGE,
        debit="buyer",
        credit=f"seller:{account.seller_id}",
        amount=order.total,
        currency=order.currency,
        payment=payment,
    )
    Intent.objects.create(
        kind=IntentKind.CHECKOUT,
        target_id=payment.pk,
        idempotency_key=f"tests:{payment.public_id}",
        request='{"account": "acct_1"}',
    )
    make_event(object_id=payment.checkout_id, account=account.external_id)
    return payment


def make_event(**fields):
    """A processed event with a payload that holds a secret."""
    return WebhookEvent.objects.create(
        **{
            "gateway": "stripe",
            "endpoint": "connect",
            "event_id": f"evt_{uuid4().hex}",
            "type": "checkout.session.completed",
            "payload": '{"data": {"client_secret": "s3cret", "name": "Zoë <b>"}}',
            "status": WebhookStatus.PROCESSED,
            "received_at": timezone.now(),
        }
        | fields
    )
