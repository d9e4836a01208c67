import pytest

from example_project.check_demo.processes import free_port

from .running import run_cases


class TestBesideDjstripe:
    def test_both_apps_migrate_check_and_receive_their_webhooks(self, tmp_path):
        pytest.importorskip("djstripe", reason="the djstripe extra is not installed")
        port = str(free_port())
        run_cases(
            "beside_djstripe",
            # Importing its admin warns about what Django 6 changes.
            "-Wdefault",
            directory=tmp_path,
            WITH_DJSTRIPE="1",
            # dj-stripe takes only keys that are as long as real ones.
            STRIPE_SECRET_KEY=f"sk_test_{'sandbox' * 4}",
            STRIPE_WEBHOOK_SECRETS="whsec_ours",
            STRIPE_CONNECT_WEBHOOK_SECRETS="whsec_connect",
            SANDBOX_PORT=port,
            STRIPE_API_BASE=f"http://127.0.0.1:{port}/stripe",
        )
