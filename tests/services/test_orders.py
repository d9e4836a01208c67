import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from payments_connect.enums import OrderStatus, RedemptionStatus
from payments_connect.exceptions import InvalidAmount, InvalidOrder, PromotionRefused
from payments_connect.models import Order, OrderLine, PromotionRedemption
from payments_connect.money import MAX_AMOUNT
from payments_connect.services.orders import Line, mark_canceled, place_order
from payments_connect.testing.factories import (
    PromotionCodeFactory,
    SellerFactory,
    StockItemFactory,
    make_line,
    make_order,
)
from tests.accounts.models import Member

pytestmark = pytest.mark.django_db


def amounts(order, name):
    return [getattr(line, name) for line in order.lines.order_by("pk")]


class TestPlaceOrder:
    def test_totals_add_up(self):
        """Total is subtotal less discount plus tax plus shipping."""
        PromotionCodeFactory.create(code="TEN", percent_off=10)
        order = make_order(
            lines=[
                make_line(unit_amount=10_00, quantity=3, tax=1_50),
                make_line(unit_amount=5_00, tax=50),
            ],
            promotion_code="ten",
            shipping=4_00,
        )
        sums = (order.subtotal, order.discount, order.tax, order.shipping, order.total)
        assert sums == (35_00, 3_50, 2_00, 4_00, 37_50)
        assert amounts(order, "amount") == [30_00, 5_00]
        assert amounts(order, "tax") == [1_50, 50]

    def test_discount_shares_sum_to_the_discount(self):
        """The lines' shares lose no cent of the order's discount."""
        PromotionCodeFactory.create(
            code="OFF", percent_off=None, amount_off=10_00, currency="USD"
        )
        order = make_order(
            lines=[make_line(unit_amount=9_99) for _ in range(3)], promotion_code="OFF"
        )
        assert amounts(order, "discount") == [3_34, 3_33, 3_33]

    def test_fee_is_of_what_the_buyer_pays(self):
        """The application fee of a line is taken after its discount, and explained."""
        PromotionCodeFactory.create(code="HALF", percent_off=50)
        order = make_order(
            lines=[make_line(seller=SellerFactory.create(), quantity=2)],
            promotion_code="HALF",
        )
        line = order.lines.get()
        assert line.application_fee == 10_00
        assert line.fee_explanation == "10.00 USD: 10 % of 100.00 USD"

    def test_line_keeps_what_it_stands_for(self):
        """Any model instance can be sold; the line finds it again."""
        item, stock = (
            Member.objects.create(email="it@example.com"),
            StockItemFactory.create(),
        )
        order = make_order(lines=[make_line(item=item, stock_item=stock)])
        line = order.lines.get()
        assert line.item == item
        assert line.stock_item == stock

    def test_starts_pending_and_expires(self, settings):
        """An order waits for its money for a stated time."""
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"ORDER_EXPIRES_AFTER": timedelta(hours=1)}
        order = make_order()
        assert order.status == OrderStatus.PENDING
        assert order.due_at
        wait = order.due_at - timezone.now()
        assert timedelta(minutes=59) < wait <= timedelta(hours=1)

    def test_keeps_basket_and_metadata(self):
        """What the site wants to find again stays with the order."""
        basket = uuid.uuid4()
        order = make_order(basket_id=basket, metadata={"cart": 7})
        order.refresh_from_db()
        assert (order.basket_id, order.metadata) == (basket, {"cart": 7})

    def test_takes_no_stock(self):
        """Stock moves when the money is there, not before."""
        stock = StockItemFactory.create(available=1)
        make_order(lines=[make_line(stock_item=stock)])
        stock.refresh_from_db()
        assert stock.available == 1

    def test_currency_may_come_from_the_settings(self, settings):
        """DEFAULT_CURRENCY serves orders that name none."""
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"DEFAULT_CURRENCY": "EUR"}
        assert place_order(lines=[make_line()]).currency == "EUR"
        assert make_order(currency="JPY").currency == "JPY"

    def test_no_currency_at_all_is_refused(self):
        """No currency is guessed."""
        with pytest.raises(InvalidAmount, match="ISO 4217"):
            place_order(lines=[make_line()])

    def test_zero_total_is_an_order(self):
        """Giving something away is selling it for nothing."""
        assert make_order(lines=[make_line(unit_amount=0)]).total == 0


