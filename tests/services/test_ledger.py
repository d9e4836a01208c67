import pytest

from payments_connect.enums import ChargeType, LedgerKind, PaymentStatus, Source
from payments_connect.models import LedgerEntry
from payments_connect.services.ledger import post_sale, seller_account
from payments_connect.services.settlement import settle_payment
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PaymentFactory,
    make_line,
    make_order,
)

from .snapshots import session_of

pytestmark = pytest.mark.django_db


def entries():
    return list(
        LedgerEntry.objects.order_by("pk").values_list(
            "kind", "debit", "credit", "amount"
        )
    )


def direct_payment(**fields):
    account = ConnectedAccountFactory.create()
    order = make_order(lines=[make_line(seller=account.seller)])
    return PaymentFactory.create(
        order=order,
        account=account,
        charge_type=ChargeType.DIRECT,
        application_fee_amount=10_00,
        checkout_id="cs_1",
        **fields,
    )


class TestPostSale:
    def test_direct_sale(self):
        """The buyer's money goes to the seller, the fee from there to the platform."""
        payment = direct_payment()
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        seller = seller_account(payment.account.seller)
        assert entries() == [
            (LedgerKind.CHARGE, "buyer", seller, 100_00),
            (LedgerKind.APPLICATION_FEE, seller, "platform", 10_00),
        ]
        assert set(LedgerEntry.objects.values_list("currency", flat=True)) == {"USD"}

    def test_platform_sale(self):
        """The platform's own sale is one entry."""
        payment = PaymentFactory.create(checkout_id="cs_1")
        settle_payment(session_of(payment), source=Source.WEBHOOK)
        assert entries() == [(LedgerKind.CHARGE, "buyer", "platform", 100_00)]

    def test_sale_without_a_fee(self):
        """No fee, no entry of zero."""
        payment = direct_payment()
        payment.application_fee_amount, payment.amount_captured = 0, 100_00
        post_sale(payment)
        assert [kind for kind, *_rest in entries()] == [LedgerKind.CHARGE]

    def test_fee_is_at_most_what_was_captured(self):
        """A discount at the gateway can leave less than the fee."""
        payment = direct_payment()
        payment.amount_captured = 4_00
        post_sale(payment)
        assert [amount for *_rest, amount in entries()] == [4_00, 4_00]

    def test_nothing_captured_posts_nothing(self):
        """A gift moves no money."""
        payment = direct_payment(allows_discount=True)
        snapshot = session_of(payment, amount=0, discount=100_00, amount_captured=0)
        settle_payment(snapshot, source=Source.WEBHOOK)
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.SUCCEEDED
        assert entries() == []

    def test_a_fact_is_posted_once(self):
        """However often we learn of a sale, it is in the ledger once."""
        payment = direct_payment()
        for source in (Source.WEBHOOK, Source.RETURN_PAGE, Source.SWEEP):
            settle_payment(session_of(payment), source=source)
        assert len(entries()) == 2


class TestSellerAccount:
    def test_names_a_seller_by_row_or_key(self):
        """The ledger's word for a seller never changes."""
        seller = ConnectedAccountFactory.create().seller
        assert seller_account(seller) == seller_account(seller.pk)
