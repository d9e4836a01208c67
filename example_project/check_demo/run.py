"""Runs the scenarios one after the other, and counts."""

from pathlib import Path

from .processes import Ports, demo, environment
from .scenarios import SCENARIOS, Scenario
from .stage import Stage


def run(directory: Path, ports: Ports) -> int:
    """Run them all; give the exit status."""
    failed = 0
    variables = environment(directory, ports)
    with demo(directory, port=ports.site, variables=variables):
        stage = Stage(directory, ports)
        for title, scenario in SCENARIOS.items():
            failed += not _play(stage, title, scenario)
    print(f"{len(SCENARIOS) - failed} passed, {failed} failed")  # noqa: T201
    return 1 if failed else 0


def _play(stage: Stage, title: str, scenario: Scenario) -> bool:
    try:
        stage.calm()
        seen, good = scenario(stage), True
    except Exception as error:  # one scenario must not stop the rest
        seen, good = f"{type(error).__name__}: {error}", False
    line = f"{'ok' if good else 'FAILED'}  {title}: {' '.join(seen.split())}"
    print(line, flush=True)  # noqa: T201
    return good