class TestBuyers:
    def test_a_user_buys_with_their_own_address(self):
        """The order belongs to the user and goes to the user's e-mail address."""
        buyer = Member.objects.create(email="me@example.com")
        order = make_order(buyer=buyer, email="")
        assert (order.buyer_id, order.email) == (buyer.pk, "me@example.com")

    def test_another_address_wins_over_the_users_own(self):
        """What the form said is where the receipt goes."""
        buyer = Member.objects.create(email="me@example.com")
        assert make_order(buyer=buyer, email="you@example.com").email == (
            "you@example.com"
        )

    @pytest.mark.parametrize(
        "guest",
        [
            None,
            AnonymousUser(),
            SimpleLazyObject(AnonymousUser),
            Member(email="unsaved@example.com"),
        ],
        ids=["none", "anonymous", "request.user", "unsaved"],
    )
    def test_guests_buy_without_an_account(self, guest):
        """``buyer=request.user`` works whether or not somebody is logged in."""
        order = make_order(buyer=guest, email="")
        assert (order.buyer_id, order.email) == (None, "")


class TestBadOrders:
    def test_no_lines(self):
        """An order is of something."""
        with pytest.raises(InvalidOrder, match="at least one line"):
            place_order(lines=[], currency="USD")

    @pytest.mark.parametrize(
        "fields",
        [
            {"unit_amount": -1},
            {"unit_amount": 1.5},
            {"unit_amount": True},
            {"quantity": 0},
            {"quantity": -1},
            {"quantity": 2.0},
            {"quantity": 2**31},
            {"tax": -1},
            {"unit_amount": MAX_AMOUNT, "quantity": 2},
            {"unit_amount": MAX_AMOUNT, "tax": 1},
        ],
    )
    def test_amounts_that_are_no_money(self, fields):
        """Nothing negative, fractional or out of bounds reaches a row."""
        with pytest.raises((InvalidAmount, InvalidOrder)):
            make_order(lines=[make_line(**fields)])
        assert not Order.objects.exists()

    @pytest.mark.parametrize("description", ["", "  ", "x" * 251])
    def test_descriptions_that_cannot_be_shown(self, description):
        """Buyer and gateway need words that fit."""
        with pytest.raises(InvalidOrder, match="description"):
            make_order(lines=[make_line(description=description)])

    def test_negative_shipping(self):
        """Shipping is no discount."""
        with pytest.raises(InvalidAmount, match="shipping"):
            make_order(shipping=-1)

    def test_a_fee_above_its_line(self):
        """The platform cannot keep more than the buyer pays."""
        with pytest.raises(InvalidAmount, match="more than"):
            make_order(
                lines=[make_line(seller=SellerFactory.create(), application_fee=100_01)]
            )

    @pytest.mark.parametrize("email", ["not an address", "x" * 250 + "@example.com"])
    def test_addresses_nobody_can_write_to(self, email):
        """The gateway would refuse it later, and the column now."""
        with pytest.raises(InvalidOrder, match="e-mail"):
            make_order(email=email)

    @pytest.mark.parametrize("key", ["", "k" * 256])
    def test_placement_keys_that_do_not_fit(self, key):
        """A key that the column would cut could name another order."""
        with pytest.raises(InvalidOrder, match="placement key"):
            make_order(placement_key=key)


