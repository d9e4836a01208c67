from decimal import Decimal

import pytest
from django.urls import reverse

from payments_connect.models import ConnectedAccount, PromotionCode, Seller, StockItem
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PromotionCodeFactory,
    SellerFactory,
    StockItemFactory,
)

from .pages import list_of, page_of, told

ACCOUNTS = {
    "accounts-TOTAL_FORMS": "0",
    "accounts-INITIAL_FORMS": "0",
    "accounts-MIN_NUM_FORMS": "0",
    "accounts-MAX_NUM_FORMS": "1000",
}


def add_page(model):
    return reverse(f"admin:payments_connect_{model._meta.model_name}_add")


class TestStock:
    def test_new_item_starts_with_a_number(self, desk):
        data = {"sku": "A", "name": "Apple", "available": "5"}
        assert desk.post(add_page(StockItem), data).status_code == 302
        assert StockItem.objects.get().available == 5

    def test_difference_is_added_to_what_is_there_by_then(self, desk):
        item = StockItemFactory.create(available=10)
        desk.get(page_of(item))
        StockItem.objects.update(available=7)  # three are sold meanwhile
        desk.post(page_of(item), {"sku": "B", "name": item.name, "change_by": "5"})
        item.refresh_from_db()
        assert (item.available, item.sku) == (12, "B")

    def test_number_cannot_be_overwritten(self, desk):
        item = StockItemFactory.create(available=10)
        data = {"sku": item.sku, "name": item.name, "available": "99"}
        desk.post(page_of(item), data)
        item.refresh_from_db()
        assert item.available == 10

    def test_taking_more_than_there_is_changes_nothing(self, desk):
        item = StockItemFactory.create(available=1)
        data = {"sku": item.sku, "name": item.name, "change_by": "-2"}
        answer = desk.post(page_of(item), data)
        item.refresh_from_db()
        assert item.available == 1
        assert any("not that many" in text for text in told(answer))


VALID = {"code": "spring", "active": "on", "minimum_subtotal": "0"}


class TestPromotionCodes:
    def test_percentage_is_saved(self, desk):
        answer = desk.post(add_page(PromotionCode), VALID | {"percent_off": "25"})
        assert answer.status_code == 302
        assert PromotionCode.objects.get().code == "SPRING"
        assert "25\xa0%" in desk.get(list_of(PromotionCode)).text

    def test_amount_is_saved_with_its_currency_in_upper_case(self, desk):
        data = VALID | {"amount_off": "500", "currency": "usd"}
        desk.post(add_page(PromotionCode), data)
        assert PromotionCode.objects.get().currency == "USD"
        assert "5.00\xa0USD" in desk.get(list_of(PromotionCode)).text

    @pytest.mark.parametrize(
        ("fields", "told_why"),
        [
            ({}, "Give a percentage or an amount."),
            (
                {"percent_off": "5", "amount_off": "5", "currency": "USD"},
                "Give a percentage or an amount.",
            ),
            ({"amount_off": "5"}, "An amount needs its currency."),
            ({"amount_off": "5", "currency": "U1"}, "Three letters, like USD."),
        ],
    )
    def test_nonsense_is_explained(self, desk, fields, told_why):
        page = desk.post(add_page(PromotionCode), VALID | fields)
        assert told_why in page.text
        assert "is violated" not in page.text

    def test_uses_counted_meanwhile_are_not_written_back(self, desk, monkeypatch):
        code = PromotionCodeFactory.create(uses=1)
        save = PromotionCode.save

        def sold_meanwhile(self, *args, **kwargs):
            PromotionCode.objects.update(uses=2)
            save(self, *args, **kwargs)

        monkeypatch.setattr(PromotionCode, "save", sold_meanwhile)
        data = VALID | {"percent_off": "50"}
        assert desk.post(page_of(code), data).status_code == 302
        code.refresh_from_db()
        assert (code.code, code.percent_off, code.uses) == ("SPRING", Decimal(50), 2)


class TestSellers:
    def test_seller_is_saved_with_members_and_fees(self, desk, person):
        seller = SellerFactory.create()
        data = ACCOUNTS | {
            "name": "Bakery",
            "owner": person.pk,
            "members": str(person.pk),
            "fees": '{"percent": "5"}',
        }
        assert desk.post(page_of(seller), data).status_code == 302
        seller.refresh_from_db()
        assert (seller.name, seller.owner) == ("Bakery", person)
        assert (seller.fees, seller.members.get()) == ({"percent": "5"}, person)

    def test_fees_that_cannot_be_read_are_refused(self, desk):
        data = ACCOUNTS | {"name": "Bakery", "fees": '{"percent": "many"}'}
        assert desk.post(add_page(Seller), data).status_code == 200
        assert not Seller.objects.exists()

    def test_account_is_added_beside_the_ones_that_stay(self, desk):
        account = ConnectedAccountFactory.create(external_id="acct_old")
        data = ACCOUNTS | {
            "name": account.seller.name,
            "accounts-TOTAL_FORMS": "2",
            "accounts-INITIAL_FORMS": "1",
            "accounts-0-id": account.pk,
            "accounts-0-seller": account.seller.pk,
            "accounts-0-external_id": "acct_forged",
            "accounts-1-gateway": "stripe",
            "accounts-1-external_id": "acct_new",
            "accounts-1-seller": account.seller.pk,
        }
        assert desk.post(page_of(account.seller), data).status_code == 302
        ids = ConnectedAccount.objects.values_list("external_id", flat=True)
        assert set(ids) == {"acct_old", "acct_new"}
