import pytest
from stripe.params import WebhookEndpointUpdateParams
from stripe.params.checkout import SessionCreateParams, SessionUpdateParams

from payments_connect.sandbox.stripe.errors import ApiError
from payments_connect.sandbox.stripe.forms import decode
from payments_connect.sandbox.stripe.params import check


class TestDecode:
    def test_brackets_become_nested_objects(self):
        assert decode("a[b][0][c]=1&a[b][1][c]=2&d=x%20y") == {
            "a": {"b": {"0": {"c": "1"}, "1": {"c": "2"}}},
            "d": "x y",
        }

    def test_empty_brackets_count_on(self):
        assert decode("expand[]=a&expand[]=b") == {"expand": {"0": "a", "1": "b"}}

    def test_empty_values_are_kept(self):
        assert decode("metadata[a]=") == {"metadata": {"a": ""}}

    @pytest.mark.parametrize("text", ["a[b=1", "[a]=1", "a[b]c=1", "a=1&a[b]=2"])
    def test_malformed_names_are_refused(self, text):
        with pytest.raises(ApiError, match="Invalid request"):
            decode(text)


class TestCheck:
    def test_texts_become_the_declared_types(self):
        checked = check(
            SessionCreateParams,
            decode("expires_at=12&allow_promotion_codes=true&expand[]=line_items"),
        )
        assert checked == {
            "expires_at": 12,
            "allow_promotion_codes": True,
            "expand": ["line_items"],
        }

    def test_empty_text_clears_what_can_be_cleared(self):
        assert check(SessionUpdateParams, decode("metadata=")) == {"metadata": ""}
        checked = check(WebhookEndpointUpdateParams, decode("description="))
        assert checked == {"description": ""}

    @pytest.mark.parametrize(
        ("form", "param", "words"),
        [
            ("line_items=x", "line_items", "Invalid array"),
            ("line_items[1][quantity]=1", "line_items", "Invalid array"),
            ("metadata=", "metadata", "Invalid object"),
            ("metadata[a][b]=1", "metadata[a]", "Invalid string"),
            ("allow_promotion_codes=maybe", "allow_promotion_codes", "Invalid boolean"),
            ("expires_at=soon", "expires_at", "Invalid integer"),
            ("locale=xx", "locale", "must be one of"),
            ("api_key=sk_test_1", "api_key", "unknown parameter"),
            (
                "line_items[0][price_data][colour]=red"
                "&line_items[0][price_data][currency]=usd",
                "line_items[0][price_data][colour]",
                "unknown parameter",
            ),
            (
                "line_items[0][price_data][product_data][description]=x",
                "line_items[0][price_data][product_data][name]",
                "Missing required param",
            ),
        ],
    )
    def test_wrong_values_are_named(self, form, param, words):
        with pytest.raises(ApiError, match=words) as refusal:
            check(SessionCreateParams, decode(form))
        named = refusal.value.fields["param"]
        assert named == param or param.startswith(named)
