"""factory_boy factories with defaults that make sense together."""

from collections.abc import Iterable
from typing import Any

from factory import (  # type: ignore[attr-defined]  # the package has no types
    LazyFunction,
    SelfAttribute,
    Sequence,
    SubFactory,
)
from factory.django import DjangoModelFactory

from payments_connect.enums import AccountStatus, ChargeType
from payments_connect.models import (
    ConnectedAccount,
    Order,
    Payment,
    PromotionCode,
    Seller,
    StockItem,
)
from payments_connect.services.orders import Line, place_order


class SellerFactory(DjangoModelFactory[Seller]):
    """A seller without an account; see ``ConnectedAccountFactory``."""

    class Meta:
        model = Seller

    name = Sequence(lambda n: f"Seller {n}")


class ConnectedAccountFactory(DjangoModelFactory[ConnectedAccount]):
    """An active Stripe account in test mode; give it the sandbox's ``external_id``."""

    class Meta:
        model = ConnectedAccount

    seller = SubFactory(SellerFactory)
    gateway = "stripe"
    external_id = Sequence(lambda n: f"acct_test{n:012}")
    country = "US"
    currency = "USD"
    status = AccountStatus.ACTIVE
    can_charge = True
    can_payout = True


class StockItemFactory(DjangoModelFactory[StockItem]):
    """Ten pieces of something."""

    class Meta:
        model = StockItem

    sku = Sequence(lambda n: f"SKU-{n}")
    name = Sequence(lambda n: f"Thing {n}")
    available = 10


class PromotionCodeFactory(DjangoModelFactory[PromotionCode]):
    """Ten percent off, without a limit."""

    class Meta:
        model = PromotionCode

    code = Sequence(lambda n: f"CODE{n}")
    percent_off = 10


def make_line(**fields: Any) -> Line:
    """A line of one thing for 100.00."""
    defaults: dict[str, Any] = {"description": "A thing", "unit_amount": 100_00}
    return Line(**defaults | fields)


def make_order(*, lines: Iterable[Line] = (), **fields: Any) -> Order:
    """Place an order of one thing for 100.00 USD; see ``place_order``."""
    defaults: dict[str, Any] = {"currency": "USD", "email": "buyer@example.com"}
    return place_order(lines=list(lines) or [make_line()], **defaults | fields)


class PaymentFactory(DjangoModelFactory[Payment]):
    """A payment of a fresh order, created and not called yet."""

    class Meta:
        model = Payment

    order = LazyFunction(make_order)
    gateway = "stripe"
    charge_type = ChargeType.PLATFORM
    amount = SelfAttribute("order.total")
    currency = SelfAttribute("order.currency")
