import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from payments_connect.services.sweep import sweep


class Command(BaseCommand):
    """One sweep, for cron: exit status 1 where a row failed."""

    help = "Work on what is due: events, intents, open payments, expired orders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--limit``."""
        parser.add_argument(
            "--limit", type=int, default=100, help="Most rows of each kind (100)."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Sweep once, and print what was done."""
        done = sweep(limit=options["limit"])
        self.stdout.write(
            f"events {done.events}, intents {done.intents}, payments {done.payments}, "
            f"orders {done.orders}, failures {done.failures}"
        )
        if done.failures:
            sys.exit(1)
