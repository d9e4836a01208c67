"""The buyer's side: the buy button, the return page, and its status."""

import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.generic import View

from payments_connect.exceptions import (
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    InvalidAmount,
    InvalidOrder,
    OrderNotPayable,
    PaymentsError,
    PromotionRefused,
    SnapshotError,
    UnsupportedFeature,
)
from payments_connect.models import Order
from payments_connect.services import access, progress, terms
from payments_connect.services.checkout import StartedCheckout, start_checkout
from payments_connect.services.transactions import database

logger = logging.getLogger(__name__)


class NonAtomicMixin:
    """Keeps a view that calls a gateway out of ATOMIC_REQUESTS."""

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        """Mark the view; subclasses may override ``dispatch`` as they like."""
        view: Callable[..., HttpResponseBase]
        view = super().as_view(**initkwargs)  # type: ignore[misc]  # of View
        return transaction.non_atomic_requests(using=database())(view)


class CheckoutMixin(NonAtomicMixin):
    """Makes a view's POST sell: place an order, send the buyer to the gateway's page.

        class BuyView(CheckoutMixin, DetailView):
            model = Product

            def build_order(self):
                return place_order(
                    buyer=self.request.user,
                    lines=[…],
                    placement_key=self.placement_key,
                )

    Attributes:
        gateway: Slug; "" for DEFAULT_GATEWAY.
        allow_promotion_codes: Let the buyer enter the gateway's own codes.
        automatic_tax: Let the gateway add tax.
    """

    request: HttpRequest
    gateway = ""
    allow_promotion_codes = False
    automatic_tax = False

    @cached_property
    def choices(self) -> dict[str, Any]:
        """The choices of ``start_checkout``, by the attributes of the view."""
        return {
            "gateway": self.gateway,
            "allow_promotion_codes": self.allow_promotion_codes,
            "automatic_tax": self.automatic_tax,
        }

    @property
    def placement_key(self) -> str | None:
        """What ``{% placement_key %}`` put into the form; None if it did not."""
        return self.request.POST.get("placement_key") or None

    def build_order(self) -> Order:
        """Place the order of this request; see ``place_order``."""
        raise NotImplementedError("Define build_order() and return place_order(…).")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Place the order and start its checkout."""
        try:
            order = self.build_order()
        except (InvalidOrder, InvalidAmount) as error:
            return self.order_refused(error)
        return self.start_checkout(order)

    def start_checkout(self, order: Order) -> HttpResponse:
        """Start (or resume) the checkout of an order, and answer the buyer."""
        try:
            started = start_checkout(order, request=self.request, **self.choices)
        except OrderNotPayable:
            return see_other(access.order_path(order))
        except (
            GatewayError,
            InvalidAmount,
            SnapshotError,
            UnsupportedFeature,
        ) as error:
            return self.checkout_failed(order, error)
        return checkout_response(started)

    def order_refused(self, error: PaymentsError) -> HttpResponse:
        """Answer when the order could not be placed; override for your own page."""
        if not isinstance(error, PromotionRefused):
            logger.warning("Order refused: %s", error)
        message = str(error) if isinstance(error, PromotionRefused) else ""
        return render(
            self.request,
            "payments_connect/order_refused.html",
            {"message": message},
            status=HTTPStatus.BAD_REQUEST,
        )

    def checkout_failed(self, order: Order, error: PaymentsError) -> HttpResponse:
        """Answer when the gateway could not be reached or refused; nothing is lost.

        503 where the same click can succeed later, 409 where something must change.
        """
        logger.warning("Checkout of order %s failed: %s", order.reference, error)
        return render(
            self.request,
            "payments_connect/checkout_failed.html",
            {
                "order": order,
                "pay_path": access.order_path(order, "pay"),
                "message": getattr(error, "user_message", ""),
                "can_retry": isinstance(error, (GatewayRefused, GatewayUnavailable)),
            },
            status=HTTPStatus.SERVICE_UNAVAILABLE
            if isinstance(error, GatewayUnavailable)
            else HTTPStatus.CONFLICT,
        )


def see_other(url: str) -> HttpResponse:
    """Redirect a POST with 303, so that the browser follows with a GET."""
    return HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": url})


def checkout_response(started: StartedCheckout) -> HttpResponse:
    """A redirect to the gateway's page, or JSON for a page embedded in the site's."""
    if started.url:
        return see_other(started.url)
    body = {
        "client_secret": started.client_secret,
        "publishable_key": started.publishable_key,
        "account": started.account,
    }
    return JsonResponse(body, headers={"Cache-Control": "no-store"})


class _BuyerView(NonAtomicMixin, View):
    """A page of one order that only its buyer can see; anybody else gets a 404."""

    def visible_order(self, public_id: uuid.UUID) -> Order:
        order = access.visible_order(self.request, public_id)
        if order is None:
            raise Http404
        return order


class PayView(CheckoutMixin, _BuyerView):
    """Another try at paying a pending order, from the return page or an e-mail."""

    http_method_names = ("post",)

    def build_order(self) -> Order:
        """Give the order of the address; it was placed before."""
        order = self.visible_order(self.kwargs["public_id"])
        self.choices = terms.choices_of(order)
        return order


@method_decorator(never_cache, name="dispatch")
class ReturnView(_BuyerView):
    """Where the gateway sends the buyer: confirms, and says how things stand.

    That the buyer got here proves nothing; the gateway is asked. While it cannot be
    reached the page says that the payment is being confirmed.
    """

    template_name = "payments_connect/return.html"

    def get(self, request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
        """Ask the gateway, at most once in a while, and render what is known."""
        order = self.visible_order(public_id)
        access.remember(request, order)
        state = progress.confirm(order)
        context = {
            "order": order,
            "state": state,
            "status_path": access.order_path(order, "status"),
            "pay_path": access.order_path(order, "pay"),
            "return_path": access.order_path(order),
        }
        response = render(request, self.template_name, context)
        # The address holds the order's key: tell it to no other site.
        response["Referrer-Policy"] = "same-origin"
        return response


@method_decorator(never_cache, name="dispatch")
class StatusView(_BuyerView):
    """How an order stands by our own rows, as JSON; polled by the return page."""

    def get(self, _request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
        """Answer ``{"state": …, "final": …}``."""
        state = progress.state_of(self.visible_order(public_id))
        return JsonResponse({"state": state.value, "final": state.is_final})
