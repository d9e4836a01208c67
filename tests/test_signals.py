import inspect

import pytest
from django.dispatch import Signal

from payments_connect import api, signals
from payments_connect.models import Order, Payment
from payments_connect.services.checkout import start_checkout
from payments_connect.services.ending import cancel_order
from payments_connect.testing.factories import make_line, make_order

ALL = {
    name: value for name, value in vars(signals).items() if isinstance(value, Signal)
}


@pytest.fixture
def sent():
    """Record every signal: its name and sender."""
    heard = []
    receivers = []
    for name, signal in ALL.items():

        def receiver(sender, _name=name, **arguments):
            heard.append((_name, sender, arguments))

        signal.connect(receiver)
        receivers.append((signal, receiver))
    yield heard
    for signal, receiver in receivers:
        signal.disconnect(receiver)


class TestSignals:
    """What the site hears."""

    def test_each_signal_is_public_and_documented(self):
        """Its docstring names sender and arguments; one import path."""
        source = inspect.getsource(signals)
        for name, signal in ALL.items():
            assert getattr(api, name) is signal
            text = source.partition(f"\n{name} = ")[2].partition('"""')[2]
            assert "Sender: " in " ".join(text.partition('"""')[0].split())

    @pytest.mark.django_db(transaction=True)
    def test_paid_order_is_told_once(
        self, account, sent, *, payments_sandbox, payments_events
    ):
        """However many events and copies say so."""
        order = make_order(lines=[make_line(seller=account.seller)])
        started = start_checkout(order, success_url="http://testserver/ok")
        payments_sandbox.stripe.pay(started.payment.checkout_id)
        for event in payments_sandbox.stripe.events * 2:
            payments_events.post(event)
        [(name, sender, arguments)] = sent
        assert (name, sender) == ("order_paid", Order)
        assert arguments["order"] == order
        assert arguments["payment"] == started.payment

    @pytest.mark.django_db(transaction=True)
    def test_canceled_checkout_and_order_are_told(self, account, sent):
        """The payment ended first."""
        order = make_order(lines=[make_line(seller=account.seller)])
        start_checkout(order, success_url="http://testserver/ok")
        cancel_order(order)
        assert [(name, sender) for name, sender, _arguments in sent] == [
            ("payment_failed", Payment),
            ("order_canceled", Order),
        ]

    @pytest.mark.django_db(transaction=True)
    def test_receiver_that_raises_disturbs_nobody(self, sent, caplog):
        """The order stays canceled, others hear of it, and the log says no details."""

        def clumsy(sender, **_arguments):
            raise ValueError("jane@example.com")

        signals.order_canceled.connect(clumsy)
        try:
            order = make_order()
            assert cancel_order(order)
        finally:
            signals.order_canceled.disconnect(clumsy)
        assert [name for name, _sender, _arguments in sent] == ["order_canceled"]
        ours = [r for r in caplog.records if r.name.startswith("payments_connect")]
        assert "ValueError" in ours[0].getMessage()
        assert "jane@" not in ours[0].getMessage()
