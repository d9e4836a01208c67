import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from payments_connect.enums import IntentKind, LedgerKind, WebhookStatus
from payments_connect.models import (
    ConnectedAccount,
    Intent,
    LedgerEntry,
    Order,
    OrderLine,
    Payment,
    PromotionCode,
    PromotionRedemption,
    Seller,
    StockItem,
    WebhookEvent,
)
from payments_connect.models.fields import ExternalIdField
from payments_connect.models.order import new_reference
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PaymentFactory,
    PromotionCodeFactory,
    SellerFactory,
    StockItemFactory,
    make_order,
)

pytestmark = pytest.mark.django_db


def refused(work):
    """Whether the database refuses some work."""
    try:
        with transaction.atomic():
            work()
    except IntegrityError:
        return True
    return False


def event(event_id, **fields):
    return WebhookEvent.objects.create(
        **{
            "gateway": "stripe",
            "event_id": event_id,
            "status": WebhookStatus.PROCESSED,
            "received_at": timezone.now(),
        }
        | fields
    )


def entry(payment, **fields):
    return LedgerEntry.objects.create(
        **{
            "key": "payment:1:charge",
            "kind": LedgerKind.CHARGE,
            "debit": "buyer",
            "credit": "platform",
            "amount": 100,
            "currency": "USD",
            "payment": payment,
        }
        | fields
    )


class TestUnique:
    def test_events_once_per_gateway(self):
        """The inbox holds an event once, and tells ids apart by case."""
        event("evt_a")
        assert refused(lambda: event("evt_a"))
        assert not refused(lambda: event("evt_A"))
        assert not refused(lambda: event("evt_a", gateway="square"))

    def test_accounts_once_per_gateway(self):
        """Ids are compared byte by byte on every database."""
        ConnectedAccountFactory.create(external_id="acct_a")
        assert refused(lambda: ConnectedAccountFactory.create(external_id="acct_a"))
        ConnectedAccountFactory.create(external_id="acct_A")
        found = ConnectedAccount.objects.filter(external_id="acct_A")
        assert found.count() == 1

    @pytest.mark.parametrize("name", ["checkout_id", "external_id"])
    def test_gateway_objects_belong_to_one_payment(self, name):
        """Once known they are unique; unknown is not a value."""
        for value in ("id_a", "id_A", None, None):
            PaymentFactory.create(**{name: value})
        assert refused(lambda: PaymentFactory.create(**{name: "id_a"}))

    def test_one_live_payment_an_order(self):
        """Any number of payments, one that may still take money."""
        order = make_order()
        PaymentFactory.create(order=order)
        assert refused(lambda: PaymentFactory.create(order=order))
        for _ended in range(2):
            PaymentFactory.create(order=order, live=None)

    def test_an_order_is_paid_by_one_payment_which_pays_one_order(self):
        """A payment cannot win twice."""
        payment = PaymentFactory.create()
        Order.objects.filter(pk=payment.order_id).update(paid_by=payment)
        other = make_order()
        assert refused(
            lambda: Order.objects.filter(pk=other.pk).update(paid_by=payment)
        )

    def test_intents_by_key(self):
        """A key names one intent and attempt, case included."""
        for key in ("k", "K"):
            Intent.objects.create(
                kind=IntentKind.CHECKOUT, target_id=1, idempotency_key=key
            )
        assert refused(
            lambda: Intent.objects.create(
                kind=IntentKind.FULFILMENT, target_id=2, idempotency_key="k"
            )
        )

    def test_promotion_codes_and_their_one_use_per_buyer(self):
        """Codes in any case are one code; a buyer's key is used once, if at all."""
        promotion = PromotionCodeFactory.create(code="spring")
        assert refused(lambda: PromotionCodeFactory.create(code="SPRING"))

        def redeem(key):
            PromotionRedemption.objects.create(
                promotion=promotion, order=make_order(), amount=1, once_key=key
            )

        for key in ("user:1", None, None):
            redeem(key)
        assert refused(lambda: redeem("user:1"))

    def test_stock_by_sku(self):
        """Two stocks of one thing would both be wrong."""
        StockItemFactory.create(sku="A")
        assert refused(lambda: StockItemFactory.create(sku="A"))


