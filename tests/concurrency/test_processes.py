"""The same promises between real processes, as a site with several workers has them."""

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection

from payments_connect.api import order_path
from payments_connect.conf import SETTING
from payments_connect.models import Order, PromotionCode
from payments_connect.testing.factories import PromotionCodeFactory

from .shop import assert_paid_once, make_everything_due, start_sale, sweep_until_quiet

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

PROCESSES = 4


@pytest.fixture
def contenders(site):
    """Run a list of works in each of several processes that start together."""

    def run(*each_works):
        with ExitStack() as stack:
            processes = [stack.enter_context(_process()) for _works in each_works]
            for process, works in zip(processes, each_works, strict=True):
                _say(process, _job(works))
            for process in processes:
                assert json.loads(process.stdout.readline()) == "ready"
            for process in processes:
                _say(process, "start")
            return [json.loads(process.stdout.readline()) for process in processes]

    return run


def _process():
    return subprocess.Popen(  # our own words
        [sys.executable, "-m", "tests.concurrency.contender"],
        cwd=django_settings.BASE_DIR.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _say(process, what):
    process.stdin.write(json.dumps(what) + "\n")
    process.stdin.flush()


def _job(works):
    database = connection.settings_dict["NAME"]
    ours = getattr(django_settings, SETTING)
    return {"database": database, "settings": ours, "works": works}


def test_processes_that_get_the_same_events_pay_once(site, account, contenders):
    sale = start_sale(site, account)
    sale.pay()
    make_everything_due()
    page: dict[str, Any] = {"do": "get", "path": order_path(sale.order)}
    events: list[dict[str, Any]] = [
        {"do": "post", "event": event} for event in sale.events
    ]
    orders: list[list[dict[str, Any]]] = [
        events,
        events[::-1],
        [page, *events],
        [{"do": "sweep"}, *events],
    ]
    outcomes = contenders(*[works * 3 for works in orders])
    assert {each for told in outcomes for each in told["outcome"]} == {200}
    assert sum(told["paid"] for told in outcomes) == 1
    shipped = [pk for told in outcomes for pk in told["shipped"]]
    assert shipped == [sale.order.pk]
    sweep_until_quiet()
    assert_paid_once(sale, shipped_here=0)


def test_processes_do_not_share_out_more_uses_than_there_are(contenders):
    PromotionCodeFactory.create(code="FIVE", max_uses=5)
    buys = [
        [
            {
                "do": "buy",
                "fields": {"email": f"{p}.{n}@example.com", "promotion_code": "FIVE"},
            }
            for n in range(4)
        ]
        for p in range(PROCESSES)
    ]
    outcomes = [each for told in contenders(*buys) for each in told["outcome"]]
    assert outcomes.count(None) == 4 * PROCESSES - 5
    assert PromotionCode.objects.get().uses == Order.objects.count() == 5


def test_one_click_in_several_processes_places_one_order(contenders):
    click = {"do": "buy", "fields": {"placement_key": "click"}}
    outcomes = contenders(*[[click, click]] * PROCESSES)
    assert len({pk for told in outcomes for pk in told["outcome"]}) == 1
    assert Order.objects.count() == 1
