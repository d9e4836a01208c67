from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import stripe

from tests.sandbox.conftest import client_of
from tests.sandbox.sales import code_of, open_session, session_params


class TestKeys:
    def test_unknown_key_is_401_and_shown_masked(self, sandbox):
        client = client_of(sandbox, "sk_test_wrong_0123456789")
        with pytest.raises(stripe.AuthenticationError) as refusal:
            client.v1.balance.retrieve()
        assert "0123456789" not in str(refusal.value)
        client._requestor._client.close()

    def test_no_key_is_401(self, sandbox):
        answer = requests.get(f"{sandbox.stripe.url}/v1/balance", timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error"]["type"] == "invalid_request_error"

    def test_connected_accounts_own_key_sees_its_own(self, sandbox, client, seller):
        session = open_session(client, seller)
        sandbox.stripe.add_key("sk_test_seller", seller)
        own = client_of(sandbox, "sk_test_seller")
        assert own.v1.checkout.sessions.retrieve(session.id).id == session.id
        own._requestor._client.close()


class TestAccounts:
    def test_unknown_account_is_403(self, client):
        with pytest.raises(stripe.PermissionError) as refusal:
            open_session(client, "acct_unknown")
        assert code_of(refusal.value) == "account_invalid"

    def test_one_seller_cannot_speak_for_another(self, sandbox, seller):
        other = sandbox.stripe.add_account()["id"]
        sandbox.stripe.add_key("sk_test_seller", seller)
        client = client_of(sandbox, "sk_test_seller")
        with pytest.raises(stripe.PermissionError):
            open_session(client, other)
        client._requestor._client.close()

    def test_platform_reads_itself_and_its_sellers(self, sandbox, client, seller):
        own = client.v1.accounts.retrieve_current()
        assert own.id == sandbox.stripe.platform_id
        assert client.v1.accounts.retrieve(seller).charges_enabled
        assert [each.id for each in client.v1.accounts.list().data] == [seller]

    def test_account_made_over_the_api_must_be_onboarded_first(self, client):
        account = client.v1.accounts.create(
            {
                "country": "DE",
                "email": "ann@example.com",
                "capabilities": {"card_payments": {"requested": True}},
                "metadata": {"seller": "7"},
            }
        )
        assert not account.charges_enabled
        assert account.capabilities.card_payments == "inactive"
        with pytest.raises(stripe.InvalidRequestError, match="card_payments"):
            open_session(client, account.id)

    def test_balance_adds_up(self, sandbox, client, seller):
        sandbox.stripe.pay(open_session(client, seller, fee=10_00).id)
        sandbox.clock.advance(0)
        own = client.v1.balance.retrieve()
        theirs = client.v1.balance.retrieve({}, {"stripe_account": seller})
        assert own.pending[0].amount == 10_00
        assert theirs.pending[0].amount == 90_00


class TestRequests:
    def test_unknown_path_is_404_in_stripes_shape(self, client):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.customers.list()
        assert refusal.value.http_status == 404

    def test_bad_version_is_refused(self, client):
        with pytest.raises(stripe.InvalidRequestError, match="version"):
            client.v1.balance.retrieve({}, {"stripe_version": "tomorrow"})

    def test_version_is_noted_and_answered(self, sandbox, client):
        read = client.v1.balance.retrieve({}, {"stripe_version": "2025-03-31.basil"})
        assert read.last_response.headers["Stripe-Version"] == "2025-03-31.basil"
        assert sandbox.requests[-1].api_version == "2025-03-31.basil"

    def test_journal_has_calls_without_bodies_or_keys(self, sandbox, client, seller):
        open_session(client, seller, metadata={"secret": "tulip"})
        call = sandbox.requests[-1]
        assert (call.method, call.path) == ("POST", "/v1/checkout/sessions")
        assert (call.account, call.status, call.replayed) == (seller, 200, False)
        assert "tulip" not in str(call)
        assert "sk_test" not in str(call)

    def test_events_of_a_call_name_it(self, sandbox, client):
        session = open_session(client)
        expired = client.v1.checkout.sessions.expire(
            session.id, {}, {"idempotency_key": "expire-1"}
        )
        assert sandbox.stripe.events[-1]["request"] == {
            "id": expired.last_response.request_id,
            "idempotency_key": "expire-1",
        }


KEY = {"idempotency_key": "order-1"}


class TestIdempotency:
    def create(self, client, account=None, **changes):
        options = KEY | ({"stripe_account": account} if account else {})
        return client.v1.checkout.sessions.create(session_params(**changes), options)

    def test_same_key_answers_the_same_session_and_says_so(self, client):
        first, second = self.create(client), self.create(client)
        assert first.id == second.id
        headers = second.last_response.headers
        assert headers["Idempotent-Replayed"] == "true"
        assert headers["Original-Request"] == first.last_response.request_id

    def test_other_parameters_are_an_error(self, client):
        self.create(client)
        with pytest.raises(stripe.IdempotencyError):
            self.create(client, client_reference_id="other")

    def test_replay_shows_the_first_answer_not_the_present_state(self, sandbox, client):
        first = self.create(client)
        sandbox.stripe.pay(first.id)
        assert self.create(client).status == "open"

    def test_refused_parameters_do_not_use_up_the_key(self, client):
        with pytest.raises(stripe.InvalidRequestError):
            self.create(client, mode=None)
        assert self.create(client).status == "open"

    def test_key_is_forgotten_after_a_day(self, sandbox, client):
        first = self.create(client)
        sandbox.clock.advance(24 * 60 * 60 - 10)
        assert self.create(client).id == first.id
        sandbox.clock.advance(20)
        assert self.create(client).id != first.id

    def test_each_account_and_mode_has_its_own_keys(self, sandbox, client, seller):
        own, theirs = self.create(client), self.create(client, seller)
        live = client.v1.checkout.sessions.create(
            session_params(), KEY | {"api_key": sandbox.stripe.live_secret_key}
        )
        assert len({own.id, theirs.id, live.id}) == 3

    def test_simultaneous_calls_with_one_key_make_one_session(self, sandbox, client):
        def attempt(_):
            try:
                return self.create(client).id
            except stripe.APIError as conflict:
                return conflict.http_status

        with ThreadPoolExecutor(16) as pool:
            outcomes = set(pool.map(attempt, range(16)))
        (made,) = sandbox.stripe.world.store.each("checkout.session")
        assert outcomes <= {made["id"], 409}
        assert made["id"] in outcomes

    def test_too_long_key_is_refused(self, client):
        with pytest.raises(stripe.InvalidRequestError, match="255"):
            client.v1.checkout.sessions.create(
                session_params(), {"idempotency_key": "x" * 256}
            )


class TestDiscounts:
    def test_coupon_and_code_are_made_over_the_api(self, client):
        coupon = client.v1.coupons.create({"percent_off": 12.5, "duration": "once"})
        code = client.v1.promotion_codes.create(
            {"code": "SPRING", "promotion": {"type": "coupon", "coupon": coupon.id}}
        )
        assert coupon.percent_off == 12.5
        listed = client.v1.promotion_codes.list(
            {"code": "SPRING", "expand": ["data.promotion.coupon"]}
        )
        assert listed.data[0].id == code.id
        assert listed.data[0].promotion.coupon.id == coupon.id

    @pytest.mark.parametrize(
        "params",
        [
            {},
            {"percent_off": 10, "amount_off": 100, "currency": "usd"},
            {"percent_off": 101},
            {"percent_off": 0},
            {"amount_off": 100},
            {"amount_off": 0, "currency": "usd"},
            {"percent_off": 10, "duration": "repeating"},
            {"percent_off": 10, "duration": "sometimes"},
        ],
    )
    def test_bad_coupon_is_refused(self, client, params):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.coupons.create(params)

    def test_active_code_is_unique(self, sandbox):
        coupon = sandbox.stripe.add_coupon(percent_off=10)["id"]
        sandbox.stripe.add_promotion_code("SPRING", coupon)
        with pytest.raises(OSError, match="already exists"):
            sandbox.stripe.add_promotion_code("spring", coupon)

    def test_code_can_be_given_at_creation(self, sandbox, client):
        coupon = sandbox.stripe.add_coupon(amount_off=10_00, currency="usd")["id"]
        code = sandbox.stripe.add_promotion_code(
            "TEN", coupon, restrictions={"minimum_amount": 50_00}
        )
        session = open_session(client, discounts=[{"promotion_code": code["id"]}])
        assert session.amount_total == 90_00
        assert session.discounts[0].promotion_code == code["id"]

    @pytest.mark.parametrize(
        ("coupon", "changes"),
        [
            ({"percent_off": 10}, {"redeem_by": 1}),
            ({"percent_off": 10, "max_redemptions": 1}, {"times_redeemed": 1}),
            ({"percent_off": 10}, {"valid": False}),
            ({"amount_off": 1_00, "currency": "eur"}, {}),
        ],
    )
    def test_coupon_that_is_over_is_refused(self, sandbox, client, coupon, changes):
        made = sandbox.stripe.add_coupon(**coupon)["id"]
        sandbox.stripe.alter(made, **changes)
        with pytest.raises(stripe.InvalidRequestError):
            open_session(client, discounts=[{"coupon": made}])

    @pytest.mark.parametrize(
        "params",
        [
            {"code": "A"},
            {"code": "A", "promotion": {"type": "coupon"}},
            {"code": "A", "promotion": {"type": "coupon", "coupon": "NONE"}},
        ],
    )
    def test_code_without_its_coupon_is_refused(self, client, params):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.promotion_codes.create(params)


class TestEvents:
    def test_types_are_filtered_by_name_or_pattern(self, sandbox, client):
        sandbox.stripe.pay(open_session(client).id)
        listed = client.v1.events.list({"type": "payment_intent.*"})
        assert [each.type for each in listed.data] == [
            "payment_intent.succeeded",
            "payment_intent.created",
        ]

    def test_events_are_kept_for_thirty_days(self, sandbox, client):
        sandbox.stripe.pay(open_session(client).id)
        sandbox.clock.advance(30 * 24 * 60 * 60 + 1)
        assert client.v1.events.list().data == []

    def test_sellers_events_are_listed_under_the_seller(self, sandbox, client, seller):
        sandbox.stripe.pay(open_session(client, seller).id)
        assert client.v1.events.list().data == []
        theirs = client.v1.events.list({}, {"stripe_account": seller})
        assert {each.account for each in theirs.data} == {seller}

    @pytest.mark.parametrize(
        "params", [{"type": "a.b", "types": ["a.b"]}, {"types": ["a.b"] * 21}]
    )
    def test_bad_filter_is_refused(self, client, params):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.events.list(params)


class TestSandboxKeys:
    def test_key_must_say_its_mode(self, sandbox):
        with pytest.raises(OSError, match="sk_test_"):
            sandbox.stripe.add_key("secret")

    def test_seeded_object_needs_an_id_and_a_kind(self, sandbox):
        with pytest.raises(OSError, match="`id` and an `object`"):
            sandbox.stripe.insert({"id": "cs_1"})
