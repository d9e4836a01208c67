import subprocess
import sys

import pytest
import requests

from payments_connect.sandbox import Sandbox, SandboxError
from tests.sandbox.conftest import client_of
from tests.sandbox.sales import open_session


def read(url):
    return requests.get(url, timeout=10).text


class TestSandbox:
    def test_taken_port_is_a_clear_error(self, sandbox):
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(SandboxError, match="choose another port"):
            Sandbox(port=port).start()

    def test_has_no_address_before_it_is_started(self):
        with pytest.raises(SandboxError, match="started"):
            _ = Sandbox().url

    def test_listens_on_loopback_by_default(self, sandbox):
        assert sandbox.url.startswith("http://127.0.0.1:")

    def test_starts_again_on_the_same_port_at_once(self):
        with Sandbox() as first:
            port = int(first.url.rpartition(":")[2])
            client = client_of(first)
            client.v1.balance.retrieve()
            client._requestor._client.close()
        with Sandbox(port=port) as second:
            assert second.url == first_url(port)

    def test_keeps_its_state_over_a_restart(self, tmp_path):
        kept = tmp_path / "state.json"
        with Sandbox(state_path=kept) as first:
            client = client_of(first)
            account = first.stripe.add_account()["id"]
            session = open_session(client, account, fee=5_00)
            client._requestor._client.close()
        with Sandbox(state_path=kept) as second:
            assert second.stripe.platform_id == first.stripe.platform_id
            second.stripe.pay(session.id)
            second.clock.advance(0)
            assert "application_fee.created" in [
                event["type"] for event in second.stripe.events
            ]
            assert second.stripe.get(session.id)["url"] is None
        with Sandbox(state_path=kept) as third:
            assert third.stripe.get(session.id)["payment_status"] == "paid"

    def test_page_of_an_open_session_moves_with_the_port(self, tmp_path):
        kept = tmp_path / "state.json"
        with Sandbox(state_path=kept) as first:
            client = client_of(first)
            session = open_session(client)
            client._requestor._client.close()
        with Sandbox(state_path=kept) as second:
            assert second.stripe.get(session.id)["url"].startswith(second.stripe.url)

    def test_start_page_lists_what_is_there_without_secrets(self, sandbox, client):
        endpoint = sandbox.stripe.add_endpoint("http://127.0.0.1:1/hook")
        account = sandbox.stripe.add_account()["id"]
        session = open_session(client, account)
        sandbox.stripe.pay(session.id)
        page = read(sandbox.url)
        for shown in (account, session.id, endpoint["id"], "payment_intent.succeeded"):
            assert shown in page
        for hidden in (endpoint["secret"], sandbox.stripe.secret_key, "whsec_"):
            assert hidden not in page

    def test_other_addresses_are_not_found(self, sandbox):
        assert requests.get(f"{sandbox.url}/elsewhere", timeout=10).status_code == 404


class TestImport:
    @pytest.mark.parametrize("package", ["werkzeug", "pydantic"])
    def test_missing_extra_is_named_with_the_command(self, package):
        code = (
            "import sys\n"
            f"sys.modules[{package!r}] = None\n"
            "import payments_connect.sandbox"
        )
        run = python(code)
        assert run.returncode
        assert f"needs {package}" in run.stderr
        assert 'pip install "django-payments-connect[sandbox]"' in run.stderr

    def test_loads_neither_django_nor_our_gateways(self):
        code = (
            "import sys, payments_connect.sandbox\n"
            "print([m for m in sys.modules if m.split('.')[0] == 'django'"
            " or m.startswith('payments_connect.')"
            " and not m.startswith('payments_connect.sandbox')])"
        )
        run = python(code)
        assert run.stdout.strip() == "[]"


def first_url(port):
    return f"http://127.0.0.1:{port}"


def python(code):
    return subprocess.run(  # noqa: S603  # code of these tests
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
