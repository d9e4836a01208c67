from datetime import timedelta

import pytest
from django.utils import timezone

from payments_connect.enums import (
    IntentKind,
    OrderStatus,
    PaymentStatus,
    Source,
    WebhookStatus,
)
from payments_connect.models import Intent, Order, Payment, WebhookEvent
from payments_connect.sandbox import Fault
from payments_connect.services.orders import mark_canceled
from payments_connect.services.settlement import settle_payment
from payments_connect.services.sweep import Sweep, sweep
from payments_connect.testing.factories import PaymentFactory, make_line, make_order

from .sales import cancel_rows_only, fresh, pass_time, sell
from .snapshots import session_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestSweep:
    def test_nothing_due_does_nothing(self, account, payments_sandbox):
        """What is not due is not asked about."""
        sell(account)
        calls = len(payments_sandbox.requests)
        assert sweep() == Sweep(events=0, intents=0, payments=0, orders=0, failures=0)
        assert len(payments_sandbox.requests) == calls

    def test_takes_a_limited_number_of_each_kind(self):
        """One run is bounded; the next one goes on."""
        orders = [make_order() for _ in range(3)]
        pass_time()
        assert sweep(limit=2).orders == 2
        assert sweep(limit=2).orders == 1
        assert {fresh(order).status for order in orders} == {OrderStatus.CANCELED}

    def test_one_bad_row_stops_no_other(self, account, payments_sandbox, *, caplog):
        """A row that fails is counted, logged without its data, and due again."""
        bad, good = sell(account), sell(account)
        payments_sandbox.stripe.pay(good[1].checkout_id)
        Payment.objects.filter(pk=bad[1].pk).update(checkout_id="cs_test_missing")
        WebhookEvent.objects.create(
            gateway="square",
            event_id="evt_1",
            status=WebhookStatus.FAILED,
            due_at=timezone.now(),
            received_at=timezone.now(),
        )
        pass_time(Payment, WebhookEvent)
        swept = sweep()
        assert (swept.events, swept.payments, swept.failures) == (1, 2, 2)
        assert fresh(good[0]).status == OrderStatus.PAID
        assert fresh(bad[1]).due_at > timezone.now()
        assert "resource_missing" in caplog.text
        assert "cs_test_missing" not in caplog.text


class TestPayments:
    def test_lost_webhooks_pay_the_order(self, account, payments_sandbox, heard):
        """What the gateway knows and we missed, the sweep finds."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        pass_time(Payment)
        assert sweep().payments == 1
        assert fresh(order).paid_by == payment
        assert fresh(payment).confirmed_by == Source.SWEEP
        assert heard == ["order_paid"]

    def test_an_open_payment_is_asked_about_again_later(self, account):
        """Until its page expires, and a moment after that."""
        _order, payment = sell(account)
        pass_time(Payment)
        sweep()
        wait = fresh(payment).due_at - timezone.now()
        assert timedelta(minutes=50) < wait <= timedelta(hours=1)
        Payment.objects.update(expires_at=timezone.now() + timedelta(minutes=10))
        pass_time(Payment)
        sweep()
        wait = fresh(payment).due_at - timezone.now()
        assert timedelta(minutes=10) < wait <= timedelta(minutes=11)

    def test_a_page_past_its_expiry_is_still_asked_about(self, account):
        """Clocks differ; the gateway decides what is expired."""
        _order, payment = sell(account)
        Payment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
        pass_time(Payment)
        sweep()
        assert fresh(payment).status == PaymentStatus.OPEN
        assert payment.due_at > timezone.now()

    def test_expired_at_the_gateway_is_expired_here(self, account, payments_sandbox):
        """Its event may be lost."""
        order, payment = sell(account)
        payments_sandbox.clock.advance(24 * 60 * 60)
        pass_time(Payment)
        sweep()
        assert (fresh(payment).status, payment.live) == (PaymentStatus.EXPIRED, None)
        assert payment.due_at is None
        assert fresh(order).status == OrderStatus.PENDING

    def test_a_gateway_that_is_down_is_asked_again(self, account, payments_sandbox):
        """Nothing changes meanwhile."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_sandbox.faults.add(Fault("http_503_down"))
        pass_time(Payment)
        assert sweep().failures == 1
        assert fresh(payment).status == PaymentStatus.OPEN
        assert timezone.now() < payment.due_at
        payments_sandbox.faults.clear()
        pass_time(Payment)
        sweep()
        assert fresh(order).status == OrderStatus.PAID

    @pytest.mark.parametrize("how", [OrderStatus.PAID, OrderStatus.CANCELED])
    def test_a_needless_page_is_ended(self, account, payments_sandbox, how):
        """Nobody may pay an order that is paid otherwise, or canceled."""
        order, payment = sell(account)
        if how == OrderStatus.CANCELED:
            cancel_rows_only(order)
        else:
            other = PaymentFactory.create(order=order, checkout_id="cs_2", live=None)
            settle_payment(session_of(other), source=Source.WEBHOOK)
        pass_time(Payment)
        sweep()
        assert fresh(payment).status == PaymentStatus.EXPIRED
        session = payments_sandbox.stripe.get(payment.checkout_id)
        assert session["status"] == "expired"

    def test_a_row_that_needs_nothing_is_not_due_any_more(self):
        """A leftover due time is cleared without a call."""
        payment = PaymentFactory.create(
            status=PaymentStatus.EXPIRED, due_at=timezone.now(), live=None
        )
        sweep()
        assert fresh(payment).due_at is None

    def test_one_of_many_sweepers_asks(
        self, account, payments_sandbox, *, after_statement
    ):
        """Due rows are claimed by pushing their due time."""
        sell(account)
        calls = len(payments_sandbox.requests)
        pass_time(Payment)
        after_statement("SELECT", "payments_connect_payment", sweep)
        sweep()
        assert len(payments_sandbox.requests) == calls + 1


