"""The webhook endpoints: one class each, one line each."""

import logging
from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.utils.log import log_response
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from payments_connect.conf import get_settings
from payments_connect.exceptions import WebhookRejected
from payments_connect.services import inbox
from payments_connect.services.transactions import database

logger = logging.getLogger(__name__)


class WebhookView(View):
    """Takes deliveries of one endpoint of one gateway.

    Answers 200 with a word (processed, duplicate, parked, ignored, rejected), 400 to
    what is not to be believed, 413 to what is too large, 404 while the endpoint has no
    secret, and 500 only to ask for another delivery.
    """

    gateway: ClassVar[str]
    endpoint: ClassVar[str]
    http_method_names = ("post",)

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponse]:
        """Keep out of ATOMIC_REQUESTS and of CSRF, whatever the site's settings."""
        view: Callable[..., Any] = super().as_view(**initkwargs)
        return csrf_exempt(transaction.non_atomic_requests(using=database())(view))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Take one delivery."""
        if not inbox.has_endpoint(self.gateway, self.endpoint):
            raise Http404
        try:
            receipt = inbox.receive(
                self.gateway,
                self.endpoint,
                body=_read_body(request),
                headers=request.headers,
            )
        except WebhookRejected as error:
            response = _plain(error.reason, status=error.status)
            # Django's own function, so that Django does not log it a second time.
            log_response(
                "Webhook delivery to %s %s refused: %s",
                self.gateway,
                self.endpoint,
                error.reason,
                response=response,
                request=request,
                logger=logger,
            )
            return response
        return _plain(receipt.word, status=receipt.status)


class StripeWebhookView(WebhookView):
    """Events of the platform's own account."""

    gateway = "stripe"
    endpoint = "platform"


class StripeConnectWebhookView(WebhookView):
    """Events of the connected accounts: all of a direct charge's."""

    gateway = "stripe"
    endpoint = "connect"


def _read_body(request: HttpRequest) -> bytes:
    """Read the body up to the cap, whatever the request says about its length."""
    most = get_settings().webhook_max_bytes
    try:
        body = request.read(most + 1)
    except UnreadablePostError:
        raise WebhookRejected("body ended early") from None
    if len(body) > most:
        raise WebhookRejected("body too large", status=413)
    return body


def _plain(text: str, *, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
