"""A sale on a site that has dj-stripe too; both are told of it.

`test_djstripe.py` runs it under the example's settings, in a process of its own: an app
cannot be added to this one.
"""

import io
import json

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import reverse

from payments_connect.api import Line, place_order, start_checkout
from payments_connect.management.commands.payments_sandbox import (
    open_sandbox,
    stripe_options,
)
from payments_connect.models import WebhookEvent
from payments_connect.sandbox import CardDeclined

SECRET = "whsec_djstripe"
# dj-stripe retrieves the object of an event; that of this one leads to no other object.
DECLINED = "payment_intent.payment_failed"
COMPLETED = "checkout.session.completed"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(settings):
    port = settings.SANDBOX_PORT
    with open_sandbox(
        host="127.0.0.1", port=port, site="http://localhost:9"
    ) as sandbox:
        sandbox.stripe.hold()
        yield sandbox


def rows_of(name):
    return apps.get_model("djstripe", name)._default_manager


def event_of(sandbox, event_type):
    return next(each for each in sandbox.stripe.events if each["type"] == event_type)


def test_both_are_installed_migrated_and_checked(settings):
    """The test database was made by both apps' migrations."""
    settings.DEBUG = True  # without it dj-stripe minds that the sandbox is no Stripe
    assert apps.is_installed("djstripe")
    assert apps.is_installed("payments_connect")
    call_command("makemigrations", check=True, dry_run=True, stdout=io.StringIO())
    call_command("check", fail_level="WARNING", stderr=io.StringIO())


def test_each_takes_its_own_delivery_of_one_event(client, sandbox):
    order = place_order(
        lines=[Line(description="Tote bag", unit_amount=12_00)], currency="USD"
    )
    started = start_checkout(order, success_url="https://shop.example/thanks")
    with pytest.raises(CardDeclined):
        sandbox.stripe.pay(started.payment.checkout_id, "4000000000000002")
    endpoint = rows_of("WebhookEndpoint").create(
        id="we_beside",
        livemode=False,
        url="https://shop.example/djstripe/",
        enabled_events=["*"],
        status="enabled",
        secret=SECRET,
    )
    theirs = reverse("djstripe:djstripe_webhook_by_uuid", args=[endpoint.djstripe_uuid])
    ours = reverse("payments_connect:stripe-webhook")

    def post(event_type, address, secret):
        body = json.dumps(event_of(sandbox, event_type)).encode()
        return client.post(
            address,
            body,
            content_type="application/json",
            headers={"Stripe-Signature": sandbox.stripe.sign(body, secret)},
        )

    own_secret = stripe_options()["webhook_secrets"][0]
    assert post(DECLINED, theirs, SECRET).status_code == 200
    assert post(DECLINED, ours, own_secret).status_code == 200
    # Neither believes a delivery that was signed for the other.
    assert post(DECLINED, theirs, own_secret).status_code == 400
    assert post(DECLINED, ours, SECRET).status_code == 400
    declined = event_of(sandbox, DECLINED)["id"]
    assert WebhookEvent.objects.get().event_id == declined
    assert rows_of("Event").get().id == declined
    assert (
        rows_of("WebhookEventTrigger").filter(valid=True, processed=True).count() == 1
    )

    sandbox.stripe.pay(started.payment.checkout_id)
    assert post(COMPLETED, ours, own_secret).content == b"processed"
    order.refresh_from_db()
    assert order.status == "paid"
