import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from payments_connect.enums import ChargeType, PaymentStatus
from payments_connect.exceptions import (
    GatewayBusy,
    GatewayMisconfigured,
    GatewayUnavailable,
    SnapshotError,
    UnsupportedFeature,
)
from payments_connect.gateways.stripe import StripeGateway
from payments_connect.gateways.stripe.gateway import API_VERSION
from payments_connect.gateways.types import AccountRef, CheckoutLine
from payments_connect.sandbox import Fault, Sandbox
from payments_connect.testing.events import sign
from payments_connect.testing.fixtures import CONNECT_SECRET, PLATFORM_SECRET
from tests.gateways.contracts import (
    Delivered,
    GatewayContract,
    World,
    checkout_request,
    direct_request,
)

from .canned import canned
from .conftest import gateway_of

SESSIONS = "/v1/checkout/sessions"


@dataclass
class StripeWorld(World):
    """The sandbox, seen through the contract."""

    sandbox: Sandbox
    unknown_id: str = "cs_test_nobody"

    def __post_init__(self):
        self.gateway = gateway_of(self.sandbox)
        self.gateway_with_wrong_key = gateway_of(self.sandbox, api_key="sk_test_wrong")

    def account(self):
        return AccountRef(external_id=self.sandbox.stripe.add_account()["id"])

    def pay(self, checkout_id):
        self.sandbox.stripe.pay(checkout_id)

    def go_down(self):
        self.sandbox.faults.add(Fault("http_503_down"))

    def paid_delivery(self, checkout_id, *, version=""):
        event = next(
            each
            for each in self.sandbox.stripe.events
            if each["type"] == "checkout.session.completed"
            and each["data"]["object"]["id"] == checkout_id
        )
        if version:
            event["api_version"] = version
        connect = "account" in event
        signed = sign(event, CONNECT_SECRET if connect else PLATFORM_SECRET)
        endpoint = "connect" if connect else "platform"
        return Delivered(endpoint, signed.body, signed.headers)


class TestContract(GatewayContract):
    """Stripe keeps what every gateway promises."""

    @pytest.fixture
    def world(self, sandbox):
        return StripeWorld(sandbox)


def create(gateway, request=None, *, key="key"):
    call = gateway.prepare_checkout(request or checkout_request())
    return gateway.create_checkout(call, idempotency_key=key)


