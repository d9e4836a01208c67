"""Stock is taken when the money is there, in the transaction that settles it."""

from django.db.models import F

from payments_connect.models import Order, OrderLine, StockItem


def change_stock(item: StockItem, by: int) -> bool:
    """Add pieces to stock, or with a minus remove them; tell whether there were enough.

    One conditional update: the number a person has read may be old by now.
    """
    enough = StockItem.objects.filter(pk=item.pk, available__gte=-by)
    return enough.update(available=F("available") + by) == 1


def take_stock(order: Order) -> list[OrderLine]:
    """Take the stock an order still needs; give back the lines that are short.

    One conditional update a line, in the order of the stock items' keys, so that two
    orders never wait for each other. A line gets all it needs or nothing.
    """
    # Read anew: lines prefetched earlier do not know what was taken since.
    lines = OrderLine.objects.filter(order_id=order.pk)
    needed = [line for line in lines if line.stock_item_id is not None]
    short: list[OrderLine] = []
    taken: list[OrderLine] = []
    for line in sorted(needed, key=lambda line: (line.stock_item_id or 0, line.pk)):
        missing = line.quantity - line.stock_taken
        if missing <= 0:
            continue
        found = StockItem.objects.filter(
            pk=line.stock_item_id or 0, available__gte=missing
        ).update(available=F("available") - missing)
        (taken if found else short).append(line)
    if taken:
        OrderLine.objects.filter(pk__in=[line.pk for line in taken]).update(
            stock_taken=F("quantity")
        )
    return short
