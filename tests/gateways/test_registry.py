import pytest

from payments_connect.conf import GatewayConfig
from payments_connect.exceptions import ConfigurationError
from payments_connect.gateways.registry import build_gateway, get_gateway
from payments_connect.gateways.stripe import StripeGateway

BACKEND = "payments_connect.gateways.stripe.StripeGateway"


def build(backend=BACKEND, *, slug="stripe", **options):
    return build_gateway(slug, GatewayConfig(backend=backend, options=options))


class TestBuildGateway:
    """A gateway from its entry in the settings."""

    def test_options_go_to_the_constructor(self):
        """And building calls nobody."""
        gateway = build(api_key="sk_live_x")
        assert isinstance(gateway, StripeGateway)
        assert gateway.livemode

    @pytest.mark.parametrize(
        "backend",
        [
            "nowhere.Gateway",
            "payments_connect.gateways.stripe.Nothing",
            "payments_connect.money.allocate",
            "payments_connect.money.MAX_AMOUNT",
            "datetime.datetime",
            "StripeGateway",
            "",
        ],
    )
    def test_backend_that_is_no_gateway_is_refused(self, backend):
        """Not importable, or not a class of ours."""
        with pytest.raises(ConfigurationError):
            build(backend)

    def test_gateway_goes_under_its_own_slug(self):
        """Rows and addresses carry the slug: two names would split them."""
        with pytest.raises(ConfigurationError, match="striped"):
            build(slug="striped")

    @pytest.mark.parametrize(
        "options",
        [{"colour": "hush-hush"}, {"webhook_secrets": "hush-hush"}],
    )
    def test_wrong_options_are_refused_without_their_values(self, options):
        """The message may be printed by `check`."""
        with pytest.raises(ConfigurationError) as caught:
            build(**options)
        assert "hush" not in str(caught.value)

    def test_abstract_gateway_is_refused(self):
        """Half a gateway is a mistake of its author, told at start."""
        with pytest.raises(ConfigurationError):
            build("payments_connect.gateways.base.Gateway")


class TestGetGateway:
    """The gateway of a slug, built once."""

    def test_gateway_is_built_once(self):
        """Its connections are kept between requests."""
        assert get_gateway("stripe") is get_gateway("stripe")

    def test_unknown_slug_is_a_configuration_error(self):
        """Naming it helps."""
        with pytest.raises(ConfigurationError, match="nobody"):
            get_gateway("nobody")

    def test_changed_settings_are_followed(self, settings):
        """As `override_settings` in tests expects; other settings change nothing."""
        before = get_gateway("stripe")
        settings.LANGUAGE_CODE = "de"
        assert get_gateway("stripe") is before
        settings.PAYMENTS_CONNECT = {
            "GATEWAYS": {
                "stripe": {"BACKEND": BACKEND, "OPTIONS": {"api_key": "sk_live_x"}}
            }
        }
        assert get_gateway("stripe").livemode
