from datetime import timedelta

import pytest
from django.utils import timezone

from payments_connect.enums import OrderStatus, PaymentStatus, RedemptionStatus
from payments_connect.exceptions import PromotionRefused
from payments_connect.models import PromotionRedemption
from payments_connect.services.ending import cancel_order
from payments_connect.services.promotions import discount_of, get_promotion, release
from payments_connect.services.sweep import sweep
from payments_connect.testing.factories import (
    PromotionCodeFactory,
    make_line,
    make_order,
)
from tests.accounts.models import Member

from .sales import checkout, fresh, pass_time, sell

pytestmark = pytest.mark.django_db


def amount_code(amount, currency="USD", **fields):
    return PromotionCodeFactory.create(
        percent_off=None, amount_off=amount, currency=currency, **fields
    )


def spend(promotion, **fields):
    return make_order(promotion_code=promotion.code, **fields)


class TestGetPromotion:
    @pytest.mark.parametrize("typed", ["SPRING", "spring", "  Spring "])
    def test_buyers_type_codes_as_they_like(self, typed):
        """Case and blanks around a code do not matter."""
        promotion = PromotionCodeFactory.create(code="Spring")
        assert get_promotion(typed) == promotion

    def test_no_such_code(self):
        """An unknown code is refused in words for the buyer."""
        for typed in ("NOPE", "NO\x00PE"):
            with pytest.raises(PromotionRefused, match="no such"):
                make_order(promotion_code=typed)


class TestDiscount:
    def test_percent(self):
        """A third of a cent is rounded half-up, once, on the whole."""
        promotion = PromotionCodeFactory.create(percent_off="33.33")
        assert spend(promotion, lines=[make_line(unit_amount=1_00)]).discount == 33

    def test_amount(self):
        """An amount is taken off as it is."""
        assert spend(amount_code(12_50)).total == 87_50

    def test_amount_never_takes_more_than_there_is(self):
        """The buyer is not paid for buying."""
        assert spend(amount_code(200_00)).total == 0

    def test_amount_leaves_tax_and_shipping(self):
        """A code is about goods."""
        order = spend(amount_code(200_00), lines=[make_line(tax=5_00)], shipping=3_00)
        assert order.total == 8_00

    def test_hundred_percent(self):
        """All of it is a discount like any other."""
        assert spend(PromotionCodeFactory.create(percent_off=100)).total == 0

    def test_amount_in_another_currency(self):
        """Ten euros are not ten dollars."""
        with pytest.raises(PromotionRefused, match="currency"):
            spend(amount_code(1_00, "EUR"))

    def test_minimum_subtotal(self):
        """The minimum itself is enough."""
        promotion = PromotionCodeFactory.create(minimum_subtotal=100_00)
        assert spend(promotion).discount == 10_00
        with pytest.raises(PromotionRefused, match="too small"):
            spend(promotion, lines=[make_line(unit_amount=99_99)])

    def test_window(self):
        """A code is good from its first moment, and up to its last."""
        now = timezone.now()
        past, future = now - timedelta(minutes=1), now + timedelta(minutes=1)
        good = PromotionCodeFactory.create(valid_from=past, valid_until=future)
        assert spend(good).discount == 10_00
        with pytest.raises(PromotionRefused, match="not valid yet"):
            spend(PromotionCodeFactory.create(valid_from=future))
        with pytest.raises(PromotionRefused, match="any more"):
            spend(PromotionCodeFactory.create(valid_until=past))

    def test_inactive(self):
        """A code that was switched off gives nothing."""
        with pytest.raises(PromotionRefused, match="any more"):
            spend(PromotionCodeFactory.create(active=False))

    def test_discount_is_priced_without_reserving(self):
        """A page may show what a code would take off."""
        promotion = PromotionCodeFactory.create(max_uses=1)
        assert discount_of(promotion, subtotal=50_00, currency="USD") == 5_00
        assert fresh(promotion).uses == 0


