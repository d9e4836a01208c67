from django.db import models
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import WebhookStatus

from .fields import ExternalIdField


class WebhookEvent(models.Model):
    """One verified event that concerns us, however often it was delivered.

    There is no delivery counter on purpose: simultaneous copies would queue up to
    write it and deadlock. ``payload`` is the body as it came; it is dropped when the
    event turns out not to be ours.
    """

    gateway = models.CharField(_("gateway"), max_length=32)
    endpoint = models.CharField(_("endpoint"), max_length=32)
    event_id = ExternalIdField(_("event id"))
    account = ExternalIdField(_("account"), blank=True)
    type = models.CharField(_("type"), max_length=100)
    livemode = models.BooleanField(_("live mode"), default=False)
    api_version = models.CharField(_("API version"), max_length=50, blank=True)
    object_id = ExternalIdField(_("object id"), blank=True, db_index=True)
    payload = models.TextField(_("payload"), blank=True)
    secret_fingerprint = models.CharField(
        _("secret fingerprint"), max_length=16, blank=True
    )
    status = models.CharField(_("status"), max_length=20, choices=WebhookStatus)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True, db_index=True)
    received_at = models.DateTimeField(_("received at"), db_index=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        constraints = (
            models.UniqueConstraint(
                fields=["gateway", "event_id"], name="payments_event_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
