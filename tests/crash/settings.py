"""The settings of the processes that die: a sandbox elsewhere, and a handler."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import PAYMENTS_CONNECT as _USUAL

_STRIPE = _USUAL["GATEWAYS"]["stripe"]  # type: ignore[index]  # a dict of settings
_OPTIONS = _STRIPE["OPTIONS"] | {"base_url": f"{os.environ['SANDBOX_URL']}/stripe"}
PAYMENTS_CONNECT = _USUAL | {
    "GATEWAYS": {"stripe": _STRIPE | {"OPTIONS": _OPTIONS}},
    "FULFILMENT_HANDLER": "tests.crash.site.hand_over",
}