class TestLimits:
    def test_limit_of_uses(self):
        """The last use is given once."""
        promotion = PromotionCodeFactory.create(max_uses=1)
        spend(promotion)
        with pytest.raises(PromotionRefused, match="used up"):
            spend(promotion)
        assert fresh(promotion).uses == 1

    def test_no_limit(self):
        """Without a limit uses are only counted."""
        promotion = PromotionCodeFactory.create()
        for _ in range(3):
            spend(promotion)
        assert fresh(promotion).uses == 3

    def test_once_per_user(self):
        """A user gets it once, whatever address they give."""
        promotion = PromotionCodeFactory.create(once_per_buyer=True)
        buyer = Member.objects.create(email="me@example.com")
        spend(promotion, buyer=buyer)
        with pytest.raises(PromotionRefused, match="You have used"):
            spend(promotion, buyer=buyer, email="else@example.com")
        assert fresh(promotion).uses == 1

    @pytest.mark.parametrize("again", ["me@example.com", "ME@Example.COM"])
    def test_once_per_guest(self, again):
        """A guest is an e-mail address, however it is written."""
        promotion = PromotionCodeFactory.create(once_per_buyer=True)
        spend(promotion, email="me@example.com")
        spend(promotion, email="you@example.com")
        with pytest.raises(PromotionRefused, match="You have used"):
            spend(promotion, email=again)
        assert fresh(promotion).uses == 2

    def test_a_guest_without_address_cannot_use_it(self):
        """Nobody could tell them from the next guest."""
        with pytest.raises(PromotionRefused, match="e-mail"):
            spend(PromotionCodeFactory.create(once_per_buyer=True), email="")

    def test_once_per_buyer_is_given_back_with_the_order(self):
        """Who canceled may use the code on another order."""
        promotion = PromotionCodeFactory.create(once_per_buyer=True)
        order = spend(promotion)
        cancel_order(order)
        assert spend(promotion).discount == 10_00


@pytest.mark.django_db(transaction=True)
class TestRelease:
    def test_canceling_gives_the_use_back_exactly_once(self):
        """However often an order is canceled, one use comes back."""
        promotion = PromotionCodeFactory.create()
        spend(promotion)
        order = spend(promotion)
        assert [cancel_order(order) for _ in range(3)] == [True, False, False]
        assert fresh(promotion).uses == 1

    def test_expiry_gives_the_use_back(self):
        """An order that nobody paid in time does not keep the code."""
        promotion = PromotionCodeFactory.create(max_uses=1)
        order = spend(promotion)
        pass_time()
        sweep()
        sweep()
        assert fresh(order).status == OrderStatus.CANCELED
        assert fresh(promotion).uses == 0

    def test_releasing_twice_counts_once(self):
        """The redemption row decides, not the caller."""
        promotion = PromotionCodeFactory.create()
        spend(promotion)
        order = spend(promotion)
        release(order)
        release(order)
        assert fresh(promotion).uses == 1
        assert PromotionRedemption.objects.get(order=order).status == (
            RedemptionStatus.RELEASED
        )

    def test_order_without_a_promotion_releases_nothing(self):
        """Most orders have none."""
        release(make_order())
        assert not PromotionRedemption.objects.exists()

    def test_a_paid_order_keeps_its_use(
        self, account, payments_sandbox, payments_events
    ):
        """A use that was paid for stays used."""
        promotion = PromotionCodeFactory.create(max_uses=1)
        order, payment = sell(account, promotion_code=promotion.code)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new()
        pass_time()
        sweep()
        assert fresh(order).status == OrderStatus.PAID
        assert fresh(promotion).uses == 1


@pytest.mark.django_db(transaction=True)
class TestOwnHundredPercent:
    def test_pays_the_order_without_a_gateway_call(self, heard, payments_sandbox):
        """Nothing to pay, nobody to ask: same rows and signals, no call."""
        promotion = PromotionCodeFactory.create(percent_off=100)
        order = spend(promotion)
        started = checkout(order)
        assert fresh(order).status == OrderStatus.PAID
        assert started.payment.status == PaymentStatus.SUCCEEDED
        assert heard == ["order_paid"]
        assert payments_sandbox.requests == []
