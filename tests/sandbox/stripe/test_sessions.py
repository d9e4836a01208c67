import time

import pytest
import stripe

from tests.sandbox.sales import line, open_session, session_params


def refused(client, account=None, **changes):
    """Return the error of a session that must not be created."""
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        open_session(client, account, **changes)
    return refusal.value


class TestCreate:
    def test_opens_a_session_with_its_sums_and_page(self, sandbox, client):
        session = open_session(client, line_items=[line(10_00, quantity=3), line(99)])
        assert (session.status, session.payment_status) == ("open", "unpaid")
        assert session.amount_subtotal == session.amount_total == 30_99
        assert session.url == f"{sandbox.stripe.url}/c/pay/{session.id}"
        assert session.payment_intent is None
        assert session.id.startswith("cs_test_")
        assert session.expires_at - session.created == 24 * 60 * 60

    def test_live_key_makes_live_sessions(self, sandbox, client):
        session = client.v1.checkout.sessions.create(
            session_params(), {"api_key": sandbox.stripe.live_secret_key}
        )
        assert session.livemode
        assert session.id.startswith("cs_live_")
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(session.id)

    def test_euro_takes_delayed_debits_too(self, client):
        session = open_session(client, line_items=[line(currency="eur")])
        assert session.payment_method_types == ["card", "sepa_debit"]

    def test_embedded_session_has_a_client_secret_and_no_page(self, client):
        session = open_session(
            client,
            ui_mode="embedded_page",
            success_url=None,
            cancel_url=None,
            return_url="https://shop.test/back",
        )
        assert session.url is None
        assert session.client_secret.startswith(session.id)

    def test_metadata_may_have_numbers_for_keys(self, client):
        session = open_session(client, metadata={"0": "a", "1": "b"})
        assert session.metadata.to_dict() == {"0": "a", "1": "b"}

    def test_zero_total_may_be_opened(self, client):
        assert open_session(client, line_items=[line(0)]).amount_total == 0

    def test_coupon_is_spread_over_the_lines_and_sums_up(self, sandbox, client):
        coupon = sandbox.stripe.add_coupon(percent_off="33.3")["id"]
        session = open_session(
            client,
            line_items=[line(10_01), line(3_33), line(99)],
            discounts=[{"coupon": coupon}],
        )
        lines = client.v1.checkout.sessions.line_items.list(session.id).data
        assert session.total_details.amount_discount == 4_77
        assert sum(each.amount_discount for each in lines) == 4_77
        assert sum(each.amount_total for each in lines) == session.amount_total


