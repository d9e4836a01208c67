"""Marketplace payments in Django: Stripe Connect first, other gateways behind one API."""

__version__ = "0.1.0"
