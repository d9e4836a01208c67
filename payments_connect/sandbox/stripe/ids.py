"""Object ids in Stripe's shapes."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_LENGTHS = {"cs_test_": 58, "cs_live_": 58, "acct_": 16, "req_": 14, "whsec_": 32}


def new_id(prefix: str) -> str:
    """Return a fresh random id, for example `pi_3Q…` for the prefix `pi_3`."""
    length = _LENGTHS.get(prefix, 24)
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length))
