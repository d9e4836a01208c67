"""What the tests of the services share: ears for the signals, and interruptions."""

import pytest

from payments_connect import signals
from payments_connect.gateways.stripe import StripeGateway

_SIGNALS = (
    "order_paid",
    "order_canceled",
    "order_on_hold",
    "payment_processing",
    "payment_failed",
    "payment_needs_review",
    "payment_surplus",
)


@pytest.fixture
def heard():
    """The names of the signals that were sent, in order."""
    names = []
    receivers = []
    for name in _SIGNALS:

        def listen(name=name, **_kwargs):
            names.append(name)

        receivers.append((getattr(signals, name), listen))
    for signal, receiver in receivers:
        signal.connect(receiver)
    yield names
    for signal, receiver in receivers:
        signal.disconnect(receiver)


@pytest.fixture
def meanwhile(monkeypatch):
    """Have something happen during a gateway call: after it worked, before we know.

    ``meanwhile("create_checkout", action)`` acts during the next such call only.
    """

    def arrange(call, action):
        original = getattr(StripeGateway, call)
        pending = [action]

        def interrupted(self, *args, **kwargs):
            answer = original(self, *args, **kwargs)
            if pending:
                pending.pop()()
            return answer

        monkeypatch.setattr(StripeGateway, call, interrupted)

    return arrange
