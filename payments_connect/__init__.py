"""Marketplace payments in Django: Stripe Connect first, others behind one API."""

__version__ = "0.1.0"
