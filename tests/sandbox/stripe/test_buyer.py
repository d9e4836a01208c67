import pytest

from payments_connect.sandbox import CardDeclined, SandboxError
from tests.sandbox.sales import line, open_session


@pytest.fixture
def euro(client, seller):
    return open_session(client, seller, fee=5_00, line_items=[line(currency="eur")])


def types(sandbox):
    return [event["type"] for event in sandbox.stripe.events]


class TestCard:
    def test_success_pays_the_session_and_fills_all_objects(
        self, sandbox, client, seller
    ):
        session = open_session(
            client,
            seller,
            fee=12_34,
            payment_intent_data={"metadata": {"order": "7"}, "description": "Tea"},
        )
        paid = sandbox.stripe.pay(session.id, email="ann@example.com")
        assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
        assert paid["url"] is None
        assert paid["customer_details"]["email"] == "ann@example.com"
        intent = sandbox.stripe.get(paid["payment_intent"])
        assert intent["status"] == "succeeded"
        assert intent["amount_received"] == 100_00
        assert intent["application_fee_amount"] == 12_34
        assert intent["metadata"] == {"order": "7"}
        charge = sandbox.stripe.get(intent["latest_charge"])
        assert charge["paid"]
        assert charge["captured"]
        assert charge["payment_method_details"]["card"]["last4"] == "4242"
        assert sandbox.stripe.get(charge["balance_transaction"])["net"] == 87_66

    def test_fee_appears_a_moment_later_on_the_platform(self, sandbox, client, seller):
        session = open_session(client, seller, fee=12_34)
        sandbox.stripe.pay(session.id)
        assert client.v1.application_fees.list().data == []
        sandbox.clock.advance(0)
        fee = client.v1.application_fees.list().data[0]
        assert (fee.amount, fee.account) == (12_34, seller)
        assert sandbox.stripe.get(fee.charge)["application_fee"] == fee.id
        assert sandbox.stripe.events[-1]["type"] == "application_fee.created"
        assert "account" not in sandbox.stripe.events[-1]

    def test_events_name_the_connected_account(self, sandbox, client, seller):
        sandbox.stripe.pay(open_session(client, seller).id)
        assert {event["account"] for event in sandbox.stripe.events} == {seller}
        assert types(sandbox) == [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]

    def test_platform_events_name_no_account(self, sandbox, client):
        sandbox.stripe.pay(open_session(client).id)
        assert all("account" not in event for event in sandbox.stripe.events)

    @pytest.mark.parametrize(
        ("number", "code", "decline_code"),
        [
            ("4000000000000002", "card_declined", "generic_decline"),
            ("4000000000009995", "card_declined", "insufficient_funds"),
            ("4000000000000341", "card_declined", "generic_decline"),
            ("4100000000000019", "card_declined", "fraudulent"),
            ("4000008400001629", "card_declined", "generic_decline"),
            ("4000000000000069", "expired_card", None),
        ],
    )
    def test_decline_leaves_the_session_open_for_another_try(
        self, sandbox, client, number, code, decline_code
    ):
        session = open_session(client)
        with pytest.raises(CardDeclined) as declined:
            sandbox.stripe.pay(session.id, number)
        assert (declined.value.code, declined.value.decline_code) == (
            code,
            decline_code,
        )
        after = sandbox.stripe.get(session.id)
        intent = sandbox.stripe.get(after["payment_intent"])
        assert (after["status"], after["payment_status"]) == ("open", "unpaid")
        assert after["url"]
        assert intent["status"] == "requires_payment_method"
        assert intent["last_payment_error"]["code"] == code
        assert types(sandbox)[-2:] == ["charge.failed", "payment_intent.payment_failed"]
        assert sandbox.stripe.pay(session.id)["payment_status"] == "paid"
        assert sandbox.stripe.get(intent["id"])["last_payment_error"] is None

    @pytest.mark.parametrize("number", ["4000002500003155", "4000002760003184"])
    def test_failed_authentication_is_a_decline(self, sandbox, client, number):
        session = open_session(client)
        with pytest.raises(CardDeclined) as declined:
            sandbox.stripe.pay(session.id, number, authenticate=False)
        assert declined.value.code == "payment_intent_authentication_failure"
        assert sandbox.stripe.pay(session.id, number)["payment_status"] == "paid"

    @pytest.mark.parametrize(
        "number",
        [
            "4000000000000259",
            "4000000000007726",
            "4000000000005126",
            "4000 0000 0000 0077",
        ],
    )
    def test_cards_for_later_trouble_succeed_at_first(self, sandbox, client, number):
        assert sandbox.stripe.pay(open_session(client).id, number)[
            "payment_status"
        ] == ("paid")

    @pytest.mark.parametrize("number", ["4111111111111111", "", "4242"])
    def test_any_other_number_is_refused(self, sandbox, client, number):
        session = open_session(client)
        with pytest.raises(SandboxError, match="not a published test card"):
            sandbox.stripe.pay(session.id, number)
        assert sandbox.stripe.events == []

    def test_no_card_number_is_kept(self, sandbox, client):
        sandbox.stripe.pay(open_session(client).id)
        assert "4242424242424242" not in str(sandbox.stripe.dump())

    def test_altered_amount_is_what_is_charged(self, sandbox, client):
        session = open_session(client)
        sandbox.stripe.alter(session.id, amount_total=1)
        paid = sandbox.stripe.pay(session.id)
        assert sandbox.stripe.get(paid["payment_intent"])["amount_received"] == 1

    @pytest.mark.parametrize("how", ["paid", "expired"])
    def test_closed_session_takes_no_payment(self, sandbox, client, how):
        session = open_session(client)
        if how == "paid":
            sandbox.stripe.pay(session.id)
        else:
            client.v1.checkout.sessions.expire(session.id)
        with pytest.raises(SandboxError, match="this Checkout Session is"):
            sandbox.stripe.pay(session.id)

    def test_unknown_session_is_an_error(self, sandbox):
        with pytest.raises(SandboxError, match="no object"):
            sandbox.stripe.pay("cs_test_none")


