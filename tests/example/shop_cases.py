"""The shop under its own settings; run by `test_shop.py`."""

import pytest
from django.core.management import call_command

from example_project.shop.models import Product
from payments_connect.models import (
    ConnectedAccount,
    Order,
    PromotionCode,
    Seller,
    StockItem,
)

ADDRESS = "/products/sourdough/"
SEEDED = (ConnectedAccount, Product, PromotionCode, Seller, StockItem)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def shop(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    call_command("seed_demo", verbosity=0)


def buy(client, **typed):
    key = client.get(ADDRESS).context["placement_key"]
    filled = {"quantity": "1", "email": "bo@example.com", "promotion_code": "FREE100"}
    return client.post(ADDRESS, {"placement_key": key} | filled | typed)


class TestSeed:
    def test_again_makes_nothing_and_changes_nothing(self):
        StockItem.objects.filter(sku="sourdough").update(available=1)
        before = [model.objects.count() for model in SEEDED]
        call_command("seed_demo", verbosity=0)
        assert [model.objects.count() for model in SEEDED] == before
        assert StockItem.objects.get(sku="sourdough").available == 1

    def test_demo_can_log_in_to_the_admin(self, client):
        assert client.login(username="demo", password="demo")
        assert client.get("/admin/").status_code == 200


class TestBuy:
    def test_wrong_code_is_said_beside_its_field(self, client):
        response = buy(client, promotion_code="nonsense")
        assert response.status_code == 400
        assert response.context["form"].errors["promotion_code"]
        assert not Order.objects.exists()

    def test_wrong_quantity_is_said_beside_its_field(self, client):
        response = buy(client, quantity="0")
        assert response.status_code == 400
        assert response.context["form"].errors["quantity"]

    def test_refused_form_gets_a_new_placement_key(self, client):
        first = client.get(ADDRESS).context["placement_key"]
        assert buy(client, quantity="0").context["placement_key"] != first

    def test_key_of_another_order_is_refused(self, client):
        buy(client, placement_key="one")
        response = buy(client, placement_key="one", quantity="2")
        assert response.status_code == 400
        assert response.context["form"].non_field_errors()
        assert Order.objects.count() == 1

    def test_code_for_one_use_by_each_buyer_holds(self, client):
        Product.objects.filter(slug="sourdough").update(price=5_00)
        PromotionCode.objects.filter(code="ONCE5").update(minimum_subtotal=0)
        assert buy(client, promotion_code="once5").status_code == 303
        assert buy(client, promotion_code="ONCE5").status_code == 400

    def test_sold_out_offers_no_form(self, client):
        StockItem.objects.filter(sku="sourdough").update(available=0)
        assert b"placement_key" not in client.get(ADDRESS).content


class TestOrders:
    def test_are_shown_to_the_browser_that_placed_them_only(self, client, client_class):
        buy(client)
        reference = Order.objects.get().reference.encode()
        assert reference in client.get("/orders/").content
        assert reference not in client_class().get("/orders/").content

    def test_are_shown_to_the_login_that_placed_them(self, client, client_class):
        client.login(username="bo", password="demo")
        buy(client)
        elsewhere = client_class()
        elsewhere.login(username="bo", password="demo")
        reference = Order.objects.get().reference.encode()
        assert reference in elsewhere.get("/orders/").content


@pytest.fixture
def client_class(client):
    return type(client)
