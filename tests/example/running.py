"""Runs Python with the example's settings, in a process of its own."""

import os
import subprocess
import sys

from example_project.check_demo.processes import ROOT, Ports, environment

_LONGEST = 600  # the migrations of dj-stripe alone take a minute of one core


def run(*arguments, directory, **variables):
    """Run `python <arguments>`; its output and errors together in `stdout`."""
    return subprocess.run(  # noqa: S603  # our own arguments
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | environment(directory, Ports()) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_LONGEST,
        check=False,
    )


def run_cases(name, *more, directory, **variables):
    """Run the tests of a module under the example's settings; all must pass."""
    options = ("--ds=example_project.settings", "-q", "-p", "no:cacheprovider")
    path = f"tests/example/{name}.py"
    done = run("-m", "pytest", *options, *more, path, directory=directory, **variables)
    assert done.returncode == 0, done.stdout[-4_000:]
