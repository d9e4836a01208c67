"""Deliveries to the webhook endpoints, good and bad."""

import io
import time

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from payments_connect.enums import PaymentStatus
from payments_connect.models import Order, Payment, WebhookEvent
from payments_connect.testing.events import sign, stripe_event
from payments_connect.testing.factories import PaymentFactory
from payments_connect.testing.posting import path_of, secret_of

ENDPOINTS = ("platform", "connect")


def open_payment(**fields):
    """Return a payment of 100.00 USD whose checkout is open."""
    defaults = {"status": PaymentStatus.OPEN, "checkout_id": "cs_test_open"}
    return PaymentFactory(**defaults | fields)


def paid_session(payment, **changes):
    """Return the session of a payment as it is when the buyer has paid."""
    return {
        "id": payment.checkout_id,
        "object": "checkout.session",
        "mode": "payment",
        "status": "complete",
        "payment_status": "paid",
        "currency": payment.currency.lower(),
        "amount_subtotal": payment.amount,
        "amount_total": payment.amount,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "livemode": payment.livemode,
        "metadata": {
            "payments_connect": "tests",
            "payments_connect_payment": str(payment.public_id),
        },
        "payment_intent": f"pi_{payment.pk}",
        "customer_details": {"email": "jane@example.com", "name": "Jane Doe"},
    } | changes


def paid_event(payment, **fields):
    """Return the event that says so."""
    return stripe_event(
        "checkout.session.completed",
        paid_session(payment),
        account=payment.account_external_id,
        **fields,
    )


def post(endpoint, body, *, client=None, signature=None, path=""):
    """Post a body, signed with the endpoint's own secret unless told otherwise."""
    delivery = sign(body, secret_of(endpoint))
    headers = {"Stripe-Signature": delivery.signature}
    if signature is not None:
        headers = {"Stripe-Signature": signature} if signature else {}
    return (client or Client()).post(
        path or path_of(endpoint),
        delivery.body,
        content_type="application/json",
        headers=headers,
    )


class BrokenStream(io.RawIOBase):
    """A connection that breaks while the body is read."""

    def read(self, _size=-1):
        raise OSError("connection reset by peer")

    def tell(self):
        return 0


def raw_post(endpoint, body, *, length, signature=""):
    """Post through WSGI with whatever Content-Length; give status and bytes read."""
    stream = body if isinstance(body, io.RawIOBase) else io.BytesIO(body)
    environ = RequestFactory().post(
        path_of(endpoint), b"x", content_type="application/json"
    ).environ | {"wsgi.input": stream, "HTTP_STRIPE_SIGNATURE": signature}
    environ.pop("CONTENT_LENGTH")
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    answered = []

    def start(status, _headers, _problem=None, /):
        answered.append(status)
        return answered.append

    answer = WSGIHandler()(environ, start)
    answer.close()
    return int(answered[0].split()[0]), stream.tell()


def signature(body, endpoint, *, age=0, secret=None):
    """Sign a body with the endpoint's secret, some seconds ago."""
    stamp = int(time.time()) - age
    return sign(body, secret or secret_of(endpoint), timestamp=stamp).signature


def other(endpoint):
    """Name the endpoint that an event should not come to."""
    return next(each for each in ENDPOINTS if each != endpoint)


def nothing_happened():
    """Whether no event was stored and no payment moved."""
    moved = Payment.objects.exclude(status=PaymentStatus.OPEN).exists()
    paid = Order.objects.exclude(status="pending").exists()
    return not (WebhookEvent.objects.exists() or moved or paid)
