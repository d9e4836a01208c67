from django.db import models
from django.utils.translation import gettext_lazy as _

from payments_connect.enums import IntentKind, IntentStatus

from .fields import ExternalIdField


class Intent(models.Model):
    """One call that moves money or must happen, committed before it is made.

    ``target_id`` is the key of the row it is about; which model that is follows from
    ``kind`` (checkout: Payment, fulfilment: Order). ``request`` is the exact request
    as text: an attempt whose outcome is unknown is repeated with the same bytes and the
    same ``idempotency_key``; a refusal closes the attempt.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=IntentKind)
    target_id = models.BigIntegerField(_("target"))
    idempotency_key = ExternalIdField(_("idempotency key"), unique=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=1)
    request = models.TextField(_("request"), blank=True)
    status = models.CharField(
        _("status"), max_length=20, choices=IntentStatus, default=IntentStatus.PENDING
    )
    tries = models.PositiveIntegerField(_("tries"), default=0)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        indexes = (
            models.Index(fields=["target_id", "kind"], name="payments_intent_target"),
        )

    def __str__(self) -> str:
        return str(self.idempotency_key)
