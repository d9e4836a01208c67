from django.contrib import admin

from .models import Parcel, Product

admin.site.site_header = admin.site.site_title = "Corner Market"


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ("name", "seller", "price", "currency", "stock_item")
    list_select_related = ("seller", "stock_item")
    search_fields = ("name", "slug")


@admin.register(Parcel)
class ParcelAdmin(admin.ModelAdmin):
    list_display = ("order", "packed_at")
    list_select_related = ("order",)
    search_fields = ("order__reference",)
    raw_id_fields = ("order",)
