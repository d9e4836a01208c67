"""Key sets of every resource against Stripe's own sample of each."""

import json
from pathlib import Path

import pytest

from tests.sandbox.sales import open_session

FIXTURES = (
    Path(__file__).parents[3].parent / "shared" / "specs" / "stripe" / "fixtures3.json"
)

# Keys that one side rightly lacks, and why.
EXEMPT = {
    "charge": {"refunds": "only when expanded, since API version 2022-11-15"},
    "account": {},
    "checkout.session": {},
}


@pytest.fixture(scope="module")
def samples():
    if not FIXTURES.exists():
        pytest.skip("Stripe's fixtures3.json is not beside this checkout")
    return json.loads(FIXTURES.read_text())["resources"]


@pytest.fixture
def paid(sandbox, client, seller):
    stripe = sandbox.stripe
    coupon = stripe.add_coupon(percent_off=10, account=seller)
    code = stripe.add_promotion_code("TEN", coupon["id"], account=seller)
    session = open_session(client, seller, fee=5_00)
    stripe.pay(session.id)
    sandbox.clock.advance(0)
    endpoint = stripe.add_endpoint("http://127.0.0.1:9/hook", connect=True)
    options = {"stripe_account": seller}
    intent = client.v1.payment_intents.list({}, options).data[0]
    charge = client.v1.charges.list({}, options).data[0]
    v1 = client.v1
    return {
        "checkout.session": v1.checkout.sessions.retrieve(session.id, {}, options),
        "item": v1.checkout.sessions.line_items.list(session.id, {}, options).data[0],
        "payment_intent": intent,
        "charge": charge,
        "balance_transaction": v1.balance_transactions.retrieve(
            charge.balance_transaction, {}, options
        ),
        "application_fee": v1.application_fees.list().data[0],
        "coupon": v1.coupons.retrieve(coupon["id"], {}, options),
        "promotion_code": v1.promotion_codes.retrieve(code["id"], {}, options),
        "event": v1.events.list().data[0],
        "webhook_endpoint": v1.webhook_endpoints.retrieve(endpoint["id"]),
        "account": v1.accounts.retrieve(seller),
        "balance": v1.balance.retrieve(),
    }


KINDS = [
    "account",
    "application_fee",
    "balance",
    "balance_transaction",
    "charge",
    "checkout.session",
    "coupon",
    "event",
    "item",
    "payment_intent",
    "promotion_code",
    "webhook_endpoint",
]


class TestResources:
    @pytest.mark.parametrize("kind", KINDS)
    def test_has_exactly_the_keys_of_stripes_sample(self, paid, samples, kind):
        ours = set(paid[kind].to_dict())
        assert ours ^ set(samples[kind]) == set(EXEMPT.get(kind, {}))

    @pytest.mark.parametrize("kind", KINDS)
    def test_is_parsed_into_the_sdks_own_class(self, paid, kind):
        name = type(paid[kind]).__name__
        words = {"item": "LineItem", "checkout.session": "Session"}
        assert name == words.get(kind, kind.title().replace("_", ""))

    @pytest.mark.parametrize("kind", ["payment_intent", "item", "account"])
    def test_nested_objects_have_the_samples_keys(self, paid, samples, kind):
        nested = {
            "payment_intent": ["amount_details"],
            "item": ["price"],
            "account": ["settings", "requirements", "business_profile"],
        }
        ours = paid[kind].to_dict()
        for name in nested[kind]:
            assert set(ours[name]) == set(samples[kind][name])
