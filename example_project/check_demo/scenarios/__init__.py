"""The scenarios by title, in the order they run."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from example_project.check_demo.stage import Stage

from . import confirming, discounts, distrust, live, paying, trouble

Scenario: TypeAlias = Callable[[Stage], str]

SCENARIOS: Mapping[str, Scenario] = {
    "card paid and returned": confirming.card_paid_and_returned,
    "browser closed (webhook alone)": confirming.browser_closed,
    "webhooks lost (return page alone)": confirming.webhooks_lost,
    "both, with ten simultaneous copies of each event": confirming.both_in_ten_copies,
    "event at the wrong endpoint": confirming.wrong_endpoint,
    "decline then success": paying.decline_then_success,
    "3-D Secure": paying.three_d_secure,
    "delayed success": paying.delayed_success,
    "delayed failure": paying.delayed_failure,
    "own 100 % code": discounts.own_code,
    "Stripe-page 100 % code, payment_status paid": discounts.stripe_code_paid,
    "Stripe-page 100 % code, no_payment_required": discounts.stripe_code_not_required,
    "no_payment_required, neither zero nor complete": discounts.not_required_not_zero,
    "our own 100.00 session altered to 1 cent": distrust.altered_to_one_cent,
    "another account's session with our metadata": distrust.metadata_of_another,
    "test event in live mode": live.test_event_in_live_mode,
    "foreign events ignored": distrust.foreign_events,
    "last item bought twice": trouble.last_item_twice,
    "gateway down at return, then webhook": trouble.gateway_down_at_return,
    "double click": trouble.double_click,
    "inbox row failing, then swept": trouble.inbox_row_failing,
    # Last: it moves the sandbox's clock by a day, and new checkouts would expire.
    "expired session": paying.expired_session,
}
