"""The admin: look at everything, change little, and only through services.

Money, events and intents are facts: nobody adds, edits or deletes them by hand. What a
person may decide (accept, release, cancel, ask, try again) is an operation on top.
"""

from . import inbox, intents, ledger, orders, payments, promotions, sellers, stock

__all__ = [
    "inbox",
    "intents",
    "ledger",
    "orders",
    "payments",
    "promotions",
    "sellers",
    "stock",
]
