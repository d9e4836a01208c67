import sys
from types import ModuleType

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import override_settings
from django.urls import clear_url_caches

from payments_connect import checks
from payments_connect.conf import SETTING
from payments_connect.testing.factories import ConnectedAccountFactory, PaymentFactory

OPTIONS = {
    "api_key": "sk_test_x",
    "webhook_secrets": ["whsec_a"],
    "connect_webhook_secrets": ["whsec_b"],
}
BACKEND = "payments_connect.gateways.stripe.StripeGateway"


def raw(options=None, **changes):
    """Return right settings with changes."""
    entry = {"BACKEND": BACKEND, "OPTIONS": OPTIONS | (options or {})}
    return {"GATEWAYS": {"stripe": entry}} | changes


def broken_handler(order):
    """Stand for a site's handler; never called by a check."""
    raise AssertionError


def found(**settings):
    """Run our checks with settings; give the messages by code."""
    with override_settings(**settings):
        messages = run_checks(tags=[checks.LABEL], databases=["default"])
    codes = [str(each.id).removeprefix("payments_connect.") for each in messages]
    assert all(each.hint for each in messages)
    assert checks.CHECKS.keys() >= set(codes)
    return codes


@pytest.fixture(autouse=True)
def _kept_connections(monkeypatch):
    """Give the suite's database the options that W003 and W004 ask for."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)


@pytest.mark.django_db
class TestSettings:
    """Each mistake in the settings has a code and a hint."""

    def test_right_settings_are_silent(self):
        """Nothing to say."""
        assert found(PAYMENTS_CONNECT=raw()) == []
        assert found() == []

    @pytest.mark.parametrize(
        ("setting", "codes"),
        [
            (None, ["E001"]),
            ("stripe", ["E001"]),
            (raw(COLOUR="blue"), ["E001"]),
            (raw(NAMESPACE="", FEES=5), ["E001", "E001"]),
            ({"GATEWAYS": {"stripe": {"BACKEND": "no.Where"}}}, ["E002"]),
            (raw({"colour": "blue"}), ["E002"]),
            (raw(DEFAULT_GATEWAY="paypal"), ["E003"]),
            ({}, ["E003"]),
            (raw({"api_key": ""}), ["E004"]),
            (raw({"api_key": "pk_test_x"}), ["E005"]),
            (raw({"publishable_key": "pk_live_x"}), ["E006"]),
            (raw({"webhook_secrets": ["sk_test_x"]}), ["E007"]),
            (raw({"connect_webhook_secrets": ["we_1"]}), ["E007"]),
            (raw(FULFILMENT_HANDLER="no.where"), ["E008"]),
            (raw(FULFILMENT_HANDLER="payments_connect.checks.LABEL"), ["E008"]),
            (raw(FULFILMENT_HANDLER="tests.test_checks.broken_handler"), []),
            (raw({"webhook_secrets": []}), ["W001"]),
            (raw({"connect_webhook_secrets": []}), ["W005"]),
            (raw(CHARGE_TYPE="separate"), ["E010"]),
            (raw({"base_url": "127.0.0.1:12111"}), ["E011"]),
            (raw({"base_url": "http://127.0.0.1:12111/stripe"}), []),
            (raw({"api_key": "sk_live_x", "base_url": "http://else.where"}), ["E012"]),
            (raw({"api_key": "sk_live_x", "base_url": "http://127.0.0.1:1"}), []),
            (raw(CHECKOUT_UI_MODE="embedded_page"), ["E013"]),
            (
                raw({"publishable_key": "pk_test_x"}, CHECKOUT_UI_MODE="embedded_page"),
                [],
            ),
            (raw({"api_key": None}), ["E004"]),
            (raw({"api_key": "sk_test_x\n", "base_url": None}), []),
            (raw({"api_key": 5}), ["E002"]),
            (raw({"webhook_secrets": [5]}), ["E002"]),
            (raw({"webhook_secrets": None}), ["E002"]),
            (raw({"timeout": "soon"}), ["E002"]),
            (raw({"quick_timeout": (1, 0)}), ["E002"]),
            (raw(CONFIRM_INTERVAL=0.5), ["E001"]),
            (raw(CONFIRM_INTERVAL=True), ["E001"]),
            (raw(NAMESPACE="a\nb"), ["E001"]),
            (raw(DEFAULT_CURRENCY=None), ["E001"]),
            (raw(FEES={"fixed": 5}), ["E001"]),
            (raw(CHARGE_TYPE="platform"), []),
        ],
    )
    def test_each_mistake_has_its_code(self, setting, codes):
        """Before the first request."""
        assert found(PAYMENTS_CONNECT=setting) == codes

    def test_missing_setting_is_named(self, settings):
        """A site that only added the app."""
        del settings.PAYMENTS_CONNECT
        [message] = checks.check_settings(None)
        assert message.id == "payments_connect.E001"
        assert SETTING in message.msg

    def test_handler_whose_module_breaks_is_named(self, tmp_path, monkeypatch):
        """Importing a site's module may raise anything."""
        (tmp_path / "breaks_on_import.py").write_text("1 / 0\n")
        monkeypatch.syspath_prepend(tmp_path)
        setting = raw(FULFILMENT_HANDLER="breaks_on_import.handler")
        assert found(PAYMENTS_CONNECT=setting) == ["E008"]

    def test_unknown_key_is_told_the_known_ones(self, settings):
        """A typing mistake is seen at once."""
        settings.PAYMENTS_CONNECT = raw(NAME_SPACE="x")
        [message] = checks.check_settings(None)
        assert "NAMESPACE" in str(message.hint)

    def test_no_message_quotes_a_secret(self, settings):
        """The output of `check` ends in CI logs."""
        settings.PAYMENTS_CONNECT = raw(
            {
                "api_key": "hush-1",
                "webhook_secrets": ["hush-2"],
                "connect_webhook_secrets": ["hush-3"],
                "publishable_key": "hush-4",
            }
        )
        messages = checks.check_settings(None)
        assert messages
        assert "hush" not in " ".join(map(str, messages))


