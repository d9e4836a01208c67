"""The sandbox's server: one socket, one thread for each request."""

import itertools
import json
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from payments_connect.sandbox.clock import Clock
from payments_connect.sandbox.control import control
from payments_connect.sandbox.exceptions import SandboxError
from payments_connect.sandbox.faults import Faults
from payments_connect.sandbox.index import index
from payments_connect.sandbox.journal import Journal, ReceivedRequest
from payments_connect.sandbox.stripe.page import page
from payments_connect.sandbox.stripe.sandbox import StripeSandbox

_TICK = 0.1
_TICKS_BETWEEN_SAVES = 20


class Sandbox:
    """All imitated gateways on one address.

    Attributes:
        clock: Time; `advance` runs what falls due.
        faults: What goes wrong on request.
        stripe: The Stripe part.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        deliver: Literal["manual", "background"] = "manual",
        state_path: str | Path | None = None,
    ) -> None:
        """Prepare a sandbox; `start` or a `with` block binds it.

        Args:
            host: Loopback by default: its powers are not meant for a network.
            port: 0 for a free one.
            deliver: Whether events are delivered by `stripe.deliver()` only, or at
                once by background threads, which also run what falls due by the clock.
            state_path: A JSON file that keeps the state over restarts; written when
                it stops and, with background deliveries, every two seconds.
        """
        self._host, self._port = host, port
        self._background = deliver == "background"
        self._state_path = Path(state_path) if state_path else None
        self._saved = ""
        self._server: BaseWSGIServer | None = None
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._journal = Journal()
        self.clock = Clock()
        self.faults = Faults()
        self.stripe = StripeSandbox(
            clock=self.clock,
            faults=self.faults,
            journal=self._journal,
            base_url=lambda: f"{self.url}/stripe",
            background=self._background,
        )

    @property
    def url(self) -> str:
        """The address, once started."""
        if self._server is None:
            raise SandboxError("the sandbox has no address before it is started")
        return f"http://{self._host}:{self._server.port}"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The API calls received, oldest first."""
        return self._journal.all()

    def start(self) -> Self:
        """Bind the address and serve in threads.

        Raises:
            SandboxError: The port is taken.
        """
        self._server = self._bind()
        self._stopping.clear()
        self._load()
        work: list[Callable[[], None]] = [
            # Stopping waits for one poll; the default half second adds up in tests.
            partial(self._server.serve_forever, poll_interval=0.01)
        ]
        if self._background:
            work.append(self._tick)
        self._threads = [threading.Thread(target=each, daemon=True) for each in work]
        for thread in self._threads:
            thread.start()
        self.stripe.release()
        return self

    def stop(self) -> None:
        """Stop serving and save the state."""
        if self._server is None:
            return
        self._stopping.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self.stripe.outbox.close()
        self._save()
        self._server.server_close()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _bind(self) -> BaseWSGIServer:
        # werkzeug exits the process when it finds the port taken, so it gets a socket
        # that is bound already.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((self._host, self._port))
            except OSError as problem:
                raise SandboxError(
                    f"{self._host}:{self._port} is taken or not ours "
                    f"({problem.strerror}); choose another port"
                ) from problem
            listener.listen(128)
            return make_server(
                self._host,
                listener.getsockname()[1],
                self._application(),
                threaded=True,
                request_handler=_Silent,
                fd=listener.fileno(),
            )

    def _application(self) -> DispatcherMiddleware:
        return DispatcherMiddleware(
            index(self),
            {
                "/stripe": self.stripe.api,
                "/stripe/c": page(self.stripe),
                "/_sandbox": control(self),
            },
        )

    def _tick(self) -> None:
        for tick in itertools.count(1):
            if self._stopping.wait(_TICK):
                return
            self.clock.run_due()
            if tick % _TICKS_BETWEEN_SAVES == 0:
                self._save()

    def _load(self) -> None:
        if self._state_path is None or not self._state_path.exists():
            return
        state = json.loads(self._state_path.read_text(encoding="utf-8"))
        self.clock.load(state["clock"])
        self.stripe.load(state["stripe"])

    def _save(self) -> None:
        if self._state_path is None:
            return
        state = {"clock": self.clock.dump(), "stripe": self.stripe.dump()}
        text = json.dumps(state)
        if text == self._saved:
            return
        draft = self._state_path.with_suffix(".new")
        draft.touch(mode=0o600)  # it holds keys and webhook secrets
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._state_path)
        self._saved = text


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the journal has the calls, and a URL may hold personal data."""
