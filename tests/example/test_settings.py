import re

from example_project.check_demo.processes import ROOT
from payments_connect.env import VARIABLES

from .running import run

EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
LINES = dict(
    line.split("=", 1) for line in EXAMPLE.splitlines() if re.match("[A-Z]", line)
)


class TestEnvExample:
    def test_names_every_variable_that_is_read_and_no_other(self):
        settings = (ROOT / "example_project" / "settings.py").read_text()
        read = set(re.findall(r'env\.[a-z_]+\(\s*"([A-Z_]+)"', settings))
        assert set(LINES) == read | set(VARIABLES)

    def test_explains_every_variable(self):
        for block in EXAMPLE.split("\n\n"):
            lines = block.splitlines()
            names = [line for line in lines if not line.startswith("#")]
            assert len(names) <= 1
            assert len(lines) > len(names), f"not explained: {names}"

    def test_works_as_it_is(self, tmp_path):
        variables = LINES | {"DEMO_DIR": str(tmp_path), "DATABASE_URL": ""}
        done = run(
            "manage.py",
            "check",
            "--fail-level=WARNING",
            directory=tmp_path,
            **variables,
        )
        assert done.returncode == 0, done.stdout


class TestSettings:
    def test_migrations_are_complete(self, tmp_path):
        done = run("manage.py", "makemigrations", "--check", directory=tmp_path)
        assert done.returncode == 0, done.stdout

    def test_there_is_no_site_without_debug_and_without_a_key(self, tmp_path):
        variables = {"DJANGO_DEBUG": "0", "DJANGO_SECRET_KEY": ""}
        done = run("manage.py", "check", directory=tmp_path, **variables)
        assert done.returncode != 0
        assert "Set the DJANGO_SECRET_KEY environment variable" in done.stdout