class TestOrders:
    def test_an_order_nobody_paid_expires(self, account, payments_sandbox, heard):
        """Its page is ended first, then the order, once."""
        order, payment = sell(account)
        pass_time(Order)
        sweep()
        assert fresh(order).status == OrderStatus.CANCELED
        assert fresh(payment).status == PaymentStatus.EXPIRED
        assert heard == ["payment_failed", "order_canceled"]
        pass_time()
        sweep()
        assert len(heard) == 2

    def test_a_payment_that_comes_just_in_time_counts(self, account, payments_sandbox):
        """The page was paid while nobody told us: the order is paid, not canceled."""
        order, payment = sell(account)
        payments_sandbox.stripe.pay(payment.checkout_id)
        pass_time(Order)
        assert sweep().failures == 0
        assert fresh(order).paid_by == payment
        assert order.due_at is None

    @pytest.mark.parametrize("status", [PaymentStatus.PROCESSING, PaymentStatus.REVIEW])
    def test_an_order_whose_money_may_come_does_not_expire(self, account, status):
        """It is looked at again a day later."""
        order, payment = sell(account)
        Payment.objects.filter(pk=payment.pk).update(status=status)
        pass_time(Order)
        assert sweep().failures == 0
        assert fresh(order).status == OrderStatus.PENDING
        assert order.due_at > timezone.now() + timedelta(hours=23)

    def test_a_gateway_that_is_down_keeps_the_order(self, account, payments_sandbox):
        """A page that cannot be ended may still be paid."""
        order, _payment = sell(account)
        payments_sandbox.faults.add(Fault("http_503_down"))
        pass_time(Order)
        assert sweep().failures == 1
        assert fresh(order).status == OrderStatus.PENDING
        assert order.due_at > timezone.now()

    def test_a_decided_order_is_not_due_any_more(self):
        """A leftover due time is cleared."""
        order = make_order()
        mark_canceled(order)
        Order.objects.update(due_at=timezone.now())
        sweep()
        assert fresh(order).due_at is None

    def test_one_of_many_sweepers_cancels(self, heard, after_statement):
        """The other one finds nothing left to do."""
        make_order()
        pass_time(Order)
        after_statement("SELECT", "payments_connect_order", sweep)
        sweep()
        assert heard == ["order_canceled"]


class TestIntents:
    def test_a_checkout_is_nobodys_but_the_buyers(self):
        """Even one that is due by mistake is not called again."""
        intent = Intent.objects.create(
            kind=IntentKind.CHECKOUT,
            target_id=0,
            idempotency_key="checkout:1",
            due_at=timezone.now(),
        )
        assert sweep().failures == 0
        assert fresh(intent).tries == 0

    def test_due_fulfilment_is_run(self, settings):
        """A process died before it could hand over: somebody else does."""
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "FULFILMENT_HANDLER": "tests.services.handlers.hand_over"
        }
        order = make_order(lines=[make_line()])
        intent = Intent.objects.create(
            kind=IntentKind.FULFILMENT,
            target_id=order.pk,
            idempotency_key="fulfilment:1",
            due_at=timezone.now(),
        )
        assert sweep().intents == 1
        assert fresh(intent).finished_at is not None