class TestChecks:
    @pytest.mark.parametrize(
        "fields",
        [
            {"total": 1},
            {"subtotal": -1, "total": -1},
            {"discount": 200_00, "total": -100_00},
            {"shipping": -1, "total": 99_99},
        ],
    )
    def test_an_order_adds_up(self, fields):
        """No update leaves a total that its parts do not make."""
        order = make_order()
        assert refused(lambda: Order.objects.filter(pk=order.pk).update(**fields))

    @pytest.mark.parametrize(
        "fields",
        [
            {"amount": 1},
            {"quantity": 0, "amount": 0},
            {"discount": 100_01},
            {"tax": -1},
            {"application_fee": -1},
        ],
    )
    def test_a_line_adds_up(self, fields):
        """The amount is price times quantity, and no share exceeds it."""
        line = make_order().lines.get()
        assert refused(lambda: OrderLine.objects.filter(pk=line.pk).update(**fields))

    def test_a_gateway_s_fact_is_always_recorded(self):
        """What we asked for is checked; what came, however odd, is not refused."""
        payment = PaymentFactory.create()
        row = Payment.objects.filter(pk=payment.pk)
        assert refused(lambda: row.update(amount=-1))
        assert not refused(lambda: row.update(amount_captured=999_999_99))

    def test_stock_is_never_negative(self):
        """Whatever code says, the database does not oversell."""
        StockItemFactory.create(available=0)
        assert refused(lambda: StockItem.objects.update(available=-1))

    @pytest.mark.parametrize(
        "fields",
        [
            {"percent_off": None},
            {"percent_off": 0},
            {"percent_off": "100.01"},
            {"percent_off": 10, "amount_off": 10, "currency": "USD"},
            {"percent_off": None, "amount_off": 0, "currency": "USD"},
            {"percent_off": None, "amount_off": 10, "currency": ""},
        ],
    )
    def test_a_promotion_is_a_percentage_or_an_amount(self, fields):
        """One of the two, and an amount has a currency."""
        assert refused(lambda: PromotionCodeFactory.create(**fields))

    def test_uses_stay_within_the_limit(self):
        """The limit holds even where a condition was forgotten."""
        PromotionCodeFactory.create(max_uses=1)
        assert refused(lambda: PromotionCode.objects.update(uses=2))

    def test_ledger_amounts_are_positive(self):
        """Direction is debit and credit, never a sign."""
        payment = PaymentFactory.create()
        assert refused(lambda: entry(payment, amount=0))
        assert refused(lambda: entry(payment, amount=-1))


class TestLedgerEntry:
    def test_is_never_changed(self):
        """A mistake is corrected by another entry."""
        posted = entry(PaymentFactory.create())
        posted.amount = 1
        with pytest.raises(TypeError, match="never changed"):
            posted.save()
        assert LedgerEntry.objects.get().amount == 100

    def test_is_never_deleted(self):
        """Nor is its payment, which it protects."""
        posted = entry(PaymentFactory.create())
        with pytest.raises(TypeError, match="never deleted"):
            posted.delete()
        assert LedgerEntry.objects.exists()

    def test_a_fact_is_posted_once(self):
        """The key names the fact."""
        payment = PaymentFactory.create()
        entry(payment)
        assert refused(lambda: entry(payment))


class TestPromotionCode:
    def test_clean_refuses_a_limit_below_the_uses(self):
        """Said in the form, before the database says it."""
        promotion = PromotionCode(code=" low ", percent_off=10, max_uses=1, uses=2)
        with pytest.raises(ValidationError, match="more uses"):
            promotion.clean()
        promotion.max_uses = None
        promotion.clean()
        assert promotion.code == "LOW"


class TestSeller:
    def test_clean_refuses_fees_that_would_fail_later(self):
        """A rule is read when it is entered, not when the first buyer comes."""
        SellerFactory.build(fees={"percent": "5"}).clean()
        Seller(name="Without").clean()
        with pytest.raises(ValidationError, match="percent"):
            SellerFactory.build(fees={"percent": "many"}).clean()


class TestReference:
    def test_can_be_read_out(self):
        """No vowels, nothing that looks like something else."""
        letters = set("".join(new_reference() for _ in range(200)))
        assert not letters & set("AEIOU01")


class TestExternalIdField:
    def test_is_binary_where_the_default_ignores_case(self, monkeypatch):
        """MariaDB is told; the other databases need no telling."""
        field, wrapper = ExternalIdField(), connections["default"]
        monkeypatch.setattr(wrapper, "vendor", "mysql")
        assert field.db_parameters(wrapper)["collation"] == "utf8mb4_bin"
        monkeypatch.setattr(wrapper, "vendor", "postgresql")
        assert field.db_parameters(wrapper).get("collation") is None
