from django.apps import apps
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("example_project.shop.urls")),
    path("payments/", include("payments_connect.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
]
if apps.is_installed("djstripe"):
    urlpatterns.append(
        path("djstripe/", include("djstripe.urls", namespace="djstripe"))
    )
