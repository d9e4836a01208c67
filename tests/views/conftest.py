"""Both endpoints, a payment whose events come to them, and our lines in the log."""

import pytest

from .deliveries import ENDPOINTS, open_payment


@pytest.fixture(params=ENDPOINTS)
def endpoint(request):
    return request.param


@pytest.fixture
def payment(db, account, endpoint):
    """A payment whose events come to the endpoint."""
    seller = account if endpoint == "connect" else None
    return open_payment(account=seller, charge_type="direct" if seller else "platform")


@pytest.fixture
def our_log(caplog):
    """Give the lines our package has logged so far."""

    def lines():
        return [
            record.getMessage()
            for record in caplog.records
            if record.name.startswith("payments_connect")
        ]

    return lines