@pytest.mark.django_db(transaction=True)
class TestPlacementKey:
    def test_double_click_places_one_order(self):
        """The same click twice gives the same order, with its promotion used once."""
        promotion = PromotionCodeFactory.create(code="ONE", max_uses=1)
        orders = [
            make_order(placement_key="click", promotion_code="ONE") for _ in range(2)
        ]
        assert orders[0] == orders[1]
        assert Order.objects.count() == OrderLine.objects.count() == 1
        promotion.refresh_from_db()
        assert promotion.uses == 1

    def test_double_click_inside_the_sites_transaction(self):
        """With ATOMIC_REQUESTS a double click gives the order too, not an error."""
        placed = make_order(placement_key="click")
        with transaction.atomic():
            assert make_order(placement_key="click") == placed
            assert Order.objects.count() == 1

    @pytest.mark.parametrize(
        "other",
        [
            {"lines": [Line(description="A thing", unit_amount=99_00)]},
            {"lines": [Line(description="Another thing", unit_amount=100_00)]},
            {"lines": [Line(description="A thing", unit_amount=50_00, quantity=2)]},
            {"currency": "EUR"},
            {"email": "somebody@example.com"},
            {"shipping": 1},
        ],
        ids=["price", "thing", "quantity", "currency", "email", "shipping"],
    )
    def test_same_key_with_other_content_is_refused(self, other):
        """A key that was used for something else never gives the wrong order."""
        make_order(placement_key="click")
        with pytest.raises(InvalidOrder, match="another order"):
            make_order(placement_key="click", **other)
        assert Order.objects.count() == 1

    def test_orders_without_a_key_are_all_different(self):
        """No key, no deduplication."""
        assert make_order() != make_order()

    def test_keys_differ_by_case(self):
        """On every database ``click`` and ``Click`` are two clicks."""
        assert make_order(placement_key="click") != make_order(placement_key="Click")

    def test_other_integrity_errors_are_not_swallowed(self):
        """Only the key's own conflict means "placed before"."""
        seller = SellerFactory.create()
        seller.pk = 999_999_999
        with pytest.raises(IntegrityError):
            make_order(lines=[make_line(seller=seller, application_fee=0)])

    def test_other_integrity_errors_with_a_fresh_key_are_not_swallowed(self):
        """A key nobody used before cannot be what was in the way."""
        seller = SellerFactory.create()
        seller.pk = 999_999_999
        with pytest.raises(IntegrityError):
            make_order(
                lines=[make_line(seller=seller, application_fee=0)],
                placement_key="fresh",
            )


@pytest.mark.django_db(transaction=True)
class TestFailedPlacement:
    def test_nothing_is_left_of_a_refused_order(self):
        """An order that cannot have its promotion is not placed without it."""
        PromotionCodeFactory.create(code="GONE", max_uses=1, uses=1)
        with pytest.raises(PromotionRefused):
            make_order(promotion_code="GONE")
        assert not Order.objects.exists()
        assert not PromotionRedemption.objects.exists()

    def test_promotion_use_is_given_back_with_the_order(self):
        """Whoever rolls the order back rolls the use back."""
        promotion = PromotionCodeFactory.create(code="ONE", max_uses=1)

        def place_and_fail():
            with transaction.atomic():
                make_order(promotion_code="ONE")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            place_and_fail()
        promotion.refresh_from_db()
        assert promotion.uses == 0

    def test_refusal_leaves_the_sites_transaction_usable(self):
        """A site that shows the refusal on its page can go on querying."""
        PromotionCodeFactory.create(code="GONE", max_uses=1, uses=1)
        with transaction.atomic():
            with pytest.raises(PromotionRefused):
                make_order(promotion_code="GONE")
            assert not Order.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestMarkCanceled:
    def test_gives_the_promotion_back_once(self, heard):
        """Of two cancellations one happens."""
        promotion = PromotionCodeFactory.create(code="ONE", max_uses=1)
        order = make_order(promotion_code="ONE")
        copy = Order.objects.get(pk=order.pk)
        assert mark_canceled(order)
        assert not mark_canceled(copy)
        promotion.refresh_from_db()
        assert promotion.uses == 0
        assert PromotionRedemption.objects.get().status == RedemptionStatus.RELEASED
        assert heard == ["order_canceled"]

    def test_paid_order_stays_paid(self, heard):
        """Cancelling looks at the row, not at what the caller remembers."""
        order = make_order()
        Order.objects.update(status=OrderStatus.PAID)
        assert not mark_canceled(order)
        order.refresh_from_db()
        assert order.status == OrderStatus.PAID
        assert heard == []