class TestCreateRefuses:
    @pytest.mark.parametrize(
        ("changes", "param", "code"),
        [
            ({"mode": None}, "mode", "parameter_missing"),
            ({"mode": "gift"}, "mode", None),
            ({"mode": "subscription"}, "mode", "sandbox_unsupported"),
            ({"mode": "setup"}, "mode", "sandbox_unsupported"),
            ({"ui_mode": "hosted"}, "ui_mode", None),
            ({"ui_mode": "embedded"}, "ui_mode", None),
            ({"ui_mode": "custom"}, "ui_mode", None),
            ({"success_url": None}, "success_url", "parameter_missing"),
            ({"success_url": ""}, "success_url", "parameter_invalid_empty"),
            ({"success_url": "/done"}, "success_url", "url_invalid"),
            ({"return_url": "https://shop.test"}, "return_url", None),
            ({"ui_mode": "embedded_page"}, "success_url", None),
            (
                {"ui_mode": "embedded_page", "success_url": None, "cancel_url": None},
                "return_url",
                "parameter_missing",
            ),
            ({"line_items": None}, "line_items", "parameter_missing"),
            ({"line_items": [line(1_00)] * 101}, "line_items", None),
            ({"line_items": [line(), line(currency="eur")]}, "line_items", None),
            (
                {"line_items": [line(currency="zzz")]},
                "line_items[0][price_data][currency]",
                None,
            ),
            (
                {"line_items": [line(-1)]},
                "line_items[0][price_data][unit_amount]",
                "parameter_invalid_integer",
            ),
            (
                {"line_items": [line("12.5")]},
                "line_items[0][price_data][unit_amount]",
                "parameter_invalid_integer",
            ),
            (
                {"line_items": [line(50, currency="isk")]},
                "line_items[0][price_data][unit_amount]",
                None,
            ),
            ({"line_items": [line(quantity=0)]}, "line_items[0][quantity]", None),
            (
                {"line_items": [{"price_data": line()["price_data"]}]},
                "line_items[0][quantity]",
                "parameter_missing",
            ),
            (
                {"line_items": [{"price": "price_1", "quantity": 1}]},
                "line_items[0][price]",
                "sandbox_unsupported",
            ),
            (
                {"line_items": [line(name="")]},
                "line_items[0][price_data][product_data][name]",
                "parameter_invalid_empty",
            ),
            ({"line_items": [line(49)]}, None, "amount_too_small"),
            ({"line_items": [line(40, currency="jpy")]}, None, "amount_too_small"),
            ({"line_items": [line(10**12)]}, None, "amount_too_large"),
            ({"client_reference_id": "x" * 201}, "client_reference_id", None),
            ({"metadata": {"k" * 41: "v"}}, "metadata", None),
            ({"metadata": {"k": "v" * 501}}, "metadata[k]", None),
            ({"metadata": {str(i): "v" for i in range(51)}}, "metadata", None),
            ({"colour": "red"}, "colour", "parameter_unknown"),
            (
                {"payment_intent_data": {"colour": "red"}},
                "payment_intent_data[colour]",
                "parameter_unknown",
            ),
            (
                {"payment_intent_data": {"metadata": {"k": "v" * 501}}},
                "payment_intent_data[metadata][k]",
                None,
            ),
            (
                {"payment_intent_data": {"transfer_data": {"destination": "acct_1"}}},
                "payment_intent_data[transfer_data]",
                "sandbox_unsupported",
            ),
            (
                {"payment_intent_data": {"capture_method": "manual"}},
                "payment_intent_data",
                "sandbox_unsupported",
            ),
            (
                {"automatic_tax": {"enabled": True}},
                "automatic_tax",
                "sandbox_unsupported",
            ),
            ({"discounts": [{"coupon": "NONE"}]}, "discounts", "resource_missing"),
            (
                {"discounts": [{"coupon": "A"}], "allow_promotion_codes": True},
                "allow_promotion_codes",
                None,
            ),
            (
                {"discounts": [{"coupon": "A", "promotion_code": "B"}]},
                "discounts[0]",
                None,
            ),
            ({"discounts": [{"coupon": "A"}, {"coupon": "B"}]}, "discounts", None),
            ({"payment_method_types": ["sepa_debit"]}, "payment_method_types", None),
            (
                {"payment_method_types": ["klarna"]},
                "payment_method_types",
                "sandbox_unsupported",
            ),
            ({"expand": ["customer"]}, "expand", None),
        ],
    )
    def test_bad_parameters_in_stripes_words(
        self, sandbox, client, changes, param, code
    ):
        refusal = refused(client, **changes)
        assert (refusal.param, refusal.code) == (param, code)
        assert refusal.user_message
        assert refusal.request_id.startswith("req_")

    @pytest.mark.parametrize("ahead", [29 * 60 - 1, 24 * 60 * 60 + 120])
    def test_expiry_outside_half_an_hour_to_a_day(self, client, ahead):
        assert (
            refused(client, expires_at=int(time.time()) + ahead).param == "expires_at"
        )

    @pytest.mark.parametrize(
        ("fee", "words"), [(0, "positive"), (-5, "positive"), (100_01, "greater")]
    )
    def test_fee_that_is_not_a_part_of_the_amount(self, client, seller, fee, words):
        refusal = refused(client, seller, fee=fee)
        assert refusal.param == "payment_intent_data[application_fee_amount]"
        assert words in refusal.user_message

    def test_fee_on_the_platforms_own_charge(self, client):
        assert "application_fee_amount" in refused(client, fee=1_00).user_message

    def test_fee_on_a_free_session(self, client, seller):
        assert refused(client, seller, fee=1_00, line_items=[line(0)])

    def test_account_that_may_not_charge(self, sandbox, client):
        account = sandbox.stripe.add_account(charges_enabled=False)["id"]
        assert "card_payments" in refused(client, account).user_message

    def test_coupon_of_another_account(self, sandbox, client, seller):
        coupon = sandbox.stripe.add_coupon(percent_off=10)["id"]
        refusal = refused(client, seller, discounts=[{"coupon": coupon}])
        assert refusal.code == "resource_missing"

    def test_nothing_is_left_behind(self, sandbox, client):
        refused(client, line_items=[line(1)])
        assert client.v1.checkout.sessions.list().data == []
        assert sandbox.stripe.events == []


