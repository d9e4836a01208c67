import io
import signal
import socket
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.contrib.staticfiles.management.commands import runserver
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import WSGIServer
from django.db import connection

from example_project import settings
from example_project.shop import goods
from example_project.shop.models import Product
from payments_connect.api import sweep
from payments_connect.management.commands.payments_sandbox import (
    open_sandbox,
    stripe_options,
)
from payments_connect.sandbox import Sandbox, SandboxError

HOST = "127.0.0.1"
INTRODUCTION = """
  The shop     {site}
  Admin        {site}/admin/   log in as {admin}, password {password}
  {world}

  Cards to try (any date, any CVC)
    4242 4242 4242 4242   pays
    4000 0000 0000 0002   is declined; try another one then
    4000 0025 0000 3155   asks for 3-D Secure
  IBANs, for the pottery in euros
    AT32 1904 3002 3547 3204   pays three minutes later
    AT86 1904 3002 3547 3202   fails
  Promotion codes: {codes}; on the payment page: STRIPE20, STRIPE100 (croissants)

  Ctrl-C ends it all.
"""


class Server(WSGIServer):
    """Django's development server, with room for a storm of deliveries to queue up."""

    request_queue_size = 128  # instead of 10: what does not fit is reset


class Serve(runserver.Command):
    """Django's `runserver`, with that server."""

    server_cls = Server


class Command(BaseCommand):
    """Shop and sandbox in one process: what ends the one ends the other."""

    help = "Run the demo shop, with the sandbox unless Stripe keys are set."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument(
            "--sweep-every",
            type=float,
            default=20,
            metavar="SECONDS",
            help="How often payments_sweep runs, as cron would have it; 0 for never.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._run(options["port"], sweep_every=options["sweep_every"])
        except KeyboardInterrupt:
            self.stdout.write("The demo is closed.")

    def _run(self, port: int, *, sweep_every: float) -> None:
        site = f"http://{HOST}:{port}"
        check_free(port, variable="PORT")
        call_command("migrate", verbosity=0)
        call_command("seed_demo", stdout=io.StringIO())
        with ExitStack() as stack:
            base = stripe_options().get("base_url", "")
            if base == f"http://{HOST}:{settings.SANDBOX_PORT}/stripe":
                stack.enter_context(our_sandbox(site))
            stack.enter_context(sweeping(every=sweep_every))
            self.stdout.write(introduction(site, base=base))
            call_command(
                Serve(), f"{HOST}:{port}", use_reloader=False, stdout=io.StringIO()
            )


@contextmanager
def sweeping(*, every: float) -> Iterator[None]:
    """Sweep now and then while the block runs; a site has cron do it."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(every):
            sweep()
            connection.close()

    thread = threading.Thread(target=work, name="sweep", daemon=True)
    if every:
        thread.start()
    try:
        yield
    finally:
        stop.set()


@contextmanager
def our_sandbox(site: str) -> Iterator[None]:
    """Run the sandbox that the settings of the demo name by default."""
    check_free(settings.SANDBOX_PORT, variable="SANDBOX_PORT")
    with open_sandbox(
        host=HOST,
        port=settings.SANDBOX_PORT,
        site=site,
        state=str(settings.DEMO_DIR / "sandbox.json"),
    ) as sandbox:
        add_codes(sandbox)
        yield


def introduction(site: str, *, base: str) -> str:
    world = f"Sandbox      {base.removesuffix('/stripe')}"
    return INTRODUCTION.format(
        site=site,
        world=world if base else "Payments go to Stripe, with the key that is set.",
        admin=goods.ADMIN,
        password=goods.PASSWORD,
        codes=", ".join(goods.PROMOTION_CODES),
    )


def check_free(port: int, *, variable: str) -> None:
    """Refuse a taken port by the variable that changes it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            raise CommandError(
                f"Port {port} cannot be used ({error}). Choose another one: "
                f"make demo {variable}={port + 1}"
            ) from error


def add_codes(sandbox: Sandbox) -> None:
    """Give the sellers whose goods take Stripe's codes some of them."""
    accounts = Product.objects.filter(takes_stripe_codes=True).values_list(
        "seller__accounts__external_id", flat=True
    )
    for account in set(accounts):
        for percent in (20, 100):
            try:
                sandbox.stripe.get(f"stripe{percent}")
            except SandboxError:  # not known from an earlier run
                coupon = sandbox.stripe.add_coupon(
                    account=account, id=f"stripe{percent}", percent_off=percent
                )
                sandbox.stripe.add_promotion_code(
                    f"STRIPE{percent}", coupon["id"], account=account
                )
