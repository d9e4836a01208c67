import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import DetailView, ListView

from payments_connect.api import (
    CheckoutMixin,
    Line,
    PaymentsError,
    PromotionRefused,
    order_path,
    place_order,
)
from payments_connect.exceptions import InvalidOrder
from payments_connect.models import Order

from .forms import OrderForm
from .models import Product

SESSION_KEY = "shop_orders"


class ProductList(ListView):
    queryset = Product.objects.select_related("seller", "stock_item")


# Going back must show a new form: with the old one a second order would be the first.
@method_decorator(never_cache, name="dispatch")
class BuyView(CheckoutMixin, DetailView):
    """A product's page; its POST places the order and sends the buyer to pay."""

    queryset = Product.objects.select_related("seller", "stock_item")
    object: Product

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        self.object = self.get_object()
        self.allow_promotion_codes = self.object.takes_stripe_codes
        self.form = OrderForm(
            request.POST or None,
            initial={"email": getattr(request.user, "email", "")},
        )
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # One key for each form shown: however often it is sent, it is one order.
        placement_key = uuid.uuid4().hex
        return super().get_context_data(
            form=self.form, placement_key=placement_key, **kwargs
        )

    def build_order(self) -> Order:
        if not self.form.is_valid():
            raise InvalidOrder("The form has errors.")
        wanted, product = self.form.cleaned_data, self.object
        user = self.request.user
        order = place_order(
            lines=[
                Line(
                    description=product.name,
                    unit_amount=product.price,
                    quantity=wanted["quantity"],
                    seller=product.seller,
                    item=product,
                    stock_item=product.stock_item,
                )
            ],
            currency=product.currency,
            buyer=user if user.is_authenticated else None,
            email=wanted["email"],
            promotion_code=wanted["promotion_code"],
            placement_key=self.request.POST.get("placement_key") or None,
        )
        self.request.session.setdefault(SESSION_KEY, []).append(str(order.public_id))
        self.request.session.modified = True
        return order

    def order_refused(self, error: PaymentsError) -> HttpResponse:
        """Show the form again, with what is wrong beside the field it is about."""
        if isinstance(error, PromotionRefused):
            self.form.add_error("promotion_code", str(error))
        elif self.form.is_valid():
            self.form.add_error(None, "This could not be ordered. Please try again.")
        return self.render_to_response(self.get_context_data(), status=400)


class OrderList(ListView):
    """The orders of this login and of this browser."""

    template_name = "shop/order_list.html"

    def get_queryset(self) -> QuerySet[Order]:
        mine = Q(public_id__in=self.request.session.get(SESSION_KEY, []))
        if self.request.user.is_authenticated:
            mine |= Q(buyer=self.request.user)
        return (
            Order.objects.filter(mine).prefetch_related("lines").order_by("-created_at")
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["rows"] = [
            {"order": order, "path": order_path(order)}
            for order in context["object_list"]
        ]
        return context
