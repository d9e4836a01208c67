"""Find rows that know a payment only by an id, from the words that people have."""

from django.db.models import Q, QuerySet

from payments_connect.enums import IntentKind
from payments_connect.models import Intent, Order, Payment, WebhookEvent


def payments_like(term: str) -> QuerySet[Payment]:
    """Payments that an order reference, an e-mail address or a gateway id names."""
    return Payment.objects.filter(
        Q(order__reference__iexact=term)
        | Q(order__email__iexact=term)
        | Q(checkout_id=term)
        | Q(external_id=term)
        | Q(charge_id=term)
    )


def events_about(payments: QuerySet[Payment]) -> QuerySet[WebhookEvent]:
    """Events about any of the payments' own objects."""
    return WebhookEvent.objects.filter(
        Q(object_id__in=payments.exclude(checkout_id=None).values("checkout_id"))
        | Q(object_id__in=payments.exclude(external_id=None).values("external_id"))
    )


def intents_like(term: str) -> QuerySet[Intent]:
    """Intents whose payment or order an e-mail address, reference or id names."""
    orders = Order.objects.filter(Q(reference__iexact=term) | Q(email__iexact=term))
    return Intent.objects.filter(
        Q(kind=IntentKind.CHECKOUT, target_id__in=payments_like(term).values("pk"))
        | Q(kind=IntentKind.FULFILMENT, target_id__in=orders.values("pk"))
    )
