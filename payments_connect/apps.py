import logging

import stripe
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConnectConfig(AppConfig):
    """Registers the system checks and keeps the Stripe SDK quiet about secrets."""

    name = "payments_connect"
    verbose_name = _("Payments")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the checks; pin what the SDK would write and log.

        Its logger prints request parameters and whole responses (client secrets
        included) at DEBUG and e-mail addresses at INFO; its telemetry writes a file
        into the home directory. Source: stripe-python 15.6.2, _http_client.py.
        """
        from . import checks  # noqa: F401  # registers them

        stripe.enable_telemetry = False
        logging.getLogger("stripe").setLevel(logging.WARNING)
