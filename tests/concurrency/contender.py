"""One process of a race: ``python -m tests.concurrency.contender``, JSON on stdin.

The first line says which database and settings the test has and what to do; "ready"
goes out once everything is imported and connected; the next line is the start.
"""

import json
import os
import sys
from typing import Any


def main() -> None:
    """Set Django up as the test has it, wait for the start, work, tell the outcome."""
    job = json.loads(sys.stdin.readline())
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

    import django  # after the settings are named
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = job["database"]
    settings.PAYMENTS_CONNECT = job["settings"]
    django.setup()

    from django.db import connection

    from tests.concurrency import shop

    connection.ensure_connection()
    tell("ready")
    sys.stdin.readline()
    with shop.Heard() as heard:
        try:
            outcome = [work(item) for item in job["works"]]
        except Exception as error:  # an outcome like any other
            outcome = [f"{type(error).__name__}: {error}"]
        tell({"outcome": outcome, "paid": heard["order_paid"], "shipped": shop.SHIPPED})
    connection.close()


def work(item: dict[str, Any]) -> Any:
    """One thing to do: an event to post, a page to get, a sweep, a purchase."""
    from django.test import Client  # needs Django set up

    from payments_connect.api import PromotionRefused
    from payments_connect.testing.factories import make_order
    from tests.concurrency import shop

    match item["do"]:
        case "post":
            return shop.post(item["event"])
        case "get":
            return Client().get(item["path"]).status_code
        case "sweep":
            return shop.swept()
        case "buy":
            try:
                return make_order(**item["fields"]).pk
            except PromotionRefused:
                return None
    raise ValueError(item["do"])


def tell(what: Any) -> None:
    """One line of JSON to the test."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
