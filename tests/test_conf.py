from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_connect.conf import (
    FeeRule,
    Settings,
    default_settings,
    fee_rule,
    get_settings,
    read_settings,
)
from payments_connect.enums import ChargeType
from payments_connect.exceptions import ConfigurationError


class TestReadSettings:
    """The dict becomes typed settings, or a list of what is wrong with it."""

    def test_empty_dict_is_all_defaults(self):
        """Every key has a default; the system checks ask for the needed ones."""
        assert read_settings({}) == (Settings(), [])

    def test_each_key_is_read(self):
        """One of each kind."""
        parsed, problems = read_settings(
            {
                "GATEWAYS": {"stripe": {"BACKEND": "a.B", "OPTIONS": {"x": 1}}},
                "NAMESPACE": "shop",
                "DEFAULT_CURRENCY": "EUR",
                "CHARGE_TYPE": "platform",
                "FEES": {"percent": "2.5", "fixed": {"EUR": 30}},
                "CHECKOUT_EXPIRES_AFTER": timedelta(hours=1),
                "CONFIRM_INTERVAL": 5,
                "WEBHOOK_MAX_BYTES": 1_000,
                "FULFILMENT_HANDLER": "shop.ship",
            }
        )
        assert problems == []
        assert parsed.gateways["stripe"].options == {"x": 1}
        assert parsed.namespace == "shop"
        assert parsed.default_currency == "EUR"
        assert parsed.charge_type is ChargeType.PLATFORM
        assert parsed.fees == FeeRule(percent=Decimal("2.5"), fixed={"EUR": 30})
        assert parsed.checkout_expires_after == timedelta(hours=1)
        assert parsed.confirm_interval == timedelta(seconds=5)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("GATEWAYS", "stripe"),
            ("GATEWAYS", {"stripe": {}}),
            ("GATEWAYS", {"stripe": {"BACKEND": 5}}),
            ("GATEWAYS", {"stripe": {"BACKEND": "a.B", "API_KEY": "x"}}),
            ("GATEWAYS", {"stripe": None}),
            ("GATEWAYS", {"stripe": {"BACKEND": "a.B", "OPTIONS": 5}}),
            ("DEFAULT_GATEWAY", None),
            ("NAMESPACE", ""),
            ("NAMESPACE", "n" * 41),
            ("NAMESPACE", "b\u00e4r"),
            ("NAMESPACE", None),
            ("DEFAULT_CURRENCY", "usd"),
            ("DEFAULT_CURRENCY", "DOLLARS"),
            ("CHARGE_TYPE", "indirect"),
            ("FEES", {"percent": "a lot"}),
            ("FEES", {"percent": 101}),
            ("FEES", {"percent": -1}),
            ("FEES", {"percent": "NaN"}),
            ("FEES", {"flat": 1}),
            ("FEES", {"fixed": {"USD": 0.3}}),
            ("FEES", {"fixed": {"USD": -30}}),
            ("FEES", {"fixed": {"USD": True}}),
            ("FEES", 10),
            ("OVERSOLD_POLICY", "panic"),
            ("WEBHOOK_PROCESSING", "later"),
            ("FULFILMENT_HANDLER", print),
            ("CHECKOUT_UI_MODE", "hosted"),
            ("CHECKOUT_EXPIRES_AFTER", timedelta(minutes=5)),
            ("CHECKOUT_EXPIRES_AFTER", timedelta(days=2)),
            ("CHECKOUT_EXPIRES_AFTER", "an hour"),
            ("ORDER_EXPIRES_AFTER", 0),
            ("CONFIRM_INTERVAL", -1),
            ("WEBHOOK_MAX_BYTES", 0),
            ("WEBHOOK_MAX_BYTES", True),
            ("WEBHOOK_MAX_ATTEMPTS", 1.5),
            ("WEBHOOK_PATIENCE", "3"),
            ("COLOUR", "blue"),
            ("namespace", "shop"),
            (5, "shop"),
        ],
    )
    def test_wrong_value_is_named_and_its_default_kept(self, key, value):
        """So that one run of the checks finds every mistake."""
        parsed, [(named, problem)] = read_settings({key: value})
        assert named == str(key)
        assert problem
        assert parsed == Settings()

    @pytest.mark.parametrize("raw", [None, [], "x", 5])
    def test_anything_but_a_dict_is_one_problem(self, raw):
        """The setting itself is wrong."""
        parsed, [(key, problem)] = read_settings(raw)
        assert (key, parsed) == ("", Settings())
        assert "dict" in problem

    def test_all_mistakes_are_found_at_once(self):
        """Not one per restart."""
        _parsed, problems = read_settings({"A": 1, "NAMESPACE": "", "FEES": 1})
        assert [key for key, _problem in problems] == ["A", "NAMESPACE", "FEES"]

    @given(
        st.dictionaries(
            st.sampled_from(sorted(default_settings())),
            st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.none()),
        )
    )
    def test_no_value_raises(self, raw):
        """Whatever stands in the settings, `check` can speak."""
        parsed, _problems = read_settings(raw)
        assert isinstance(parsed, Settings)

    def test_options_are_not_shown(self):
        """They hold keys and secrets; a settings object ends in tracebacks."""
        options = {"api_key": "sk_live_hush", "webhook_secrets": ["whsec_hush"]}
        raw = {"GATEWAYS": {"stripe": {"BACKEND": "a.B", "OPTIONS": options}}}
        parsed, _problems = read_settings(raw)
        assert "hush" not in repr(parsed)
        assert "hush" not in str(parsed.gateways["stripe"])

    def test_options_cannot_be_changed_behind_our_back(self):
        """A gateway is built once: a later change would be half a change."""
        options = {"api_key": "a"}
        raw = {"GATEWAYS": {"stripe": {"BACKEND": "a.B", "OPTIONS": options}}}
        parsed, _problems = read_settings(raw)
        options["api_key"] = "b"
        assert parsed.gateways["stripe"].options["api_key"] == "a"
        with pytest.raises(TypeError):
            parsed.gateways["stripe"].options["api_key"] = "c"  # type: ignore[index]  # frozen


