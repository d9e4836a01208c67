"""Stripe: Checkout Sessions on connected accounts, and two webhook endpoints."""

from .gateway import StripeGateway

__all__ = ["StripeGateway"]
