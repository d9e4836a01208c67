"""A sale learned of by the webhook, by the return page, and by both at once."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from example_project.check_demo import expect
from example_project.check_demo.browser import Browser
from example_project.check_demo.expect import eventually
from example_project.check_demo.stage import Sale, Stage
from payments_connect.models import WebhookEvent
from payments_connect.sandbox import Fault

COPIES = 10
RETURNS = 6


def completed(stage: Stage, checkout_id: str | None) -> dict[str, Any]:
    """The event that says a checkout is complete."""
    found = [
        event
        for event in stage.events_about(checkout_id)
        if event["type"] == "checkout.session.completed"
    ]
    expect.equal("completed events", len(found), 1)
    return found[0]


def card_paid_and_returned(stage: Stage) -> str:
    sale = stage.order_product("sourdough", quantity=2)
    expect.unpaid(sale, "open")
    page = stage.pay(sale)
    expect.equal("return page", (page.status, page.state), (200, "paid"))
    seen = expect.paid(sale, "webhook|return_page")
    event = completed(stage, sale.payment.checkout_id)
    eventually("the event", lambda: expect.events(event["id"]))
    expect.equal("event", expect.events(event["id"]), {event["id"]: "processed"})
    mine = sale.browser.open("/orders/")
    expect.equal("listed as mine", sale.order.reference in mine.text, True)
    stranger = Browser(stage.site).open(page.url.partition("?")[0])
    expect.equal("a stranger's answer", stranger.status, 404)
    return f"{seen}; page says {page.heading!r}; a stranger gets 404"


def browser_closed(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    stage.pay_elsewhere(sale)
    eventually("the webhook", lambda: sale.order.status == "paid")
    return expect.paid(sale, "webhook")


def webhooks_lost(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    stage.sandbox.faults.add(Fault(kind="drop", times=None))
    page = stage.pay(sale)
    expect.equal("return page", (page.status, page.state), (200, "paid"))
    seen = expect.paid(sale, "return_page")
    ids = (sale.payment.checkout_id, sale.payment.external_id)
    received = WebhookEvent.objects.filter(object_id__in=ids).count()
    expect.equal("events received", received, 0)
    return f"{seen}; no event arrived"


def both_in_ten_copies(stage: Stage) -> str:
    sale = stage.order_product("wedding-cake")
    with stage.held():
        stage.pay_elsewhere(sale)
        address = stage.session(sale)["success_url"]
        about = eventually("the fee's event", lambda: _all_events(stage, sale))
        with ThreadPoolExecutor(RETURNS + len(about)) as pool:
            returns = [
                pool.submit(Browser(stage.site).open, address) for _ in range(RETURNS)
            ]
            storms = [
                pool.submit(stage.sandbox.stripe.deliver, event_id, copies=COPIES)
                for event_id in about
            ]
            statuses = {page.result().status for page in returns}
            answers = [each.status for storm in storms for each in storm.result()]
    expect.equal("return pages", statuses, {200})
    expect.equal("answers", (len(answers), set(answers)), (COPIES * len(about), {200}))
    seen = expect.paid(sale, "webhook|return_page")
    # An event that came before the one it builds on waits for the sweep.
    sweep_now(*about)
    rows = expect.events(*about)
    expect.equal("events", set(rows.values()), {"processed"})
    expect.equal("fee known", bool(sale.payment.application_fee_id), True)
    expect.equal("after the sweep", expect.paid(sale, "webhook|return_page"), seen)
    return (
        f"{seen}; {len(answers)} deliveries and {RETURNS} returns answered 200, "
        f"{len(rows)} events processed"
    )


def _all_events(stage: Stage, sale: Sale) -> list[str]:
    """The events of a paid sale, once the last one (the fee's) is there; else none."""
    intent = stage.sandbox.stripe.get(stage.session(sale)["payment_intent"])
    fees = [
        event
        for event in stage.sandbox.stripe.events
        if event["data"]["object"].get("charge") == intent["latest_charge"]
        and event["type"] == "application_fee.created"
    ]
    if not fees:
        return []
    own = (sale.payment.checkout_id, intent["id"], intent["latest_charge"])
    return [event["id"] for event in (*stage.events_about(*own), *fees)]


def sweep_now(*event_ids: str) -> None:
    """Sweep as cron would, as if the time of these events had come."""
    due = WebhookEvent.objects.filter(event_id__in=event_ids, due_at__isnull=False)
    due.update(due_at=timezone.now())
    call_command("payments_sweep", stdout=io.StringIO())


def wrong_endpoint(stage: Stage) -> str:
    sale = stage.order_product("sourdough")
    with stage.held():
        stage.pay_elsewhere(sale)
        event = completed(stage, sale.payment.checkout_id)
        deliver = stage.sandbox.stripe.deliver
        wrong = deliver(event["id"], endpoint=_platform_endpoint(stage))
        expect.equal("answer", [each.status for each in wrong], [200])
        row = WebhookEvent.objects.get(event_id=event["id"])
        expect.equal("row", (row.endpoint, row.status), ("platform", "processed"))
        seen = expect.paid(sale, "webhook")
        right = deliver(event["id"])
        expect.equal("second answer", [each.body for each in right], ["duplicate"])
    expect.paid(sale, "webhook")
    return f"{seen} through the platform's endpoint; then a duplicate at Connect's"


def _platform_endpoint(stage: Stage) -> str:
    url = stage.site + reverse("payments_connect:stripe-webhook")
    endpoints = stage.stripe().v1.webhook_endpoints.list().data
    return next(each.id for each in endpoints if each.url == url)
