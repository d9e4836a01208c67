"""Include under any prefix: ``path("payments/", include("payments_connect.urls"))``.

Webhook addresses work with and without the trailing slash: a redirect would lose the
event, since gateways do not follow it.
"""

from django.urls import path, re_path

from .views.checkout import PayView, ReturnView, StatusView
from .views.webhooks import StripeConnectWebhookView, StripeWebhookView

app_name = "payments_connect"

urlpatterns = [
    re_path(r"^webhooks/stripe/?$", StripeWebhookView.as_view(), name="stripe-webhook"),
    re_path(
        r"^webhooks/stripe/connect/?$",
        StripeConnectWebhookView.as_view(),
        name="stripe-connect-webhook",
    ),
    path("return/<uuid:public_id>/", ReturnView.as_view(), name="return"),
    path("status/<uuid:public_id>/", StatusView.as_view(), name="status"),
    path("pay/<uuid:public_id>/", PayView.as_view(), name="pay"),
]
