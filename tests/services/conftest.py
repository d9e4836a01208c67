"""What the tests of the services share: ears for the signals, and interruptions."""

from contextlib import ExitStack

import pytest
from django.db import connection

from payments_connect import signals
from payments_connect.gateways.stripe import StripeGateway
from payments_connect.testing.fixtures import sandbox_gateway

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

    ``meanwhile("create_checkout", action)`` acts during the next such call only;
    ``first=True`` acts before the gateway has heard of it.
    """

    def arrange(call, action, *, first=False):
        original = getattr(StripeGateway, call)
        pending = [action]

        def interrupted(self, *args, **kwargs):
            if first and pending:
                pending.pop()()
            answer = original(self, *args, **kwargs)
            if pending:
                pending.pop()()
            return answer

        monkeypatch.setattr(StripeGateway, call, interrupted)

    return arrange


@pytest.fixture
def one_try(payments_sandbox, settings):
    """Settings under which the SDK repeats no call by itself: one fault, one failure.

    Gives the function that sets them, with further options of the gateway.
    """

    def configure(**options):
        raw = settings.PAYMENTS_CONNECT
        entry = sandbox_gateway(payments_sandbox, max_network_retries=0, **options)
        settings.PAYMENTS_CONNECT = raw | {"GATEWAYS": {"stripe": entry}}

    configure()
    return configure


@pytest.fixture
def after_statement():
    """Have something happen right after the next statement on some table.

    ``after_statement("SELECT", "payments_connect_payment", action)`` acts once, as
    another process would between two statements of ours.
    """
    with ExitStack() as stack:

        def arrange(verb, table, action):
            pending = [action]

            def watch(execute, sql, *call):
                result = execute(sql, *call)
                if pending and sql.startswith(verb) and table in sql:
                    pending.pop()()
                return result

            stack.enter_context(connection.execute_wrapper(watch))

        yield arrange
