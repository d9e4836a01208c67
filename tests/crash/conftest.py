"""A database that outlives processes, and the processes."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.crash.site import DEATH


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory):
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("crash") / "empty.sqlite3"
    _run(
        ["-m", "django", "migrate", "-v0"],
        DATABASE_URL=f"sqlite:///{path}",
        SANDBOX_URL="http://127.0.0.1:1",  # nobody is asked
    )
    return path


@pytest.fixture
def database_url(transactional_db, request, tmp_path):
    """Where the processes work: a file of their own, or the test database."""
    if connection.vendor == "sqlite":
        path = tmp_path / "crash.sqlite3"
        path.write_bytes(request.getfixturevalue("empty_sqlite").read_bytes())
        return f"sqlite:///{path}"
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    return urlunsplit(parts._replace(path=f"/{name}"))


class Site:
    """Runs steps in processes of the site, one after the other."""

    def __init__(self, notes, **variables):
        notes.touch()
        self._notes = notes
        self._variables = {"HANDED_OVER": str(notes), **variables}

    def __call__(self, *steps, die_in="", die_at=""):
        """Run steps in one process; gives what each ``report`` wrote.

        ``site("place", "click", die_in="click", die_at="before_call")`` expects the
        process to die there.
        """
        done = _run(
            ["-m", "tests.crash", *steps],
            expected=DEATH if die_in else 0,
            DIE_IN=die_in,
            DIE_AT=die_at,
            **self._variables,
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def handed_over(self):
        """How often the site's handler was given an order."""
        return len(self._notes.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def site(database_url, payments_sandbox, tmp_path):
    return Site(
        tmp_path / "handed_over",
        DATABASE_URL=database_url,
        SANDBOX_URL=payments_sandbox.url,
    )


def _run(arguments, *, expected=0, **variables):
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.crash.settings",
        **variables,
    }
    done = subprocess.run(  # noqa: S603  # our own modules
        [sys.executable, *arguments],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == expected, done.stderr
    return done
