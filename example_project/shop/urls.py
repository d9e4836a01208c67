from django.urls import path

from .views import BuyView, OrderList, ProductList

app_name = "shop"

urlpatterns = [
    path("", ProductList.as_view(), name="products"),
    path("products/<slug:slug>/", BuyView.as_view(), name="product"),
    path("orders/", OrderList.as_view(), name="orders"),
]
