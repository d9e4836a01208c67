import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from payments_connect.models import (
    Intent,
    LedgerEntry,
    Order,
    Payment,
    PromotionCode,
    WebhookEvent,
)
from payments_connect.testing.factories import (
    SellerFactory,
    StockItemFactory,
    make_line,
    make_order,
)

from .pages import list_of, page_of
from .rows import MODELS, add_payment, make_event, make_sale

FACTS = (Order, Payment, LedgerEntry, Intent, WebhookEvent)


class TestEveryPage:
    @pytest.mark.parametrize("model", MODELS)
    def test_it_opens(self, desk, person, model):
        make_sale(person)
        assert desk.get(page_of(model.objects.first())).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_staff_without_permission_is_refused(self, desk_with, model):
        make_sale()
        page = page_of(model.objects.first())
        assert desk_with().get(page).status_code == 403

    @pytest.mark.parametrize("model", FACTS)
    def test_facts_are_not_added_changed_or_deleted(self, desk, model):
        make_sale()
        row = model.objects.first()
        add = reverse(f"admin:payments_connect_{model._meta.model_name}_add")
        delete = reverse(
            f"admin:payments_connect_{model._meta.model_name}_delete", args=[row.pk]
        )
        assert desk.get(add).status_code == 403
        assert desk.post(page_of(row), {"status": "paid"}).status_code == 403
        assert desk.post(delete, {"post": "yes"}).status_code == 403
        assert "delete_selected" not in desk.get(list_of(model)).text

    @pytest.mark.parametrize("model", FACTS)
    def test_pages_of_facts_have_no_fields_to_fill_in(self, desk, model):
        make_sale()
        page = desk.get(page_of(model.objects.first()))
        assert 'name="_save"' not in page.text
        assert 'type="text"' not in page.text


class TestOrderPage:
    def test_it_shows_lines_payments_and_ledger_as_money(self, desk, person):
        sale = make_sale(person)
        page = desk.get(page_of(sale)).text
        payment = sale.payments.get()
        for text in ("A thing", payment.checkout_id, "100.00\xa0USD", "90.00\xa0USD"):
            assert text in page
        assert page_of(payment) in page
        assert page_of(LedgerEntry.objects.get()) in page
        assert PromotionCode.objects.get().code in page

    def test_many_lines_and_payments_cost_the_same_queries(self, desk, person):
        def cost(number):
            lines = [
                make_line(
                    seller=sale.lines.get().seller,
                    stock_item=StockItemFactory.create(),
                    item=person,
                )
                for sale in [make_sale() for _each in range(number)]
            ]
            order = make_order(lines=lines, buyer=person)
            for line in order.lines.select_related("seller"):
                order.refresh_from_db()
                assert line.seller
                add_payment(order, line.seller.accounts.get())
            desk.get(page_of(order))
            with CaptureQueriesContext(connection) as caught:
                assert desk.get(page_of(order)).status_code == 200
            return len(caught)

        assert cost(2) == cost(20)

    def test_short_line_says_what_is_missing(self, desk):
        item = StockItemFactory.create(sku="LAST", available=0)
        order = make_order(lines=[make_line(stock_item=item)])
        assert "0 of 1 taken; LAST has 0" in desk.get(page_of(order)).text

    def test_item_is_named_and_linked_where_it_has_a_page(self, desk, person):
        seller = SellerFactory.create()
        lines = [make_line(item=seller), make_line(item=person)]
        page = desk.get(page_of(make_order(lines=lines))).text
        assert f'<a href="{page_of(seller)}">seller {seller.pk}</a>' in page
        assert f"member {person.pk}" in page

    def test_item_whose_model_is_gone_is_still_named(self, desk):
        gone = ContentType.objects.create(app_label="gone", model="thing")
        order = make_order()
        order.lines.update(content_type=gone, object_id="7")
        assert "thing 7" in desk.get(page_of(order)).text

    def test_metadata_of_the_site_is_readable(self, desk):
        page = desk.get(page_of(make_order(metadata={"table": "Zoë"}))).text
        assert "&quot;table&quot;: &quot;Zoë&quot;" in page


class TestPaymentPage:
    def test_it_links_to_its_order_events_intents_and_ledger(self, desk):
        sale = make_sale()
        payment = sale.payments.get()
        page = desk.get(page_of(payment)).text
        rows = (sale, WebhookEvent.objects.get(), Intent.objects.get())
        for row in (*rows, LedgerEntry.objects.get()):
            assert page_of(row) in page

    def test_events_of_the_payment_intent_are_there_too(self, desk):
        payment = make_sale().payments.get()
        event = make_event(object_id=payment.external_id)
        foreign = make_event(object_id="cs_of_another")
        page = desk.get(page_of(payment)).text
        assert page_of(event) in page
        assert page_of(foreign) not in page

    def test_payment_without_ids_has_no_events(self, desk):
        payment = make_sale().payments.get()
        Payment.objects.update(checkout_id=None, external_id=None)
        event = make_event(object_id="")
        assert page_of(event) not in desk.get(page_of(payment)).text


class TestEventPage:
    def test_payload_is_indented_escaped_and_without_secrets(self, desk):
        page = desk.get(page_of(make_event())).text
        assert "Zoë &lt;b&gt;" in page
        assert "s3cret" not in page

    def test_payload_that_is_not_json_is_shown_as_it_is(self, desk):
        assert "not { json" in desk.get(page_of(make_event(payload="not { json"))).text

    def test_dropped_payload_is_fine(self, desk):
        assert desk.get(page_of(make_event(payload=""))).status_code == 200

    def test_it_links_to_the_payment_it_is_about(self, desk):
        sale = make_sale()
        page = desk.get(page_of(WebhookEvent.objects.get())).text
        assert page_of(sale.payments.get()) in page
        assert page_of(sale) in page


class TestRelatedInlines:
    def test_intent_of_a_kind_to_come_is_shown_by_number(self, desk):
        make_sale()
        Intent.objects.update(kind="future", target_id=77)
        assert "77" in desk.get(page_of(Intent.objects.get())).text

    def test_staff_who_may_view_orders_only_sees_the_order(self, desk_with):
        sale = make_sale()
        page = desk_with("view_order").get(page_of(sale))
        assert page.status_code == 200
        assert sale.reference in page.text
