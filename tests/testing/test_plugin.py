import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from payments_connect.conf import get_settings
from payments_connect.enums import OrderStatus
from payments_connect.gateways.registry import get_gateway
from payments_connect.models import WebhookEvent
from payments_connect.services.checkout import start_checkout
from payments_connect.testing.events import sign, stripe_event
from payments_connect.testing.factories import make_order
from payments_connect.testing.fixtures import sandbox_gateway
from payments_connect.testing.posting import path_of


class TestFixtures:
    """The fixtures a site's own suite uses."""

    def test_settings_point_to_the_sandbox(self, payments_sandbox):
        """And keep whatever else the site has set."""
        options = get_settings().gateways["stripe"].options
        assert options["base_url"] == payments_sandbox.stripe.url
        assert get_settings().namespace == "tests"
        assert not get_gateway("stripe").livemode

    def test_options_can_be_changed(self, payments_sandbox):
        """For live keys, timeouts and secrets."""
        entry = sandbox_gateway(payments_sandbox, timeout=(1, 1))
        assert entry["OPTIONS"]["timeout"] == (1, 1)
        assert entry["OPTIONS"]["api_key"] == payments_sandbox.stripe.secret_key

    @pytest.fixture(autouse=True)
    def _restored(self):
        before = django_settings.PAYMENTS_CONNECT
        yield
        assert before == django_settings.PAYMENTS_CONNECT

    def test_settings_are_restored_even_where_a_test_changed_them(
        self, payments_sandbox, settings
    ):
        """No sandbox leaks into the next test; checked when this one is torn down."""
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"NAMESPACE": "changed"}
        assert get_settings().namespace == "changed"
        assert get_settings().gateways["stripe"].options["base_url"]


@pytest.mark.django_db(transaction=True)
class TestEventPoster:
    """Events brought from the sandbox to the site."""

    def test_new_events_are_posted_once_and_in_order(
        self, payments_sandbox, payments_events
    ):
        """One sale from click to paid in four lines, as the guide shows."""
        order = make_order()
        started = start_checkout(order, success_url="http://testserver/ok")
        payments_sandbox.stripe.pay(started.payment.checkout_id)
        answers = payments_events.post_new()
        assert {each.status_code for each in answers} == {200}
        assert len(answers) == len(payments_sandbox.stripe.events)
        order.refresh_from_db()
        assert order.status == OrderStatus.PAID
        assert payments_events.post_new() == []

    def test_types_can_be_chosen(self, payments_sandbox, payments_events):
        """The others are skipped, not kept for later."""
        started = start_checkout(make_order(), success_url="http://testserver/ok")
        payments_sandbox.stripe.pay(started.payment.checkout_id)
        [answer] = payments_events.post_new("checkout.session.completed")
        assert answer.content == b"processed"
        assert payments_events.post_new() == []

    def test_event_goes_where_stripe_sends_it(self, payments_events):
        """To Connect if it names an account; a wrong endpoint must be asked for."""
        event = stripe_event(
            "application_fee.created",
            {"id": "fee_1", "charge": "ch_1", "livemode": False},
            account="acct_1",
        )
        payments_events.post(event)
        payments_events.post(event | {"id": "evt_2"}, endpoint="platform")
        stored = WebhookEvent.objects.order_by("pk").values_list("endpoint", flat=True)
        assert list(stored) == ["connect", "platform"]

    def test_delivery_made_by_hand_is_posted_as_it_is(self, payments_events):
        """Bad signatures are the site's business too."""
        delivery = sign(b"{}", "whsec_of_nobody")
        assert payments_events.post(delivery).status_code == 400
        assert (
            payments_events.post({"id": "evt_1"}, secret="whsec_x").status_code == 400
        )

    def test_paths_are_the_sites_own(self):
        """Wherever the app is included."""
        assert path_of("platform").startswith("/payments/webhooks/stripe")
        assert path_of("connect").endswith("connect")


class TestPlugin:
    """The plugin is found by itself, and harms no other project."""

    def test_project_without_the_app_is_left_alone(self, tmp_path):
        """It may not even use Django."""
        (tmp_path / "test_it.py").write_text("def test_it(): assert True\n")
        done = subprocess.run(  # our own interpreter
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
            cwd=tmp_path,
            env={"PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def test_fixtures_need_no_import(self, request):
        """A site's conftest says nothing of us."""
        for name in ("payments_sandbox", "payments_events"):
            assert request.getfixturevalue(name)
