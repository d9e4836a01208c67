import pytest
from django.utils import timezone

from payments_connect.enums import IntentKind, LedgerKind, WebhookStatus
from payments_connect.models import (
    Intent,
    LedgerEntry,
    OrderLine,
    PromotionRedemption,
    StockItem,
    WebhookEvent,
)
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PaymentFactory,
    PromotionCodeFactory,
    SellerFactory,
    make_order,
)

pytestmark = pytest.mark.django_db


class TestStr:
    """What a person reads in a list of rows."""

    def test_seller_and_account(self):
        """A seller by name, an account by its gateway's id."""
        assert str(SellerFactory.create(name="Potter")) == "Potter"
        account = ConnectedAccountFactory.create(external_id="acct_1")
        assert str(account) == "stripe acct_1"

    def test_order_and_line(self):
        """An order by its reference, a line as on a bill."""
        order = make_order()
        assert str(order) == order.reference
        assert len(order.reference) == 10
        line = OrderLine(quantity=2, description="Cup")
        assert str(line) == "2 \N{MULTIPLICATION SIGN} Cup"

    def test_payment(self):
        """By the gateway's id once there is one."""
        payment = PaymentFactory.create()
        assert str(payment) == f"stripe {payment.public_id}"
        payment.checkout_id = "cs_1"
        assert str(payment) == "stripe cs_1"

    def test_promotion_and_redemption(self):
        """By the code, and by what used it."""
        assert str(PromotionCodeFactory.create(code=" spring ")) == "SPRING"
        assert str(PromotionRedemption(promotion_id=1, order_id=2)) == "1 2"

    def test_stock_intent_and_event(self):
        """By name, key, and type with id."""
        assert str(StockItem(name="Cup")) == "Cup"
        intent = Intent(kind=IntentKind.CHECKOUT, idempotency_key="key")
        assert str(intent) == "key"
        event = WebhookEvent(
            type="charge.succeeded",
            event_id="evt_1",
            status=WebhookStatus.PARKED,
            received_at=timezone.now(),
        )
        assert str(event) == "charge.succeeded evt_1"

    def test_ledger_entry(self):
        """From whom to whom, how much."""
        entry = LedgerEntry(
            kind=LedgerKind.CHARGE,
            debit="buyer",
            credit="platform",
            amount=100,
            currency="USD",
        )
        assert str(entry) == "buyer → platform: 100 USD"
