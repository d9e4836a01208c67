import signal
import threading
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from payments_connect.conf import get_settings
from payments_connect.models import ConnectedAccount
from payments_connect.sandbox import Sandbox, SandboxError

_TEST_KEYS = ("sk_test_", "rk_test_")
# Endpoint, the option that holds its secrets, and whether it is a Connect endpoint.
_ENDPOINTS = (
    ("payments_connect:stripe-webhook", "webhook_secrets", False),
    ("payments_connect:stripe-connect-webhook", "connect_webhook_secrets", True),
)


class Command(BaseCommand):
    """The sandbox in a process of its own, wired to this site."""

    help = (
        "Run the offline Stripe sandbox with this site's keys, secrets and connected "
        "accounts, delivering its events to this site."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the addresses and the state file."""
        parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1")
        parser.add_argument("--port", type=int, default=12111, help="12111")
        parser.add_argument(
            "--site",
            default="http://127.0.0.1:8000",
            help="Address of this site, where events go (http://127.0.0.1:8000).",
        )
        parser.add_argument(
            "--state",
            help="A file that keeps the state over restarts.",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Serve until interrupted."""
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with open_sandbox(
                host=options["host"],
                port=options["port"],
                site=options["site"],
                state=options["state"],
            ) as sandbox:
                self._introduce(sandbox, site=options["site"])
                threading.Event().wait()
        except KeyboardInterrupt:
            self.stdout.write("The sandbox is closed.")

    def _introduce(self, sandbox: Sandbox, *, site: str) -> None:
        self.stdout.write(f"The sandbox is open: {sandbox.url} (events go to {site})")
        options = stripe_options()
        if options.get("base_url", "").rstrip("/") != sandbox.stripe.url:
            self.stderr.write(
                "This site's settings do not use it. "
                f"Set STRIPE_API_BASE={sandbox.stripe.url}"
            )
        for name, option, _connect in _ENDPOINTS:
            if not options.get(option):
                self.stderr.write(f"No {option} are set: nothing goes to {name}.")
        self.stdout.write("Stop it with Ctrl-C.")


@contextmanager
def open_sandbox(
    *, host: str, port: int, site: str, state: str | None = None
) -> Iterator[Sandbox]:
    """Run a sandbox that knows this site's keys, accounts and endpoints.

    Args:
        host: To listen on.
        port: The same; 0 for a free one.
        site: Where events go, for example ``http://127.0.0.1:8000``.
        state: A file that keeps the state over restarts.

    Raises:
        CommandError: The port is taken, the site address is none, or the settings
            hold a live key.
    """
    options = stripe_options()
    if urlsplit(site).scheme not in ("http", "https") or not urlsplit(site).hostname:
        raise CommandError(f"--site is no address: {site}")
    sandbox = Sandbox(host, port, deliver="background", state_path=state)
    livemode = _check_key(options, sandbox)
    try:
        sandbox.start()
    except SandboxError as error:
        raise CommandError(str(error)) from error
    try:
        sandbox.stripe.add_key(options["api_key"])
        _add_accounts(sandbox)
        _add_endpoints(sandbox, options, site=site, livemode=livemode)
        yield sandbox
    finally:
        sandbox.stop()


def stripe_options() -> Mapping[str, Any]:
    """The options of the Stripe gateway; they hold secrets."""
    gateway = get_settings().gateways.get("stripe")
    if gateway is None:
        raise CommandError("PAYMENTS_CONNECT has no gateway named stripe.")
    return gateway.options


def _check_key(options: Mapping[str, Any], sandbox: Sandbox) -> bool:
    """Keep real live keys away from an imitation; tell whether the key is live."""
    key = options.get("api_key", "")
    if key.startswith(_TEST_KEYS):
        return False
    if key == sandbox.stripe.live_secret_key:
        return True
    raise CommandError(
        "The sandbox takes test keys only, and this site has none: set "
        f"STRIPE_SECRET_KEY={sandbox.stripe.secret_key} (or any sk_test_ key)."
    )


def _add_accounts(sandbox: Sandbox) -> None:
    for account in ConnectedAccount.objects.filter(gateway="stripe"):
        try:
            sandbox.stripe.get(account.external_id)
        except SandboxError:  # not known from an earlier run
            sandbox.stripe.add_account(
                account.external_id,
                country=account.country or "US",
                default_currency=(account.currency or "USD").lower(),
            )


def _add_endpoints(
    sandbox: Sandbox, options: Mapping[str, Any], *, site: str, livemode: bool
) -> None:
    """Register our endpoints in place of those of an earlier run."""
    paths = [reverse(name) for name, _option, _connect in _ENDPOINTS]
    store = sandbox.stripe.world.store
    with sandbox.stripe.world.lock:
        for endpoint in list(store.each("webhook_endpoint")):
            if urlsplit(endpoint["url"]).path in paths:
                scope, _found = store.find(endpoint["id"])
                store.remove(scope, endpoint["id"])
    for path, (_name, option, connect) in zip(paths, _ENDPOINTS, strict=True):
        secrets = options.get(option)
        if secrets:
            sandbox.stripe.add_endpoint(
                site.rstrip("/") + path,
                connect=connect,
                secret=secrets[0],
                livemode=livemode,
            )
