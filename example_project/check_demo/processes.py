"""The demo as a child process, with everything of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from payments_connect.env import VARIABLES

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent.parent
_STARTS_WITHIN = 40
_STOPS_WITHIN = 10


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Ports:
    """Where the demo's two servers listen."""

    site: int = field(default_factory=free_port)
    sandbox: int = field(default_factory=free_port)


def environment(directory: Path, ports: Ports) -> dict[str, str]:
    """What the demo and the checker run with, whatever `.env` and the shell say."""
    return dict.fromkeys(VARIABLES, "") | {
        "DJANGO_SETTINGS_MODULE": "example_project.settings",
        "DJANGO_DEBUG": "1",
        "DJANGO_SECRET_KEY": "check-demo",
        "DJANGO_ALLOWED_HOSTS": HOST,
        "DATABASE_URL": f"sqlite:///{directory}/db.sqlite3",
        "DEMO_DIR": str(directory),
        "DEMO_ACCOUNTS": "",
        "SANDBOX_PORT": str(ports.sandbox),
        "WITH_DJSTRIPE": "0",
    }


@contextmanager
def demo(directory: Path, *, port: int, variables: Mapping[str, str]) -> Iterator[None]:
    """Run `manage.py demo` until the block ends.

    Raises:
        RuntimeError: It did not start; with the end of what it said.
    """
    log = directory / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "manage.py", "demo", f"--port={port}", "--sweep-every=0"],
            cwd=ROOT,
            env=os.environ | variables,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, port=port, log=log)
        yield
    finally:
        _stop(process)


def _wait_until_it_answers(
    process: "subprocess.Popen[bytes]", *, port: int, log: Path
) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=_STARTS_WITHIN)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            time.sleep(0.05)
        else:
            return
        finally:
            connection.close()
    said = log.read_text(encoding="utf-8", errors="replace")[-2_000:]
    raise RuntimeError(f"The demo did not start. It said:\n{said}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=_STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