class TestRead:
    def test_expands_what_is_asked(self, sandbox, client, seller):
        session = open_session(client, seller, fee=5_00)
        sandbox.stripe.pay(session.id)
        read = client.v1.checkout.sessions.retrieve(
            session.id,
            {"expand": ["line_items", "payment_intent.latest_charge"]},
            {"stripe_account": seller},
        )
        assert read.payment_intent.latest_charge.paid
        assert read.line_items.data[0].description == "Tea"

    def test_fee_can_be_expanded_over_the_accounts(self, sandbox, client, seller):
        session = open_session(client, seller, fee=5_00)
        sandbox.stripe.pay(session.id)
        sandbox.clock.advance(0)
        fee = client.v1.application_fees.list({"expand": ["data.charge"]}).data[0]
        assert fee.charge.application_fee == fee.id

    def test_line_items_come_by_pages(self, client):
        session = open_session(
            client, line_items=[line(1_00, name=str(n)) for n in range(25)]
        )
        items = client.v1.checkout.sessions.line_items
        first = items.list(session.id)
        assert (len(first.data), first.has_more) == (10, True)
        names = [each.description for each in items.list(session.id).auto_paging_iter()]
        assert names == [str(n) for n in range(25)]

    def test_list_filters_and_pages(self, sandbox, client):
        ids = [open_session(client).id for _ in range(3)]
        sandbox.stripe.pay(ids[1], email="ann@example.com")
        listed = client.v1.checkout.sessions.list
        assert [each.id for each in listed().data] == ids[::-1]
        assert [each.id for each in listed({"status": "complete"}).data] == [ids[1]]
        paid = listed({"customer_details": {"email": "ann@example.com"}}).data
        assert [each.id for each in paid] == [ids[1]]
        intent = paid[0].payment_intent
        assert listed({"payment_intent": intent}).data[0].id == ids[1]
        page = listed({"limit": 1, "starting_after": ids[2]})
        assert ([each.id for each in page.data], page.has_more) == ([ids[1]], True)
        page = listed({"limit": 1, "ending_before": ids[0]})
        assert ([each.id for each in page.data], page.has_more) == ([ids[1]], True)
        assert listed({"created": {"gt": int(time.time()) + 60}}).data == []

    @pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"limit": "x"}])
    def test_bad_limit_is_refused(self, client, params):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.list(params)

    def test_unknown_cursor_is_refused(self, client):
        with pytest.raises(stripe.InvalidRequestError, match="No such"):
            client.v1.checkout.sessions.list({"starting_after": "cs_test_none"})

    def test_another_accounts_session_is_missing(self, client, seller):
        session = open_session(client, seller)
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.checkout.sessions.retrieve(session.id)
        assert refusal.value.http_status == 404
        assert refusal.value.code == "resource_missing"

    def test_id_of_another_kind_is_missing(self, sandbox, client):
        session = open_session(client)
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.payment_intents.retrieve(session.id)
        assert refusal.value.code == "resource_missing"

    def test_an_empty_id_is_not_a_list(self, client):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.checkout.sessions.retrieve("")
        assert refusal.value.http_status == 404


class TestUpdate:
    def test_merges_metadata_and_removes_empty_values(self, client):
        session = open_session(client, metadata={"a": "1", "b": "2"})
        updated = client.v1.checkout.sessions.update(
            session.id, {"metadata": {"a": "", "c": "3"}}
        )
        assert updated.metadata.to_dict() == {"b": "2", "c": "3"}

    def test_other_changes_are_not_in_this_sandbox(self, client):
        session = open_session(client)
        with pytest.raises(stripe.InvalidRequestError, match="not in this sandbox"):
            client.v1.checkout.sessions.update(
                session.id, {"shipping_options": [{"shipping_rate": "shr_1"}]}
            )


class TestExpire:
    def test_api_expires_an_open_session_once(self, sandbox, client):
        session = open_session(client)
        expired = client.v1.checkout.sessions.expire(session.id)
        assert (expired.status, expired.url) == ("expired", None)
        assert sandbox.stripe.events[-1]["type"] == "checkout.session.expired"
        with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
            client.v1.checkout.sessions.expire(session.id)

    def test_complete_session_cannot_expire(self, sandbox, client):
        session = open_session(client)
        sandbox.stripe.pay(session.id)
        with pytest.raises(stripe.InvalidRequestError, match="`complete`"):
            client.v1.checkout.sessions.expire(session.id)
        sandbox.clock.advance(25 * 60 * 60)
        assert sandbox.stripe.get(session.id)["status"] == "complete"

    def test_clock_expires_an_open_session(self, sandbox, client):
        session = open_session(client, expires_at=int(time.time()) + 31 * 60)
        sandbox.clock.advance(30 * 60)
        assert sandbox.stripe.get(session.id)["status"] == "open"
        sandbox.clock.advance(2 * 60)
        assert sandbox.stripe.get(session.id)["status"] == "expired"
        assert sandbox.stripe.events[-1]["type"] == "checkout.session.expired"

    def test_started_payment_is_canceled_with_its_session(self, sandbox, client):
        session = open_session(client)
        with pytest.raises(OSError, match="declined"):
            sandbox.stripe.pay(session.id, "4000000000000002")
        client.v1.checkout.sessions.expire(session.id)
        intent = client.v1.payment_intents.list().data[0]
        assert intent.status == "canceled"
        assert "payment_intent.canceled" in [e["type"] for e in sandbox.stripe.events]