class TestCalls:
    """How the calls are made."""

    def test_every_call_names_our_version_key_and_account(self, sandbox, gateway):
        """What we read does not depend on the account's default version."""
        account = AccountRef(external_id=sandbox.stripe.add_account()["id"])
        created = create(gateway, direct_request(account), key="mine").snapshot
        gateway.retrieve_checkout(created.checkout_id, account=account)
        gateway.expire_checkout(created.checkout_id, account=account)
        made, found, ended = sandbox.requests
        assert made.idempotency_key == "mine"
        assert found.idempotency_key is None
        assert ended.path == f"{SESSIONS}/{created.checkout_id}/expire"
        for call in (made, found, ended):
            assert call.api_version == API_VERSION
            assert call.account == account.external_id

    def test_embedded_checkout_has_a_secret_and_no_page(self, gateway):
        """The site embeds the page by the client secret; there is no address."""
        checkout = create(gateway, checkout_request(ui_mode="embedded_page"))
        assert checkout.client_secret
        assert checkout.url == ""
        assert checkout.client_secret not in repr(checkout)

    def test_buyers_codes_are_offered_where_asked(self, sandbox, gateway):
        """A discount that the buyer enters on the page is told apart."""
        coupon = sandbox.stripe.add_coupon(percent_off=20)["id"]
        sandbox.stripe.add_promotion_code("TWENTY", coupon)
        made = create(gateway, checkout_request(allow_promotion_codes=True)).snapshot
        sandbox.stripe.pay(made.checkout_id, promotion_code="TWENTY")
        paid = gateway.retrieve_checkout(made.checkout_id, account=None).snapshot
        assert (paid.subtotal, paid.discount, paid.amount) == (100_00, 20_00, 80_00)
        assert paid.amount_captured == 80_00

    @pytest.mark.parametrize("word", ["paid", "no_payment_required"])
    def test_total_of_zero_is_paid_in_both_words(self, sandbox, gateway, word):
        """API versions differ in what they call a session that cost nothing."""
        sandbox.stripe.zero_total_payment_status = word
        coupon = sandbox.stripe.add_coupon(percent_off=100)["id"]
        sandbox.stripe.add_promotion_code("FREE", coupon)
        made = create(gateway, checkout_request(allow_promotion_codes=True)).snapshot
        sandbox.stripe.pay(made.checkout_id, promotion_code="FREE")
        paid = gateway.retrieve_checkout(made.checkout_id, account=None).snapshot
        assert paid.status == PaymentStatus.SUCCEEDED
        assert (paid.amount, paid.amount_captured, paid.external_id) == (0, 0, "")

    def test_decline_leaves_the_checkout_open_and_names_no_charge(
        self, sandbox, gateway
    ):
        """Another card may follow: the charge of a decline is not the payment's."""
        made = create(gateway).snapshot
        with pytest.raises(Exception, match="declined"):
            sandbox.stripe.pay(made.checkout_id, "4000000000000002")
        found = gateway.retrieve_checkout(made.checkout_id, account=None).snapshot
        assert found.status == PaymentStatus.OPEN
        assert found.failure_code == "generic_decline"
        assert found.external_id
        assert found.charge_id == ""

    def test_delayed_debit_is_processing_until_the_bank_speaks(self, sandbox, gateway):
        """Complete and unpaid is on its way; after a failure it has failed."""
        made = create(gateway, checkout_request(currency="EUR")).snapshot
        sandbox.stripe.pay(made.checkout_id, "AT861904300235473202")
        found = gateway.retrieve_checkout(made.checkout_id, account=None).snapshot
        assert found.status == PaymentStatus.PROCESSING
        sandbox.clock.advance(seconds=24 * 3600)
        found = gateway.retrieve_checkout(made.checkout_id, account=None).snapshot
        assert found.status == PaymentStatus.FAILED
        assert found.failure_code

    def test_order_of_very_many_lines_is_sent_as_one(self, sandbox, gateway):
        """Stripe takes a hundred lines; the buyer then sees the order's sum."""
        lines = tuple(
            CheckoutLine(description=f"Thing {n}", amount=1_00) for n in range(101)
        )
        request = checkout_request(lines=lines, amount=101_00)
        call = gateway.prepare_checkout(request)
        assert len(call.params["line_items"]) == 1
        made = gateway.create_checkout(call, idempotency_key="many")
        assert made.snapshot.amount == 101_00

    @pytest.mark.parametrize("bad", ["", "cs_1/expire", "cs 1", "../accounts", "cs_é"])
    def test_id_that_would_change_the_path_never_leaves(self, sandbox, gateway, bad):
        """The SDK would list all sessions on an empty id."""
        with pytest.raises(SnapshotError):
            gateway.retrieve_checkout(bad, account=None)
        with pytest.raises(SnapshotError):
            gateway.expire_checkout(bad, account=None)
        assert sandbox.requests == []

    def test_direct_charge_without_an_account_is_refused(self, sandbox, gateway):
        """It would silently become the platform's own sale."""
        request = checkout_request(charge_type=ChargeType.DIRECT, account=None)
        with pytest.raises(UnsupportedFeature):
            gateway.prepare_checkout(request)
        assert sandbox.requests == []

    def test_no_fee_leaves_the_parameter_out(self, gateway):
        """Stripe takes positive application fees only."""
        params = gateway.prepare_checkout(checkout_request()).params
        assert "application_fee_amount" not in params["payment_intent_data"]

    def test_mark_is_on_session_and_payment_intent(self, gateway):
        """Stripe copies no metadata from one to the other."""
        params = gateway.prepare_checkout(checkout_request()).params
        assert params["metadata"] == params["payment_intent_data"]["metadata"]
        assert params["client_reference_id"] in params["metadata"].values()

    def test_buyer_without_address_and_tax_by_stripe(self, gateway):
        """No e-mail is left out instead of sent empty; tax is asked for by name."""
        request = checkout_request(email="", automatic_tax=True)
        params = gateway.prepare_checkout(request).params
        assert "customer_email" not in params
        assert params["automatic_tax"] == {"enabled": True}

    def test_gateway_without_a_key_calls_nobody(self, sandbox):
        """The SDK would send an empty key."""
        with pytest.raises(GatewayMisconfigured):
            gateway_of(sandbox, api_key="").retrieve_checkout("cs_1", account=None)
        assert sandbox.requests == []

    def test_answer_that_is_no_session_is_unreadable(self):
        """A proxy's friendly JSON does not become a payment."""
        with canned(200, {"hello": "world"}) as url:
            gateway = StripeGateway(api_key="sk_test_x", base_url=url)
            with pytest.raises(SnapshotError):
                gateway.retrieve_checkout("cs_1", account=None)