class TestFeeRule:
    """A fee rule from the settings or a seller's row."""

    def test_rule_is_itself(self):
        """Reading twice changes nothing."""
        rule = fee_rule({"percent": 10})
        assert fee_rule(rule) is rule

    def test_float_percent_is_read_by_its_digits(self):
        """2.9 is 2.9, not 2.899999."""
        assert fee_rule({"percent": 2.9}).percent == Decimal("2.9")

    def test_nothing_is_no_fee(self):
        """Both parts are optional."""
        assert fee_rule({}) == FeeRule(percent=Decimal(0), fixed={})


class TestGetSettings:
    """The settings of the process."""

    def test_override_is_followed(self, settings):
        """As Django's tests do it."""
        assert get_settings().namespace == "tests"
        settings.PAYMENTS_CONNECT = {"NAMESPACE": "other"}
        assert get_settings().namespace == "other"

    def test_settings_are_read_once(self):
        """Every request asks for them."""
        assert get_settings() is get_settings()

    @pytest.mark.parametrize("raw", [None, {"NAMESPACE": ""}, {"X": 1}])
    def test_wrong_settings_are_a_configuration_error(self, settings, raw):
        """Nothing runs on half a configuration."""
        settings.PAYMENTS_CONNECT = raw
        with pytest.raises(ConfigurationError, match="PAYMENTS_CONNECT"):
            get_settings()

    def test_missing_setting_is_a_configuration_error(self, settings):
        """It is not the same as an empty one."""
        del settings.PAYMENTS_CONNECT
        get_settings.cache_clear()  # deleting sends no signal
        with pytest.raises(ConfigurationError):
            get_settings()


class TestDefaultSettings:
    """The defaults, for the documentation."""

    def test_each_key_of_the_dict_has_one(self):
        """And reading them gives what an empty dict gives."""
        parsed, problems = read_settings(default_settings())
        assert (parsed, problems) == (Settings(), [])