@pytest.mark.django_db
class TestUrls:
    """The endpoints need an address."""

    @pytest.mark.urls("tests.no_urls")
    def test_site_without_our_urls_is_warned(self, monkeypatch):
        """No webhook could arrive."""
        empty = ModuleType("tests.no_urls")
        monkeypatch.setattr(empty, "urlpatterns", [], raising=False)
        monkeypatch.setitem(sys.modules, "tests.no_urls", empty)
        clear_url_caches()
        assert found() == ["W002"]


@pytest.mark.django_db
class TestDatabase:
    """What the promises about concurrency rest on."""

    def codes(self, monkeypatch, vendor, **settings):
        with monkeypatch.context() as patch:
            patch.setattr(connection, "vendor", vendor)
            for name, value in settings.items():
                patch.setitem(connection.settings_dict, name, value)
            messages = [*checks.check_sqlite(None), *checks.check_connections(None)]
        assert all(each.hint for each in messages)
        return [each.id for each in messages]

    @pytest.mark.parametrize("mode", ["IMMEDIATE", "immediate"])
    def test_sqlite_with_immediate_transactions_is_fine(self, monkeypatch, mode):
        """As the demo has it."""
        options = {"transaction_mode": mode}
        assert self.codes(monkeypatch, "sqlite", OPTIONS=options) == []

    @pytest.mark.parametrize(
        "options", [{}, {"transaction_mode": None}, {"transaction_mode": "DEFERRED"}]
    )
    def test_sqlite_without_them_is_warned(self, monkeypatch, options):
        """Transactions that meet would fail."""
        codes = self.codes(monkeypatch, "sqlite", OPTIONS=options)
        assert codes == ["payments_connect.W003"]

    @pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
    def test_connections_that_are_not_kept_are_warned(self, monkeypatch, vendor):
        """Unless they are pooled or kept; said with --deploy only."""
        settings = {"OPTIONS": {}, "CONN_MAX_AGE": 0}
        codes = self.codes(monkeypatch, vendor, **settings)
        assert codes == ["payments_connect.W004"]
        pooled = settings | {"OPTIONS": {"pool": True}}
        assert self.codes(monkeypatch, vendor, **pooled) == []
        for age in (60, None):
            kept = settings | {"CONN_MAX_AGE": age}
            assert self.codes(monkeypatch, vendor, **kept) == []
        monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
        assert "W004" not in found()


@pytest.mark.django_db
class TestMode:
    """One database holds one mode."""

    def test_rows_of_the_keys_mode_are_silent(self):
        """Test keys and test rows."""
        PaymentFactory()
        ConnectedAccountFactory()
        assert found() == []

    @pytest.mark.parametrize("factory", [PaymentFactory, ConnectedAccountFactory])
    def test_rows_of_the_other_mode_are_an_error(self, factory):
        """Live rows beside test keys, and the other way round."""
        factory(livemode=True)
        assert found() == ["E009"]
        assert found(PAYMENTS_CONNECT=raw({"api_key": "sk_live_x"})) == []

    def test_without_database_nothing_is_asked(self, django_assert_num_queries):
        """`check` without --database connects to nothing."""
        PaymentFactory(livemode=True)
        with django_assert_num_queries(0):
            assert checks.check_mode(None) == []
            assert checks.check_mode(None, databases=["other"]) == []

    def test_wrong_settings_are_told_once(self):
        """The check of the rows leaves that to the check of the settings."""
        PaymentFactory(livemode=True)
        assert found(PAYMENTS_CONNECT={"X": 1}) == ["E001"]


class TestChecks:
    """The table of codes, which the documentation renders."""

    def test_every_code_is_described(self):
        """In one line."""
        for code, text in checks.CHECKS.items():
            assert code[0] in "EW"
            assert code[1:].isdigit()
            assert text.endswith(".")


class ReplicaRouter:
    """Reads from a replica, as many sites do."""

    def db_for_read(self, _model, **_hints):
        return "replica"


@pytest.mark.django_db
class TestProject:
    """What we need of the project around us."""

    def test_times_must_have_zones(self):
        """Gateways' times are absolute; naive columns would refuse them."""
        assert "E014" in found(USE_TZ=False)

    def test_rows_must_be_read_where_they_are_written(self):
        """A replica would not know what this request has just written."""
        router = "tests.test_checks.ReplicaRouter"
        with override_settings(DATABASE_ROUTERS=[router]):
            [message] = checks.check_project(None)
        assert message.id == "payments_connect.E015"
        assert "payments_connect.Order" in message.msg
