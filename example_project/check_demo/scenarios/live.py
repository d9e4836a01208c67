"""A second site, in live mode, that gets test events as a real one does."""

from pathlib import Path

from django.db import connections

from example_project.check_demo import expect
from example_project.check_demo.expect import eventually
from example_project.check_demo.processes import HOST, demo, environment, free_port
from example_project.check_demo.stage import Stage
from payments_connect.models import ConnectedAccount, Order, Payment, WebhookEvent

DATABASE = "live"
SECRETS = {
    "STRIPE_WEBHOOK_SECRETS": "whsec_live_platform",
    "STRIPE_CONNECT_WEBHOOK_SECRETS": "whsec_live_connect",
}


def test_event_in_live_mode(stage: Stage) -> str:
    directory = stage.directory / "live"
    directory.mkdir()
    port = free_port()
    site = f"http://{HOST}:{port}"
    with demo(directory, port=port, variables=_variables(stage, directory)):
        endpoint = stage.sandbox.stripe.add_endpoint(
            f"{site}/payments/webhooks/stripe/connect/",
            connect=True,
            secret=SECRETS["STRIPE_CONNECT_WEBHOOK_SECRETS"],
            livemode=True,
        )
        try:
            return _send_test_event(stage, site, _database(directory))
        finally:
            connections[DATABASE].close()
            client = stage.stripe(stage.sandbox.stripe.live_secret_key)
            client.v1.webhook_endpoints.delete(endpoint["id"])


def _send_test_event(stage: Stage, site: str, database: str) -> str:
    """A test event that says of the live order's own checkout that it is paid."""
    stage.order_product("sourdough", site=site)
    payment = Payment.objects.using(database).select_related("account").get()
    expect.equal("live payment", (payment.livemode, payment.status), (True, "open"))
    stripe = stage.sandbox.stripe
    claim = stripe.get(payment.checkout_id) | {
        "livemode": False,
        "status": "complete",
        "payment_status": "paid",
    }
    event = stripe.emit(
        "checkout.session.completed", claim, payment.account_external_id
    )
    expect.equal("event's mode", event["livemode"], False)
    answers = eventually(
        "the delivery to the live site",
        lambda: [
            (each.status, each.body)
            for each in stripe.deliveries
            if each.event_id == event["id"] and each.url.startswith(site)
        ],
    )
    expect.equal("answers", answers, [(200, "ignored")])
    payment.refresh_from_db()
    expect.equal("payment", payment.status, "open")
    order = Order.objects.using(database).get()
    expect.equal("order", order.status, "pending")
    row = WebhookEvent.objects.using(database).get(event_id=event["id"])
    expect.equal("row", (row.status, row.payload), ("ignored", ""))
    return f"200 ignored, payment open, order pending; one row: {row.last_error}"


def _variables(stage: Stage, directory: Path) -> dict[str, str]:
    sandbox = stage.sandbox.stripe
    accounts = ConnectedAccount.objects.order_by("pk")
    return (
        environment(directory, stage.ports)
        | SECRETS
        | {
            "STRIPE_SECRET_KEY": sandbox.live_secret_key,
            "STRIPE_API_BASE": sandbox.url,
            # Of no sandbox: this site uses the one that runs already.
            "SANDBOX_PORT": str(free_port()),
            "DEMO_ACCOUNTS": ",".join(each.external_id for each in accounts),
        }
    )


def _database(directory: Path) -> str:
    """Let this process read the live site's database as well."""
    connections.databases[DATABASE] = connections.databases["default"] | {
        "NAME": str(directory / "db.sqlite3")
    }
    return DATABASE
