"""Signals for the site, sent after the commit, robustly, at most once a transition.

A process that dies between commit and signal sends none: what *must* happen belongs
in ``FULFILMENT_HANDLER``. Receivers get the row as the keyword named below; a
receiver that raises is logged and disturbs nobody.
"""

from django.dispatch import Signal

order_paid = Signal()
"""An order was paid. Sender: Order. Arguments: ``order``, ``payment``."""

order_canceled = Signal()
"""An unpaid order was canceled or expired. Sender: Order. Arguments: ``order``."""

order_on_hold = Signal()
"""An order is paid but short of stock. Sender: Order. Arguments: ``order``."""

payment_processing = Signal()
"""A delayed payment is on its way. Sender: Payment. Arguments: ``payment``."""

payment_failed = Signal()
"""A payment ended unpaid (failed, expired, canceled). Sender: Payment. Arguments:
``payment``."""

payment_needs_review = Signal()
"""A payment's money disagrees with what we asked for; a person must judge. Sender:
Payment. Arguments: ``payment``."""

payment_surplus = Signal()
"""Money arrived for an order that is paid by another payment, or canceled. Sender:
Payment. Arguments: ``payment``."""
