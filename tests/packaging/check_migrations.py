"""``make migrations``: models and migrations agree, and every migration goes back.

Run with the settings of the suite and of the example project, on a fresh SQLite file;
PostgreSQL and MariaDB do the same in ``test_migrations.py``.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SETTINGS = ("tests.settings", "example_project.settings")
STEPS = (
    ("makemigrations", "--check", "--dry-run"),
    ("migrate",),
    ("migrate", "payments_connect", "zero"),
    ("migrate",),
)


def django_admin(settings: str, *arguments: str, database: Path) -> None:
    """Run one command in a process of its own; its output shows only on failure.

    Raises:
        SystemExit: The command failed.
    """
    done = subprocess.run(  # our own words
        [sys.executable, "-W", "error", "-m", "django", *arguments, "-v", "0"],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings,
            "DATABASE_URL": f"sqlite:///{database}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(arguments)
        raise SystemExit(f"FAILED {settings}: {words}\n{done.stdout}{done.stderr}")


def main() -> None:
    """Check every settings module, or exit at the first failure."""
    for settings in SETTINGS:
        with tempfile.TemporaryDirectory() as scratch:
            for step in STEPS:
                django_admin(settings, *step, database=Path(scratch) / "db.sqlite3")
        print(f"ok {settings}: models and migrations agree; forward and back")


if __name__ == "__main__":
    main()