class TestRepeats:
    """Retries and timeouts are those of the options."""

    def test_500_then_success_makes_one_session(self, sandbox):
        """The SDK repeats with the same key, so the work is done once."""
        gateway = gateway_of(sandbox, max_network_retries=1)
        fault = Fault("http_500_then_success", path=SESSIONS, executed=True)
        sandbox.faults.add(fault)
        created = create(gateway, key="once")
        assert [call.status for call in sandbox.requests] == [500, 200]
        assert {call.idempotency_key for call in sandbox.requests} == {"once"}
        assert sandbox.requests[1].replayed
        assert created.snapshot.status == PaymentStatus.OPEN

    def test_lost_answer_is_found_again_by_its_key(self, sandbox, gateway):
        """After a timeout the same key gives the session that was made."""
        sandbox.faults.add(Fault("timeout_after_success", path=SESSIONS))
        call = gateway.prepare_checkout(checkout_request())
        with pytest.raises(GatewayUnavailable):
            gateway.create_checkout(call, idempotency_key="lost")
        again = gateway.create_checkout(call, idempotency_key="lost")
        assert sandbox.requests[-1].replayed
        assert again.snapshot.status == PaymentStatus.OPEN

    def test_quick_asks_once(self, sandbox):
        """A buyer on the return page does not wait for retries."""
        gateway = gateway_of(sandbox, max_network_retries=5)
        sandbox.faults.add(Fault("http_503_down"))
        with pytest.raises(GatewayUnavailable):
            gateway.retrieve_checkout("cs_1", account=None, quick=True)
        assert len(sandbox.requests) == 1

    @pytest.mark.parametrize(
        ("options", "quick"),
        [({"timeout": (0.2, 0.2)}, False), ({"quick_timeout": (0.2, 0.2)}, True)],
    )
    def test_timeouts_are_honored(self, sandbox, options, quick):
        """The buyer waits as long as the options say, not the SDK's 80 seconds."""
        sandbox.faults.add(Fault("slow", seconds=3))
        started = time.monotonic()
        with pytest.raises(GatewayUnavailable):
            gateway_of(sandbox, **options).retrieve_checkout(
                "cs_1", account=None, quick=quick
            )
        assert time.monotonic() - started < 2

    def test_key_in_use_is_repeated_later(self, sandbox, gateway):
        """Two clicks at once: the second learns nothing yet, and refuses nothing."""
        sandbox.faults.add(Fault("slow", path=SESSIONS, seconds=0.5))
        call = gateway.prepare_checkout(checkout_request())
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(gateway.create_checkout, call, idempotency_key="same")
            time.sleep(0.2)
            with pytest.raises(GatewayBusy):
                gateway.create_checkout(call, idempotency_key="same")
            done = first.result()
        again = gateway.create_checkout(call, idempotency_key="same")
        assert again == done

    def test_threads_share_a_gateway(self, sandbox, gateway):
        """One instance serves all threads, each with a connection of its own."""
        barrier = threading.Barrier(8)

        def one(number):
            barrier.wait(5)
            return create(gateway, key=f"key {number}").snapshot.checkout_id

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(one, range(8)))) == 8


class TestOptions:
    """What the constructor takes, and what is wrong with it."""

    def codes(self, **options):
        given = {
            "api_key": "sk_test_x",
            "webhook_secrets": ["whsec_a"],
            "connect_webhook_secrets": ["whsec_b"],
        }
        return [each.code for each in StripeGateway(**given | options).problems()]

    def test_right_options_have_no_problem(self):
        """Nothing to say about test keys with both secrets."""
        assert self.codes() == []
        assert self.codes(publishable_key="pk_test_x") == []
        assert self.codes(api_key="rk_live_x", publishable_key="pk_live_x") == []

    @pytest.mark.parametrize(
        ("options", "codes"),
        [
            ({"api_key": ""}, ["E004"]),
            ({"api_key": "pk_test_x"}, ["E005"]),
            ({"api_key": "whsec_x"}, ["E005"]),
            ({"publishable_key": "pk_live_x"}, ["E006"]),
            ({"publishable_key": "sk_test_x"}, ["E006"]),
            ({"publishable_key": "pk_test_x", "api_key": "sk_live_x"}, ["E006"]),
            ({"webhook_secrets": ["sk_test_x"]}, ["E007"]),
            ({"connect_webhook_secrets": ["", "pk"]}, ["E007"]),
            ({"webhook_secrets": []}, ["W001"]),
            ({"webhook_secrets": [""]}, ["W001"]),
            ({"connect_webhook_secrets": []}, ["W005"]),
        ],
    )
    def test_wrong_options_are_named_with_a_hint(self, options, codes):
        """Each mistake has its code."""
        assert self.codes(**options) == codes

    def test_hints_never_quote_a_value(self):
        """A pasted secret does not come back in the output of `check`."""
        wrong = StripeGateway(
            api_key="secret-1", webhook_secrets=["secret-2"], publishable_key="secret-3"
        )
        for problem in wrong.problems():
            assert problem.hint
            assert "secret-" not in problem.message + problem.hint

    def test_secrets_must_be_a_list(self):
        """A string would be read as many one-letter secrets."""
        with pytest.raises(TypeError):
            StripeGateway(webhook_secrets="whsec_a")
        with pytest.raises(TypeError):
            StripeGateway(connect_webhook_secrets="whsec_a")

    @pytest.mark.parametrize(
        ("key", "live"),
        [
            ("sk_test_1", False),
            ("rk_test_1", False),
            ("sk_live_1", True),
            ("rk_live_1", True),
            ("sk_new_kind", True),
            ("", True),
        ],
    )
    def test_only_known_test_keys_are_test_mode(self, key, live):
        """Whatever is unknown is treated as real money."""
        assert StripeGateway(api_key=key).livemode is live

    def test_fee_stays_below_a_direct_charge(self, gateway):
        """And nobody takes a fee of the platform's own sale."""
        assert gateway.max_application_fee(100_00, ChargeType.DIRECT) == 99_99
        assert gateway.max_application_fee(100_00, ChargeType.PLATFORM) == 0
