"""What the start page shows of Stripe."""

from payments_connect.sandbox.stripe.currencies import display
from payments_connect.sandbox.stripe.sandbox import StripeSandbox
from payments_connect.sandbox.stripe.store import private

Section = tuple[str, list[str], list[list[object]]]


def sections(stripe: StripeSandbox) -> list[Section]:
    """Return titled tables, newest rows first."""
    with stripe.world.lock:
        return [
            _accounts(stripe),
            _sessions(stripe),
            _events(stripe),
            _endpoints(stripe),
            _deliveries(stripe),
        ]


def _accounts(stripe: StripeSandbox) -> Section:
    rows: list[list[object]] = [
        [
            each["id"],
            "platform" if each["id"] == stripe.platform_id else "connected",
            each.get("country"),
            "may charge" if each.get("charges_enabled") else "may not charge",
        ]
        for each in stripe.world.store.each("account")
    ]
    return "Stripe accounts", ["id", "role", "country", "state"], rows[::-1]


def _sessions(stripe: StripeSandbox) -> Section:
    rows: list[list[object]] = [
        [
            each["id"],
            display(each.get("amount_total") or 0, each.get("currency") or "usd"),
            each.get("status"),
            each.get("payment_status"),
        ]
        for each in stripe.world.store.each("checkout.session")
    ]
    return "Stripe sessions", ["id", "total", "status", "payment"], rows[::-1]


def _events(stripe: StripeSandbox) -> Section:
    rows: list[list[object]] = [
        [
            each["id"],
            each["type"],
            each.get("account", "platform"),
            each["data"]["object"].get("id", ""),
            each["pending_webhooks"],
        ]
        for each in stripe.events
    ]
    headings = ["id", "type", "account", "about", "not delivered"]
    return "Stripe events", headings, rows[::-1]


def _endpoints(stripe: StripeSandbox) -> Section:
    rows: list[list[object]] = [
        [
            each["id"],
            each["url"],
            "connected accounts" if private(each).get("connect") else "platform",
            each["status"],
        ]
        for each in stripe.world.store.each("webhook_endpoint")
    ]
    return "Stripe endpoints", ["id", "url", "events of", "status"], rows[::-1]


def _deliveries(stripe: StripeSandbox) -> Section:
    rows: list[list[object]] = [
        [each.event_id, each.event_type, each.url, each.attempt, each.status]
        for each in stripe.deliveries
    ]
    headings = ["event", "type", "url", "try", "answer"]
    return "Stripe deliveries", headings, rows[::-1]
