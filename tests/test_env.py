import pytest

from payments_connect.conf import read_settings
from payments_connect.env import VARIABLES, settings_from_env
from payments_connect.gateways.registry import build_gateway

FULL = {
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "STRIPE_WEBHOOK_SECRETS": "whsec_a,whsec_b",
    "STRIPE_CONNECT_WEBHOOK_SECRETS": "whsec_c",
    "STRIPE_API_BASE": "http://127.0.0.1:12111/stripe",
    "PAYMENTS_NAMESPACE": "shop",
    "PAYMENTS_CHARGE_TYPE": "platform",
    "PAYMENTS_FEE_PERCENT": "7.5",
}


class TestSettingsFromEnv:
    """Environment variables become the dict."""

    def test_all_variables_are_read(self):
        """And the dict is right as it is."""
        found = settings_from_env(FULL)
        parsed, problems = read_settings(found)
        assert problems == []
        options = parsed.gateways["stripe"].options
        assert options["api_key"] == "sk_test_1"
        assert options["webhook_secrets"] == ["whsec_a", "whsec_b"]
        assert options["connect_webhook_secrets"] == ["whsec_c"]
        assert options["base_url"] == FULL["STRIPE_API_BASE"]
        assert parsed.namespace == "shop"
        assert parsed.charge_type == "platform"
        assert str(parsed.fees.percent) == "7.5"

    def test_gateway_takes_the_options(self):
        """The names are those of the constructor."""
        parsed, _problems = read_settings(settings_from_env(FULL))
        gateway = build_gateway("stripe", parsed.gateways["stripe"])
        assert list(gateway.problems()) == []

    @pytest.mark.parametrize("variables", [{}, dict.fromkeys(FULL, "")])
    def test_unset_and_empty_variables_leave_the_defaults(self, variables):
        """An empty line in a file of variables is no value."""
        found = settings_from_env(variables)
        assert found.keys() == {"GATEWAYS"}
        assert found["GATEWAYS"]["stripe"]["OPTIONS"] == {}

    def test_documented_variables_are_the_ones_that_are_read(self):
        """No more and no fewer: without any one of them the dict differs."""
        assert FULL.keys() == VARIABLES.keys()
        for name in VARIABLES:
            without = {key: value for key, value in FULL.items() if key != name}
            assert settings_from_env(without) != settings_from_env(FULL)

    def test_environment_of_the_process_is_the_default(self, monkeypatch):
        """As settings modules use it."""
        monkeypatch.setenv("PAYMENTS_NAMESPACE", "from-the-process")
        assert settings_from_env()["NAMESPACE"] == "from-the-process"

    def test_spaces_around_a_secret_are_no_part_of_it(self):
        """People write lists with a space after the comma."""
        found = settings_from_env({"STRIPE_WEBHOOK_SECRETS": "whsec_a, whsec_b ,"})
        options = found["GATEWAYS"]["stripe"]["OPTIONS"]
        assert options["webhook_secrets"] == ["whsec_a", "whsec_b"]
