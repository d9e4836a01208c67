"""What the demo shop is filled with; prices in minor units."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

PASSWORD = "demo"  # noqa: S105  # of a demo, on purpose
ADMIN = "demo"
BUYER = "bo"

# By the name their owner logs in with; the second one can be paid by SEPA debit.
SELLERS: dict[str, dict[str, str]] = {
    "ada": {"name": "Ada's Bakery", "country": "US", "currency": "USD"},
    "lin": {"name": "Lin Pottery", "country": "AT", "currency": "EUR"},
}

PROMOTION_CODES: dict[str, dict[str, Any]] = {
    "WELCOME10": {"percent_off": Decimal(10)},
    "FREE100": {"percent_off": Decimal(100)},
    "ONCE5": {
        "amount_off": 5_00,
        "currency": "USD",
        "minimum_subtotal": 10_00,
        "max_uses": 100,
        "once_per_buyer": True,
    },
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One product of the shop.

    Attributes:
        seller: Whose, by the owner's name; "" for the marketplace itself.
        stock: How many there are; None for no end of it.
    """

    slug: str
    name: str
    picture: str
    description: str
    price: int
    seller: str = ""
    currency: str = "USD"
    stock: int | None = None
    takes_stripe_codes: bool = False


PRODUCTS = (
    Item(
        slug="sourdough",
        name="Sourdough loaf",
        picture="bread",
        description="Two days in the making, twelve minutes from the oven to you.",
        seller="ada",
        price=6_50,
        stock=40,
    ),
    Item(
        slug="wedding-cake",
        name="Wedding cake",
        picture="cake",
        description="Three layers, one cherry. Serves forty people who behave.",
        seller="ada",
        price=100_00,
        stock=12,
    ),
    Item(
        slug="croissants",
        name="Box of croissants",
        picture="croissant",
        description="Six of them. The payment page takes STRIPE20 and STRIPE100.",
        seller="ada",
        price=14_00,
        stock=30,
        takes_stripe_codes=True,
    ),
    Item(
        slug="soup-bowl",
        name="Soup bowl",
        picture="bowl",
        description="Stoneware, glazed in sea blue. Can be paid by SEPA debit.",
        seller="lin",
        currency="EUR",
        price=28_00,
        stock=15,
    ),
    Item(
        slug="coffee-mug",
        name="Coffee mug",
        picture="mug",
        description="Holds a large one. No two are the same.",
        seller="lin",
        currency="EUR",
        price=19_00,
        stock=25,
    ),
    Item(
        slug="wheel-class",
        name="Evening at the wheel",
        picture="class",
        description="Throw your first pot, on Friday at seven. Only a few seats.",
        seller="lin",
        currency="EUR",
        price=45_00,
        stock=3,
    ),
    Item(
        slug="market-tote",
        name="Market tote bag",
        picture="tote",
        description="Sold by the market itself, so all of it goes to us.",
        price=12_00,
    ),
)
