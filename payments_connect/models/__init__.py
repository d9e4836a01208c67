"""Our rows. Nothing in here talks HTTP or moves money: ``services`` does."""

from .intent import Intent
from .ledger import LedgerEntry
from .order import Order, OrderLine
from .payment import Payment
from .promotion import PromotionCode, PromotionRedemption
from .seller import ConnectedAccount, Seller
from .stock import StockItem
from .webhook import WebhookEvent

__all__ = [
    "ConnectedAccount",
    "Intent",
    "LedgerEntry",
    "Order",
    "OrderLine",
    "Payment",
    "PromotionCode",
    "PromotionRedemption",
    "Seller",
    "StockItem",
    "WebhookEvent",
]
