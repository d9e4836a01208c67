"""Everything about one payment arrives at once, from every side."""

import http.client
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

import pytest

from payments_connect.api import order_path
from payments_connect.enums import PaymentStatus, WebhookStatus
from payments_connect.models import Payment, WebhookEvent
from payments_connect.testing.events import sign
from payments_connect.testing.posting import endpoint_of, path_of, secret_of

from .racing import race
from .shop import (
    SHIPPED,
    assert_paid_once,
    make_everything_due,
    start_sale,
    sweep_until_quiet,
    swept,
)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

ROUNDS = 5
SEPA_SUCCESS, SEPA_FAILURE = "AT591904300235473203", "AT861904300235473202"


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_storm_of_everything_pays_once(site, account, heard, _round):
    sale = start_sale(site, account)
    sale.pay()
    make_everything_due()
    works = sale.anything(copies=3)
    assert len(works) >= 16
    assert set(race(*works)) == {200}
    sweep_until_quiet()
    assert_paid_once(sale, heard)
    rows = WebhookEvent.objects.values_list("event_id", "status")
    assert len(rows) == len(dict(rows)), "an event has more than one row"
    assert set(dict(rows).values()) == {WebhookStatus.PROCESSED}


@pytest.fixture
def sale(site, account):
    return start_sale(site, account)


def test_a_storm_through_a_real_server_pays_once(sale, heard, live_server):
    sale.pay()
    works: list[Callable[[], int]] = [
        partial(_post, live_server.url, event, endpoint_of(event))
        for event in sale.events
        for _copy in range(4)
    ]
    works += [partial(_get, live_server.url, order_path(sale.order))] * 4
    works += [swept] * 2
    assert len(works) >= 16
    assert set(race(*works)) == {200}
    sweep_until_quiet()
    assert_paid_once(sale, heard)


def test_a_second_storm_changes_nothing(site, account, heard):
    sale = start_sale(site, account)
    sale.pay()
    for _storm in range(2):
        assert set(race(*sale.anything(copies=3))) == {200}
    sweep_until_quiet()
    assert_paid_once(sale, heard)


def test_a_decline_and_the_success_after_it_arrive_at_once(site, account, heard):
    sale = start_sale(site, account)
    with pytest.raises(Exception, match="declined"):
        sale.pay("4000000000000002")
    sale.pay()
    assert set(race(*sale.anything(copies=2))) == {200}
    sweep_until_quiet()
    assert_paid_once(sale, heard)


@pytest.mark.parametrize("_round", range(2))
def test_a_delayed_success_in_any_order_pays_once(site, account, heard, _round):
    sale = start_sale(site, account, currency="EUR")
    sale.pay(SEPA_SUCCESS)
    site.clock.advance(14 * 24 * 60 * 60)
    make_everything_due()
    assert set(race(*sale.anything(copies=2))) == {200}
    sweep_until_quiet()
    assert_paid_once(sale, heard)


def test_a_delayed_failure_in_any_order_fails_once(site, account, heard):
    sale = start_sale(site, account, currency="EUR")
    sale.pay(SEPA_FAILURE)
    site.clock.advance(14 * 24 * 60 * 60)
    make_everything_due()
    assert set(race(*sale.anything(copies=2))) == {200}
    sweep_until_quiet()
    assert Payment.objects.get().status == PaymentStatus.FAILED
    assert (heard["payment_failed"], heard["order_paid"]) == (1, 0)
    assert not SHIPPED


def _post(url, event, endpoint):
    delivery = sign(event, secret_of(endpoint))
    headers = delivery.headers | {"Content-Type": "application/json"}
    return _ask(url, "POST", path_of(endpoint), body=delivery.body, headers=headers)


def _get(url, path):
    return _ask(url, "GET", path)


def _ask(url, method, path, **more):
    """Ask as gateways do: again if the connection was cut before there was an answer.

    The test server's queue of connections is shorter than our crowd.
    """
    for _try in range(5):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        try:
            connection.request(method, path, **more)
            answer = connection.getresponse()
            answer.read()
        except ConnectionResetError:
            continue
        else:
            return answer.status
        finally:
            connection.close()
    raise AssertionError("the server takes no connections")
