import io
import os
import signal
import socket
import subprocess
import sys

import pytest
import stripe
from django.core.management import CommandError, call_command

from example_project.check_demo.processes import ROOT, Ports, environment
from payments_connect.management.commands.payments_sandbox import open_sandbox
from payments_connect.testing.factories import ConnectedAccountFactory

from .running import run

SITE = "http://127.0.0.1:9"

pytestmark = pytest.mark.django_db


def keys(settings, **options):
    raw = settings.PAYMENTS_CONNECT
    gateway = raw["GATEWAYS"]["stripe"]
    changed = gateway | {"OPTIONS": gateway["OPTIONS"] | options}
    settings.PAYMENTS_CONNECT = raw | {"GATEWAYS": {"stripe": changed}}


def opened(*, port=0, site=SITE, state=None):
    return open_sandbox(host="127.0.0.1", port=port, site=site, state=state)


def endpoints(sandbox, key=""):
    client = stripe.StripeClient(
        key or sandbox.stripe.secret_key, base_addresses={"api": sandbox.stripe.url}
    )
    return [endpoint.url for endpoint in client.v1.webhook_endpoints.list()]


class TestOpenSandbox:
    def test_knows_the_key_accounts_and_endpoints_of_the_site(self, settings):
        keys(settings, api_key="sk_test_of_the_site")
        account = ConnectedAccountFactory(country="AT", currency="EUR")
        with opened() as sandbox:
            known = sandbox.stripe.get(account.external_id)
            assert (known["country"], known["default_currency"]) == ("AT", "eur")
            assert sorted(endpoints(sandbox, "sk_test_of_the_site")) == [
                f"{SITE}/payments/webhooks/stripe",
                f"{SITE}/payments/webhooks/stripe/connect",
            ]

    def test_state_file_keeps_accounts_and_replaces_our_endpoints(self, tmp_path):
        ConnectedAccountFactory()
        state = str(tmp_path / "state.json")
        with opened(state=state) as sandbox:
            sandbox.stripe.add_coupon(id="kept", percent_off=10)
            sandbox.stripe.add_endpoint("https://elsewhere.example/hook/")
        with opened(state=state, site="http://127.0.0.1:10") as sandbox:
            assert sandbox.stripe.get("kept")["percent_off"] == 10
            assert sorted(endpoints(sandbox)) == [
                "http://127.0.0.1:10/payments/webhooks/stripe",
                "http://127.0.0.1:10/payments/webhooks/stripe/connect",
                "https://elsewhere.example/hook/",
            ]

    def test_endpoint_without_a_secret_is_left_out(self, settings):
        keys(settings, connect_webhook_secrets=[])
        with opened() as sandbox:
            assert endpoints(sandbox) == [f"{SITE}/payments/webhooks/stripe"]

    @pytest.mark.parametrize("key", ["sk_live_51abc", "rk_live_51abc", "", "pk_test_1"])
    def test_takes_no_key_but_a_test_key(self, settings, key):
        keys(settings, api_key=key)
        with pytest.raises(CommandError, match="test keys only") as refused, opened():
            pass
        assert not key or key not in str(refused.value)

    def test_its_own_live_key_gets_live_endpoints(self, settings):
        keys(settings, api_key="sk_live_sandbox")
        with opened() as sandbox:
            assert endpoints(sandbox) == []
            assert len(endpoints(sandbox, "sk_live_sandbox")) == 2

    def test_taken_port_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refused = pytest.raises(CommandError, match=f"{port} is taken")
            with refused, opened(port=port):
                pass

    def test_site_must_be_an_address(self):
        with pytest.raises(CommandError, match="no address"), opened(site="localhost"):
            pass

    def test_needs_a_gateway_named_stripe(self, settings):
        settings.PAYMENTS_CONNECT = {}
        with pytest.raises(CommandError, match="no gateway named stripe"), opened():
            pass


class TestCommand:
    def test_says_its_address_and_ends_when_it_is_told_to(self, tmp_path):
        run("manage.py", "migrate", directory=tmp_path)
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", "payments_sandbox", "--port=0"],
            cwd=ROOT,
            env=os.environ | environment(tmp_path, Ports()),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("The sandbox is open: http://127.0.0.1:")
        assert process.stdout.readline() == "Stop it with Ctrl-C.\n"
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        assert "The sandbox is closed." in rest
        assert "Set STRIPE_API_BASE=http://127.0.0.1:" in errors
        assert "whsec_" not in said + rest + errors

    def test_refuses_before_it_opens_anything(self, settings):
        keys(settings, api_key="sk_live_51abc")
        with pytest.raises(CommandError, match="test keys only"):
            call_command("payments_sandbox", port=0, stdout=io.StringIO())