class TestSepaDebit:
    def test_success_comes_three_minutes_later(self, sandbox, euro):
        paid = sandbox.stripe.pay(euro.id, "AT321904300235473204")
        assert (paid["status"], paid["payment_status"]) == ("complete", "unpaid")
        intent = sandbox.stripe.get(paid["payment_intent"])
        assert intent["status"] == "processing"
        assert types(sandbox)[-2:] == [
            "payment_intent.processing",
            "checkout.session.completed",
        ]
        sandbox.clock.advance(179)
        assert sandbox.stripe.get(euro.id)["payment_status"] == "unpaid"
        sandbox.clock.advance(2)
        assert sandbox.stripe.get(euro.id)["payment_status"] == "paid"
        assert types(sandbox)[-4:] == [
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
            "application_fee.created",
        ]

    @pytest.mark.parametrize(
        ("iban", "seconds"),
        [("AT861904300235473202", 0), ("AT051904300235473205", 181)],
    )
    def test_failure_leaves_the_session_complete_and_unpaid(
        self, sandbox, euro, iban, seconds
    ):
        paid = sandbox.stripe.pay(euro.id, iban)
        sandbox.clock.advance(seconds)
        after = sandbox.stripe.get(euro.id)
        assert (after["status"], after["payment_status"]) == ("complete", "unpaid")
        intent = sandbox.stripe.get(paid["payment_intent"])
        assert intent["status"] == "requires_payment_method"
        assert types(sandbox)[-3:] == [
            "charge.failed",
            "payment_intent.payment_failed",
            "checkout.session.async_payment_failed",
        ]
        assert "application_fee.created" not in types(sandbox)

    def test_dollar_session_takes_no_iban(self, sandbox, client):
        with pytest.raises(SandboxError, match="does not take sepa_debit"):
            sandbox.stripe.pay(open_session(client).id, "AT321904300235473204")


class TestPromotionCode:
    @pytest.fixture
    def free(self, sandbox, seller):
        coupon = sandbox.stripe.add_coupon(percent_off=100, account=seller)["id"]
        return sandbox.stripe.add_promotion_code("FREE", coupon, account=seller)

    @pytest.mark.parametrize("status", ["no_payment_required", "paid"])
    def test_whole_discount_completes_without_a_payment(
        self, sandbox, client, seller, free, status
    ):
        sandbox.stripe.zero_total_payment_status = status
        session = open_session(client, seller, allow_promotion_codes=True)
        paid = sandbox.stripe.pay(session.id, promotion_code="free")
        assert (paid["status"], paid["payment_status"]) == ("complete", status)
        assert paid["amount_total"] == 0
        assert paid["payment_intent"] is None
        assert paid["discounts"] == [{"coupon": None, "promotion_code": free["id"]}]
        assert types(sandbox) == ["checkout.session.completed"]
        assert sandbox.stripe.get(free["id"])["times_redeemed"] == 1

    def test_other_words_for_zero_are_refused(self, sandbox):
        with pytest.raises(SandboxError, match="unpaid"):
            sandbox.stripe.zero_total_payment_status = "unpaid"

    def test_partial_discount_caps_the_fee_at_what_is_left(
        self, sandbox, client, seller
    ):
        coupon = sandbox.stripe.add_coupon(
            amount_off=98_00, currency="usd", account=seller
        )["id"]
        sandbox.stripe.add_promotion_code("MOST", coupon, account=seller)
        session = open_session(client, seller, fee=5_00, allow_promotion_codes=True)
        paid = sandbox.stripe.pay(session.id, promotion_code="MOST")
        intent = sandbox.stripe.get(paid["payment_intent"])
        assert (intent["amount"], intent["application_fee_amount"]) == (2_00, 2_00)

    @pytest.mark.parametrize(
        ("allowed", "code", "words"),
        [
            (None, "FREE", "does not take promotion codes"),
            (True, "WRONG", "invalid"),
            (True, "PLATFORM", "invalid"),
            (True, "USED", "no longer valid"),
            (True, "TINY", "at least"),
        ],
    )
    def test_code_that_does_not_hold_changes_nothing(
        self, sandbox, client, seller, free, allowed, code, words
    ):
        stripe = sandbox.stripe
        half = stripe.add_coupon(percent_off=50, account=seller)["id"]
        used = stripe.add_promotion_code(
            "USED", half, account=seller, max_redemptions=1
        )
        stripe.alter(used["id"], times_redeemed=1)
        tiny = stripe.add_coupon(amount_off=99_99, currency="usd", account=seller)["id"]
        stripe.add_promotion_code("TINY", tiny, account=seller)
        stripe.add_promotion_code("PLATFORM", stripe.add_coupon(percent_off=50)["id"])
        session = open_session(client, seller, allow_promotion_codes=allowed)
        with pytest.raises(SandboxError, match=words):
            stripe.pay(session.id, promotion_code=code)
        after = stripe.get(session.id)
        assert (after["status"], after["amount_total"]) == ("open", 100_00)
        assert after["discounts"] == []
