import pytest
from django.test import Client

from payments_connect.enums import OrderStatus, PaymentStatus
from payments_connect.gateways.registry import get_gateway
from payments_connect.gateways.types import AccountRef
from payments_connect.models import Order, Payment
from payments_connect.services.access import order_path
from payments_connect.services.ending import cancel_order
from payments_connect.testing.factories import make_line, make_order

from .pages import form_fields, read
from .sales import bare, begin, page_of

pytestmark = pytest.mark.django_db(transaction=True)


def pay(client, order):
    return client.post(order_path(order, "pay"))


class TestPay:
    """The button of the return page, and of the site's e-mails."""

    def test_open_checkout_is_resumed(self, account, client):
        """The same page of the gateway, not a second one."""
        order, payment = begin(account)
        response = pay(client, order)
        assert response.status_code == 303
        assert payment.checkout_id in response.headers["Location"]
        assert Payment.objects.count() == 1

    def test_choices_of_the_first_checkout_are_kept(self, account, client):
        """Codes allowed by the shop's button stay allowed by this one."""
        order, payment = begin(account, allow_promotion_codes=True)
        response = pay(client, order)
        assert payment.checkout_id in response.headers["Location"]
        cancel = Payment.objects.update(status=PaymentStatus.EXPIRED, live=None)
        assert cancel == 1
        assert pay(client, order).status_code == 303
        assert Payment.objects.order_by("-pk")[0].allows_discount

    def test_an_order_that_was_never_started_takes_the_defaults(self, account, client):
        """A link in an e-mail may be the first click."""
        order = make_order(lines=[make_line(seller=account.seller)])
        assert pay(client, order).status_code == 303
        assert not Payment.objects.get().allows_discount

    def test_button_of_the_page_works(self, account):
        """With the token the page has, and without JavaScript."""
        client = Client(enforce_csrf_checks=True)
        order, _payment = begin(account)
        [form] = read(page_of(client, order)).find("form", method="post")
        response = client.post(form.attributes["action"], form_fields(form))
        assert response.status_code == 303
        assert client.post(form.attributes["action"]).status_code == 403

    def test_expired_checkout_is_replaced(self, account, client):
        """The old session is settled first, then another is opened."""
        order, payment = begin(account)
        owner = AccountRef(external_id=account.external_id)
        get_gateway("stripe").expire_checkout(payment.checkout_id, account=owner)
        response = pay(client, order)
        assert response.status_code == 303
        payment.refresh_from_db()
        assert payment.status == PaymentStatus.EXPIRED
        newest = Payment.objects.latest("pk")
        assert newest != payment
        assert newest.checkout_id in response.headers["Location"]

    def test_order_nobody_tried_to_pay_can_be_paid(self, account, client):
        """As from an e-mail with an invoice."""
        order = make_order(lines=[make_line(seller=account.seller)])
        assert pay(client, order).status_code == 303
        assert Payment.objects.get().order == order

    def test_paid_order_leads_to_its_page(self, account, client, payments_sandbox):
        """Paid in another tab: no second payment, whoever learned of it first."""
        order, payment = begin(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        for _time in range(2):
            response = pay(client, order)
            assert response.status_code == 303
            assert response.headers["Location"] == order_path(order)
        assert Order.objects.get().status == OrderStatus.PAID
        assert Payment.objects.count() == 1

    def test_payment_on_its_way_leads_to_its_page(
        self, account, client, payments_sandbox
    ):
        """A bank debit must not be paid a second time by card."""
        order, payment = begin(account, currency="EUR")
        payments_sandbox.stripe.pay(payment.checkout_id, "AT321904300235473204")
        assert pay(client, order).headers["Location"] == order_path(order)
        assert Payment.objects.count() == 1

    def test_canceled_order_leads_to_its_page(self, account, client):
        """It says there that it was canceled."""
        order, _payment = begin(account)
        cancel_order(order)
        assert pay(client, order).headers["Location"] == order_path(order)
        assert Payment.objects.count() == 1

    def test_checkout_nobody_can_read_is_told_as_a_failure(
        self, account, client, payments_sandbox
    ):
        """Nothing is guessed: the buyer may try again, and no second page is opened."""
        order, payment = begin(account)
        payments_sandbox.stripe.alter(payment.checkout_id, currency=None)
        assert pay(client, order).status_code == 409
        assert Payment.objects.count() == 1

    def test_stranger_pays_nothing(self, account, client):
        """Without the key, the session or the login there is no such order."""
        order, _payment = begin(account)
        assert client.post(bare(order, "pay")).status_code == 404

    def test_get_pays_nothing(self, account, client):
        """A link in an e-mail scanner opens no checkout."""
        order, _payment = begin(account)
        assert client.get(order_path(order, "pay")).status_code == 405
