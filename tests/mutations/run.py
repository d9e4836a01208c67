"""``make check-mutations``: break each promise on purpose; its test must notice.

Each ``*.patch`` here takes one promise away. Its header says which, and names the test
that must fail:

    Promise: 1, exactly once. What the code does for it, in a line.
    Test: tests/services/test_moves.py::TestMove::test_one_of_many_wins
    Database: postgresql

``Database`` is for races; without it the test runs on SQLite. Patches are applied to
HEAD in scratch worktrees, never to the working tree. The tests pass unmutated first:
one that fails anyway shows nothing. A patch that does not apply any more fails.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit, urlunsplit

import psycopg

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WORKERS = 2
RACE_TRIES = 3  # a race may be lost by luck
TIMEOUT = 300
POSTGRES = "postgresql"
DEFAULT_URL = "postgres://postgres@127.0.0.1:5432/postgres"
# Set to 1 where there is no PostgreSQL, to leave the races out instead of failing.
LEAVE_OUT = "MUTATIONS_WITHOUT_POSTGRES"

_HEADER = re.compile(r"^(Promise|Test|Database): (.+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One patch and what its header says."""

    path: Path
    promise: str
    test: str
    database: str = ""

    def __str__(self) -> str:
        return f"{self.path.stem}: {self.promise}"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one run of tests came to."""

    passed: bool = False
    failed: bool = False
    output: str = ""


def read_mutation(path: Path) -> Mutation:
    """Read a patch's header.

    Raises:
        SystemExit: It names no promise or no test.
    """
    header = dict(_HEADER.findall(path.read_text(encoding="utf-8").split("diff --")[0]))
    if not {"Promise", "Test"} <= header.keys():
        raise SystemExit(f"FAILED {path.name}: its header names no promise or no test")
    return Mutation(
        path=path,
        promise=header["Promise"],
        test=header["Test"],
        database=header.get("Database", ""),
    )


@contextmanager
def worktrees() -> Iterator["SimpleQueue[Path]"]:
    """A few scratch checkouts of HEAD, taken away again whatever happens."""
    free: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="mutations-") as scratch:
        trees = [Path(scratch) / f"tree{number}" for number in range(WORKERS)]
        try:
            for tree in trees:
                git("worktree", "add", "--quiet", "--detach", tree, "HEAD")
                free.put(tree)
            yield free
        finally:
            for tree in trees:
                git("worktree", "remove", "--force", tree, check=False)
            git("worktree", "prune")


def git(*arguments: str | Path, cwd: Path = ROOT, check: bool = True) -> bool:
    """Run git; tell whether it went well.

    Raises:
        subprocess.CalledProcessError: It did not, and ``check`` is on.
    """
    command = ["git", *map(str, arguments)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, check=check)
    return done.returncode == 0


def database_url(database: str, tree: Path) -> str:
    """A database of its own for each worktree; Django's test runner makes it."""
    if database != POSTGRES:
        return "sqlite://:memory:"
    parts = urlsplit(_postgres_url())
    return urlunsplit(parts._replace(path=f"/mutations_{os.getpid()}_{tree.name}"))


def _postgres_url() -> str:
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith("postgres") else DEFAULT_URL


def is_postgres_there() -> bool:
    """Whether the races can run."""
    try:
        psycopg.connect(_postgres_url(), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def run_tests(tests: Iterable[str], *, tree: Path, database: str) -> Outcome:
    """Run tests in a worktree, with its code."""
    command = [
        sys.executable, "-m", "pytest", "-q", "--tb=line", "--no-header",
        "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", *tests,
    ]  # fmt: skip
    environment = os.environ | {
        "DATABASE_URL": database_url(database, tree),
        # A mutated module must not be mistaken for the one before: no caches.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(output="timed out")
    return Outcome(
        passed=done.returncode == 0 and " passed" in done.stdout,
        failed=done.returncode == 1 and bool(re.search(r"\d+ failed", done.stdout)),
        output=done.stdout + done.stderr,
    )


def check(mutation: Mutation, tree: Path) -> str:
    """Apply one patch and run its test; give what is wrong, "" if it noticed."""
    if not git("apply", mutation.path, cwd=tree, check=False):
        return "the patch does not apply any more"
    try:
        for _try in range(RACE_TRIES if mutation.database else 1):
            outcome = run_tests([mutation.test], tree=tree, database=mutation.database)
            if outcome.failed:
                return ""
        if outcome.passed:
            return f"{mutation.test} did not notice"
        return f"{mutation.test} could not run:\n{outcome.output[-2000:]}"
    finally:
        git("checkout", "--quiet", ".", cwd=tree)
        git("clean", "-fdq", cwd=tree)


def broken_tests(mutations: list[Mutation], tree: Path) -> set[str]:
    """Run every named test unmutated; give those that fail, and say how."""
    broken: set[str] = set()
    for database in sorted({mutation.database for mutation in mutations}):
        tests = sorted({m.test for m in mutations if m.database == database})
        outcome = run_tests(tests, tree=tree, database=database)
        if outcome.passed and " skipped" not in outcome.output:
            continue
        print(f"Without any mutation:\n{outcome.output}")
        named = [t for t in tests if f"FAILED {t}" in outcome.output]
        broken.update(named or tests)
    return broken


def main(names: list[str]) -> int:
    """Check all mutations, or those named; give the exit status."""
    mutations = [read_mutation(path) for path in sorted(HERE.glob("*.patch"))]
    if names:
        mutations = [each for each in mutations if each.path.stem in names]
    left_out: list[Mutation] = []
    if not is_postgres_there():
        if os.environ.get(LEAVE_OUT) != "1":
            print(
                f"FAILED: no PostgreSQL for the races (DATABASE_URL; or {LEAVE_OUT}=1)"
            )
            return 1
        left_out = [each for each in mutations if each.database]
        mutations = [each for each in mutations if not each.database]
    failures = _check_all(mutations)
    for mutation in left_out:
        print(f"skipped {mutation} (no PostgreSQL)")
    skipped = f", {len(left_out)} skipped" if left_out else ""
    print(f"{len(mutations) - failures} passed, {failures} failed{skipped}")
    return 1 if failures or not mutations else 0


def _check_all(mutations: list[Mutation]) -> int:
    """Print a line for each mutation; give the number of failures."""
    failures = 0
    with worktrees() as free, ThreadPoolExecutor(WORKERS) as pool:
        tree = free.get()
        broken = broken_tests(mutations, tree)
        free.put(tree)

        def work(mutation: Mutation) -> str:
            if mutation.test in broken:
                return f"{mutation.test} does not pass without it"
            tree = free.get()
            try:
                return check(mutation, tree)
            finally:
                free.put(tree)

        for mutation, problem in zip(mutations, pool.map(work, mutations), strict=True):
            failures += bool(problem)
            note = f"\n       {problem}" if problem else ""
            print(f"{'FAILED' if problem else 'ok':6} {mutation}{note}", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
