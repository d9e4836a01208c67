"""What the scenarios play with: the shop, its sandbox, buyers, and time."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stripe

from example_project.shop.models import Product
from payments_connect.models import Order, Payment
from payments_connect.sandbox import SandboxClient

from .browser import Browser, Page
from .processes import HOST, Ports

CARD = "4242424242424242"


@dataclass
class Sale:
    """One buyer's try to buy one product.

    Attributes:
        page: Where the buyer is now.
        stock_before: Of the product, before anything was bought.
    """

    browser: Browser
    email: str
    product: Product
    quantity: int
    stock_before: int
    page: Page

    @property
    def order(self) -> Order:
        """The one order of this buyer, as it is in the database now."""
        return Order.objects.select_related("paid_by").get(email=self.email)

    @property
    def payment(self) -> Payment:
        """The newest payment of the order."""
        return self.payments[-1]

    @property
    def payments(self) -> list[Payment]:
        rows = Payment.objects.select_related("account__seller", "order")
        return list(rows.filter(order__email=self.email).order_by("pk"))

    @property
    def account(self) -> str:
        """The connected account the money goes to."""
        return self.payment.account_external_id


@dataclass
class Stage:
    """The running demo.

    Attributes:
        directory: For whatever a scenario needs; gone afterwards.
    """

    directory: Path
    ports: Ports
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def site(self) -> str:
        return f"http://{HOST}:{self.ports.site}"

    @property
    def sandbox(self) -> SandboxClient:
        return SandboxClient(f"http://{HOST}:{self.ports.sandbox}")

    def stripe(self, key: str = "") -> stripe.StripeClient:
        """Somebody who calls Stripe themselves: the platform, or a seller by key."""
        sandbox = self.sandbox.stripe
        return stripe.StripeClient(
            key or sandbox.secret_key, base_addresses={"api": sandbox.url}
        )

    def order_product(
        self,
        slug: str,
        *,
        quantity: int = 1,
        code: str = "",
        site: str = "",
    ) -> Sale:
        """A new buyer fills in a product's form, and is where that leads."""
        product = Product.objects.select_related("stock_item").get(slug=slug)
        browser = Browser(site or self.site)
        email = f"buyer{next(self._numbers)}@example.com"
        page = browser.open(product.get_absolute_url())
        arrived = browser.submit(
            page,
            page.form("placement_key"),
            {"quantity": str(quantity), "email": email, "promotion_code": code},
        )
        return Sale(
            browser=browser,
            email=email,
            product=product,
            quantity=quantity,
            stock_before=product.available or 0,
            page=arrived,
        )

    def pay(self, sale: Sale, **typed: str) -> Page:
        """The buyer fills in the payment page, and is where that leads."""
        form = sale.page.form("action")
        typed = {"action": "pay"} | typed
        if "number" in form.names and "iban" not in typed:
            typed.setdefault("number", CARD)
        sale.page = sale.browser.submit(sale.page, form, typed)
        return sale.page

    def pay_elsewhere(self, sale: Sale, number: str = CARD) -> None:
        """The buyer pays, and the browser is closed before it returns."""
        self.sandbox.stripe.pay(sale.payment.checkout_id, number)

    def come_back(self, sale: Sale) -> Page:
        """The buyer opens the return page."""
        session = self.sandbox.stripe.get(sale.payment.checkout_id)
        sale.page = sale.browser.open(session["success_url"])
        return sale.page

    def session(self, sale: Sale) -> dict[str, Any]:
        """The checkout of a sale as Stripe has it."""
        found: dict[str, Any] = self.sandbox.stripe.get(sale.payment.checkout_id)
        return found

    def events_about(self, *object_ids: str | None) -> list[dict[str, Any]]:
        """Stripe's events about these objects, oldest first."""
        return [
            event
            for event in self.sandbox.stripe.events
            if event["data"]["object"].get("id") in object_ids
        ]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep Stripe's deliveries back while the block runs."""
        self.sandbox.stripe.hold()
        try:
            yield
        finally:
            self.sandbox.stripe.release()

    def calm(self) -> None:
        """Undo what the scenario before may have left behind."""
        self.sandbox.faults.clear()
        self.sandbox.stripe.zero_total_payment_status = "no_payment_required"
        self.sandbox.stripe.release()
        self.sandbox.stripe.deliver()  # waits for what is under way
