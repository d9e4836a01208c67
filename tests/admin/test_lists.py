import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from payments_connect.models import (
    Intent,
    LedgerEntry,
    Order,
    Payment,
    Seller,
    WebhookEvent,
)
from payments_connect.testing.factories import PaymentFactory, make_order

from .pages import list_of
from .rows import MODELS, add_payment, make_event, make_sale


def queries(client, url):
    client.get(url)  # warms caches of content types and the site
    with CaptureQueriesContext(
        connection,
    ) as caught:
        response = client.get(url)
    assert response.status_code == 200
    return len(caught)


class TestEveryList:
    @pytest.mark.parametrize("model", MODELS)
    def test_twenty_rows_cost_as_many_queries_as_two(self, desk, person, model):
        for _each in range(2):
            make_sale(person)
        few = queries(desk, list_of(model))
        for _each in range(18):
            make_sale(person)
        assert queries(desk, list_of(model)) == few

    @pytest.mark.parametrize("model", MODELS)
    def test_stranger_is_sent_away(self, client, db, model):
        assert client.get(list_of(model)).status_code == 302

    @pytest.mark.parametrize("model", MODELS)
    def test_staff_without_permission_is_refused(self, desk_with, model):
        assert desk_with().get(list_of(model)).status_code == 403


class TestSearch:
    @pytest.fixture
    def sale(self):
        make_sale()
        return make_sale()

    def found(self, client, model, term):
        response = client.get(list_of(model), {"q": term})
        return list(response.context["cl"].result_list)

    @pytest.mark.parametrize("model", [Order, Payment, LedgerEntry, Intent])
    def test_reference_and_gateway_ids_find_it(self, desk, sale, model):
        payment = sale.payments.get()
        ids = (payment.checkout_id, payment.external_id, payment.charge_id)
        for term in (sale.reference, *ids):
            assert len(self.found(desk, model, term)) == 1

    @pytest.mark.parametrize("model", [Order, Payment, LedgerEntry, Intent])
    def test_email_finds_it(self, desk, sale, model):
        other = make_order(email="other@example.com")
        add_payment(other, sale.payments.get().account)
        assert len(self.found(desk, model, "other@example.com")) == 1

    def test_public_ids_find_order_and_payment(self, desk, sale):
        payment = sale.payments.get()
        assert self.found(desk, Order, str(sale.public_id)) == [sale]
        assert self.found(desk, Payment, str(sale.public_id)) == [payment]
        assert self.found(desk, Payment, str(payment.public_id)) == [payment]

    def test_account_id_finds_seller_and_payment(self, desk, sale):
        payment = sale.payments.get()
        account_id = payment.account.external_id
        assert self.found(desk, Seller, account_id) == [payment.account.seller]
        assert self.found(desk, Payment, account_id) == [payment]

    def test_owner_is_found_by_what_the_site_logs_in_with(self, desk, person):
        sale = make_sale(person)
        seller = sale.lines.get().seller
        assert self.found(desk, Seller, person.email) == [seller]

    def test_event_is_found_by_its_ids_and_by_its_order(self, desk, sale):
        payment = sale.payments.get()
        event = WebhookEvent.objects.get(object_id=payment.checkout_id)
        terms = (event.event_id, event.object_id, event.account, sale.reference)
        for term in terms:
            assert self.found(desk, WebhookEvent, term) == [event]

    def test_word_of_nobody_finds_nothing(self, desk, sale):
        for model in MODELS:
            assert self.found(desk, model, "nobody-at-all") == []


class TestFilters:
    def test_surplus_shows_only_money_that_no_order_owes(self, desk):
        sale = make_sale()
        account = sale.payments.get().account
        sale.refresh_from_db()
        surplus = add_payment(sale, account)
        PaymentFactory.create()
        response = desk.get(list_of(Payment), {"money": "surplus"})
        assert list(response.context["cl"].result_list) == [surplus]
        assert "<strong>Surplus</strong>" in response.text

    def test_surplus_of_an_order_nobody_paid_is_surplus(self, desk):
        sale = make_sale()
        Order.objects.filter(pk=sale.pk).update(paid_by=None, status="canceled")
        response = desk.get(list_of(Payment), {"money": "surplus"})
        assert list(response.context["cl"].result_list) == [sale.payments.get()]

    def test_paid_shows_what_pays_its_order(self, desk):
        sale = make_sale()
        sale.refresh_from_db()
        add_payment(sale, sale.paid_by.account)
        response = desk.get(list_of(Payment), {"money": "paid"})
        assert list(response.context["cl"].result_list) == [sale.paid_by]

    def test_orders_on_hold_are_a_filter_and_stand_out(self, desk):
        held, _other = make_order(), make_order()
        Order.objects.filter(pk=held.pk).update(fulfilment="on_hold")
        response = desk.get(list_of(Order), {"fulfilment__exact": "on_hold"})
        assert list(response.context["cl"].result_list) == [held]
        assert "<strong>Paid but cannot be fulfilled</strong>" in response.text

    def test_gateway_filter_appears_with_the_second_gateway(self, desk, settings):
        make_sale()
        assert "By gateway" not in desk.get(list_of(Payment)).text
        raw = settings.PAYMENTS_CONNECT
        gateways = raw["GATEWAYS"] | {"other": raw["GATEWAYS"]["stripe"]}
        settings.PAYMENTS_CONNECT = raw | {"GATEWAYS": gateways}
        response = desk.get(list_of(Payment), {"gateway": "other"})
        assert "By gateway" in response.text
        assert not response.context["cl"].result_list

    def test_payload_is_never_in_the_list(self, desk):
        make_event()
        with CaptureQueriesContext(connection) as caught:
            assert "Zoë" not in desk.get(list_of(WebhookEvent)).text
        assert not [each for each in caught if '"payload"' in each["sql"]]
