import pickle
import traceback

import pytest
import stripe

from payments_connect.exceptions import (
    GatewayBusy,
    GatewayError,
    GatewayMisconfigured,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnavailable,
)
from payments_connect.gateways.stripe import StripeGateway
from payments_connect.gateways.stripe.errors import translate
from payments_connect.gateways.types import AccountRef
from payments_connect.sandbox import Fault
from tests.gateways.contracts import checkout_request

from .canned import canned, error
from .conftest import gateway_of

KEY = "sk_test_very_secret"


def answer_of(status, body, headers=None):
    """Return what a gateway makes of one HTTP answer."""
    with canned(status, body, headers) as url:
        gateway = StripeGateway(api_key=KEY, base_url=url, max_network_retries=0)
        with pytest.raises(GatewayError) as caught:
            gateway.retrieve_checkout("cs_1", account=None)
    return caught.value


class TestByAnswer:
    """Each HTTP answer of Stripe's becomes the error the caller can act on."""

    @pytest.mark.parametrize(
        ("status", "fields", "kind"),
        [
            (400, {"type": "invalid_request_error"}, GatewayRefused),
            (400, {"type": "idempotency_error"}, GatewayMisconfigured),
            (401, {"type": "invalid_request_error"}, GatewayMisconfigured),
            (402, {"type": "card_error", "code": "card_declined"}, GatewayRefused),
            (403, {"code": "account_invalid"}, GatewayRefused),
            (403, {"code": "more_permissions_required"}, GatewayMisconfigured),
            (403, {}, GatewayMisconfigured),
            (404, {"code": "resource_missing"}, GatewayNotFound),
            (404, {}, GatewayNotFound),
            (400, {"code": "resource_missing"}, GatewayNotFound),
            (409, {"code": "idempotency_key_in_use"}, GatewayBusy),
            (409, {"code": "lock_timeout"}, GatewayUnavailable),
            (424, {"type": "api_error"}, GatewayUnavailable),
            (429, {"code": "rate_limit"}, GatewayUnavailable),
            (429, {"code": "lock_timeout"}, GatewayUnavailable),
            (500, {"type": "api_error"}, GatewayUnavailable),
            (502, {}, GatewayUnavailable),
            (503, {"type": "api_error"}, GatewayUnavailable),
            (418, {"type": "from_the_future"}, GatewayUnavailable),
        ],
    )
    def test_status_decides_what_the_caller_can_do(self, status, fields, kind):
        """Exactly this leaf, with the code and the id of the request."""
        caught = answer_of(status, error(**fields))
        assert type(caught) is kind
        assert caught.code == fields.get("code", "")
        assert caught.request_id == "req_canned"
        assert caught.gateway == "stripe"

    @pytest.mark.parametrize(
        "body", [b"<html>Bad gateway</html>", b"", b"[]", b"null", b'"x"', b"\xff"]
    )
    @pytest.mark.parametrize("status", [200, 502])
    def test_answer_that_is_not_stripes_leaves_the_outcome_unknown(self, status, body):
        """A proxy in between said something: nobody knows what Stripe did."""
        assert type(answer_of(status, body)) is GatewayUnavailable

    @pytest.mark.parametrize("body", [{"error": "text"}, {"error": None}, {}])
    def test_error_without_a_body_is_an_error(self, body):
        """An empty or odd error object is guarded."""
        assert isinstance(answer_of(400, body), GatewayError)

    def test_only_a_card_error_speaks_to_the_buyer(self):
        """Other messages are for developers, and may quote what we sent."""
        card = answer_of(402, error(type="card_error", message="Your card is odd."))
        assert card.user_message == "Your card is odd."
        assert answer_of(400, error(message="Invalid email: a@b.c")).user_message == ""

    def test_decline_code_is_kept(self):
        """The code says why a card was refused."""
        caught = answer_of(
            402, error(type="card_error", code="card_declined", decline_code="x")
        )
        assert caught.code == "card_declined"


class TestByFault:
    """The same over the sandbox's socket, while creating."""

    @pytest.mark.parametrize(
        "kind",
        [
            "http_500",
            "http_500_then_success",
            "http_429",
            "http_503_down",
            "timeout_after_success",
            "connection_reset",
        ],
    )
    def test_fault_leaves_the_outcome_unknown(self, sandbox, gateway, kind):
        """Whatever breaks, the same key may be repeated."""
        sandbox.faults.add(Fault(kind))
        call = gateway.prepare_checkout(checkout_request())
        with pytest.raises(GatewayUnavailable):
            gateway.create_checkout(call, idempotency_key="k")

    def test_server_that_is_not_there_is_unavailable(self):
        """No answer has no request id and no code."""
        gateway = StripeGateway(
            api_key=KEY, base_url="http://127.0.0.1:9", max_network_retries=0
        )
        with pytest.raises(GatewayUnavailable) as caught:
            gateway.retrieve_checkout("cs_1", account=None)
        assert (caught.value.code, caught.value.request_id) == ("", "")
        assert "no answer" in str(caught.value)

    def test_account_out_of_reach_is_the_sellers_state(self, gateway):
        """Revoked access is refused with the code that says so."""
        with pytest.raises(GatewayRefused) as caught:
            gateway.retrieve_checkout(
                "cs_1", account=AccountRef(external_id="acct_gone")
            )
        assert caught.value.code == "account_invalid"
        assert not isinstance(caught.value, GatewayNotFound)

    def test_parameter_stripe_does_not_take_is_a_definite_no(self, gateway):
        """A refused request has its code, and its key is free again."""
        call = gateway.prepare_checkout(checkout_request(success_url="not a url"))
        with pytest.raises(GatewayRefused) as caught:
            gateway.create_checkout(call, idempotency_key="k")
        assert caught.value.code == "url_invalid"
        assert caught.value.request_id.startswith("req_")


class TestSecrets:
    """Nothing that is printed, logged or stored as text tells a secret."""

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 429, 500])
    def test_error_quotes_neither_key_nor_message(self, status):
        """Stripe's messages may quote the key, an e-mail address or parameters."""
        caught = answer_of(status, error(message=f"{KEY} jane@example.com"))
        shown = f"{caught} {caught!r} {caught.args}"
        assert KEY not in shown
        assert "jane@" not in shown
        assert str(status) in shown

    def test_traceback_never_shows_the_key(self, sandbox):
        """The SDK's own error is chained; what it says of the key is masked."""
        with pytest.raises(GatewayError) as caught:
            gateway_of(sandbox, api_key=KEY).retrieve_checkout("cs_1", account=None)
        assert KEY not in "".join(traceback.format_exception(caught.value))

    def test_credentials_of_an_account_are_not_shown(self):
        """Square's tokens will travel in it."""
        assert "hush" not in repr(AccountRef(external_id="a", credentials="hush"))

    def test_gateway_cannot_be_pickled_by_mistake(self):
        """A cache or a queue would hold the key in clear."""
        with pytest.raises(TypeError):
            pickle.dumps(StripeGateway(api_key=KEY))


class TestTranslate:
    """Errors the SDK makes up itself."""

    def test_unknown_class_of_the_sdk_leaves_the_outcome_unknown(self):
        """A new kind of error must not close an attempt."""
        assert type(translate(stripe.StripeError("new"))) is GatewayUnavailable

    def test_error_without_anything_has_a_message(self):
        """Class and status are all there is."""
        text = str(translate(stripe.APIConnectionError("x")))
        assert text == "Stripe: APIConnectionError (no answer)"
