"""What happens when an order is paid: a parcel is packed."""

from payments_connect.models import Order

from .models import Parcel


def ship(order: Order) -> None:
    """Pack the parcel of a paid order.

    It is called at least once, so it must bear being called again: the order's parcel
    is made once however often that is.
    """
    Parcel.objects.get_or_create(order=order)
