from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from example_project import settings
from example_project.shop import goods
from example_project.shop.models import Product
from payments_connect.models import ConnectedAccount, PromotionCode, Seller, StockItem


class Command(BaseCommand):
    """Makes what is missing and leaves the rest: stock, prices, accounts."""

    help = "Fill the shop: sellers, goods, promotion codes, and people to log in as."

    def handle(self, *_args: Any, **_options: Any) -> None:
        sellers = self._sellers()
        self._products(sellers)
        for code, terms in goods.PROMOTION_CODES.items():
            PromotionCode.objects.get_or_create(code=code, defaults=terms)
        person(goods.ADMIN, is_staff=True, is_superuser=True)
        person(goods.BUYER)
        self.stdout.write(
            f"Log in as {goods.ADMIN} (admin), {goods.BUYER} (buyer), or a seller: "
            f"{', '.join(goods.SELLERS)}. The password is {goods.PASSWORD}."
        )

    def _sellers(self) -> dict[str, Seller]:
        made = {}
        accounts = iter(settings.DEMO_ACCOUNTS)
        for owner, facts in goods.SELLERS.items():
            seller, _ = Seller.objects.get_or_create(
                name=facts["name"], defaults={"owner": person(owner)}
            )
            account_id = next(accounts, None)
            if account_id and not seller.accounts.exists():
                ConnectedAccount.objects.create(
                    seller=seller,
                    external_id=account_id,
                    livemode=settings.DEMO_LIVEMODE,
                    country=facts["country"],
                    currency=facts["currency"],
                    status="active",
                    can_charge=True,
                    can_payout=True,
                )
            made[owner] = seller
        return made

    def _products(self, sellers: dict[str, Seller]) -> None:
        for position, item in enumerate(goods.PRODUCTS):
            stock_item = None
            if item.stock is not None:
                stock_item, _ = StockItem.objects.get_or_create(
                    sku=item.slug,
                    defaults={"name": item.name, "available": item.stock},
                )
            Product.objects.get_or_create(
                slug=item.slug,
                defaults={
                    "name": item.name,
                    "picture": f"shop/{item.picture}.svg",
                    "description": item.description,
                    "seller": sellers.get(item.seller),
                    "price": item.price,
                    "currency": item.currency,
                    "stock_item": stock_item,
                    "takes_stripe_codes": item.takes_stripe_codes,
                    "position": position,
                },
            )


def person(name: str, **rights: bool) -> Any:
    """Get the login of that name, or make it with the password everybody knows."""
    users: Any = get_user_model()._default_manager
    user = users.filter(username=name).first()
    return user or users.create_user(
        name, f"{name}@example.com", goods.PASSWORD, **rights
    )
