"""A small shop on top of the app: the views a site would write, and its addresses."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest
from django.urls import include, path
from django.views.generic import View

from payments_connect.api import CheckoutMixin, place_order
from payments_connect.models import Seller
from payments_connect.testing.factories import make_line


class BuyView(CheckoutMixin, View):
    """Sells one thing of the seller named in the form, or of the platform."""

    allow_promotion_codes = False

    def build_order(self):
        form = self.request.POST
        seller = Seller.objects.filter(pk=form.get("seller") or 0).first()
        return place_order(
            buyer=self.request.user,
            email="guest@example.com",
            currency=form.get("currency", "USD"),
            lines=[
                make_line(seller=seller, unit_amount=int(form.get("amount", 10000)))
            ],
            promotion_code=form.get("code", ""),
            placement_key=self.placement_key,
        )


class MemberBuyView(LoginRequiredMixin, BuyView):
    """The same for members only: Django's own mixin in front."""


class PatientBuyView(BuyView):
    """The same with a dispatch of its own, which knows nothing of transactions."""

    def dispatch(self, request: HttpRequest, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)


class ForgetfulView(CheckoutMixin, View):
    """A site's author forgot ``build_order``."""


urlpatterns = [
    path("payments/", include("payments_connect.urls")),
    path("buy/", BuyView.as_view(), name="buy"),
    path("buy/member/", MemberBuyView.as_view(), name="buy-member"),
    path("buy/patient/", PatientBuyView.as_view(), name="buy-patient"),
    path("buy/forgetful/", ForgetfulView.as_view(), name="buy-forgetful"),
]
