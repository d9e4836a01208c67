"""``make check-wheel``: what users install is whole.

Builds sdist and wheel, installs the wheel and nothing but its dependencies in an empty
virtual environment outside the repository, and starts a fresh Django project there.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "payments_connect"
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "DJANGO", "COVERAGE", "DATABASE_URL"))
}

SITE = """
from site_project.base import *

INSTALLED_APPS += ["payments_connect"]
DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE"}
ROOT_URLCONF = "site_project.pay_urls"
PAYMENTS_CONNECT = {
    "GATEWAYS": {
        "stripe": {
            "BACKEND": "payments_connect.gateways.stripe.StripeGateway",
            "OPTIONS": {
                "api_key": "sk_test_check",
                "webhook_secrets": ["whsec_check"],
                "connect_webhook_secrets": ["whsec_check"],
            },
        }
    },
    "NAMESPACE": "check",
}
"""
URLS = """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("pay/", include("payments_connect.urls")),
]
"""
# Runs in the fresh project, with the wheel and its dependencies alone.
PROBE = """
import pathlib
import sys
import django
django.setup()
import payments_connect
from payments_connect import api
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import Client

where = pathlib.Path(payments_connect.__file__).parent
assert pathlib.Path(sys.prefix) in where.parents, where
assert (where / "py.typed").exists()
assert all(hasattr(api, name) for name in api.__all__)
get_template("payments_connect/return.html")
assert finders.find("payments_connect/status.js")
settings.ALLOWED_HOSTS.append("testserver")
assert Client().post("/pay/webhooks/stripe/").status_code == 400
try:
    import payments_connect.sandbox
except ImportError as missing:
    assert 'pip install "django-payments-connect[sandbox]"' in str(missing), missing
else:
    raise AssertionError("the sandbox works without its extra")
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; its output shows only on failure.

    Raises:
        SystemExit: It failed.
    """
    done = subprocess.run(  # our own words
        list(map(str, command)),
        cwd=cwd,
        env=CLEAN,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        words = " ".join(map(str, command))
        raise SystemExit(f"FAILED {words}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(scratch: Path) -> tuple[Path, Path]:
    """Build both distributions, the wheel from the sdist."""
    run(
        sys.executable, "-m", "build", "--no-isolation", "--outdir", scratch, ROOT,
        cwd=scratch,
    )  # fmt: skip
    (wheel,), (sdist,) = scratch.glob("*.whl"), scratch.glob("*.tar.gz")
    return wheel, sdist


def shipped_files() -> set[str]:
    """Every file of the package that git knows: code, templates, static, migrations."""
    listed = run("git", "ls-files", "payments_connect", cwd=ROOT)
    return set(listed.split("\n")) - {""}


def check_contents(wheel: Path, sdist: Path) -> None:
    """Hold the distributions against the repository.

    Raises:
        SystemExit: Something is missing, or there is something that must not be.
    """
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    if missing := shipped_files() - inside:
        raise SystemExit(f"FAILED: not in the wheel: {sorted(missing)}")
    strangers = {
        name
        for name in inside
        if not name.startswith(("payments_connect/", "django_payments_connect-"))
    }
    if strangers:
        raise SystemExit(f"FAILED: should not be in the wheel: {sorted(strangers)}")
    with tarfile.open(sdist) as archive:
        source = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"README.md", "LICENSE", "CHANGELOG.md", "tests/conftest.py"}
    if absent := wanted - source:
        raise SystemExit(f"FAILED: not in the sdist: {sorted(absent)}")
    print(f"ok {sdist.name}: sources, tests, docs")
    print(f"ok {wheel.name}: {len(inside)} files, nothing else")


def check_installed(wheel: Path, scratch: Path) -> None:
    """Use the wheel as a new site would."""
    home = scratch / "venv"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    run(
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
        "-c", ROOT / "constraints.txt", wheel,
        cwd=scratch,
    )  # fmt: skip
    print("ok installed in an empty environment with its dependencies")
    site = scratch / "site"
    site.mkdir()
    run(python, "-m", "django", "startproject", "site_project", site, cwd=site)
    project = site / "site_project"
    (project / "settings.py").rename(project / "base.py")
    (project / "settings.py").write_text(SITE)
    (project / "pay_urls.py").write_text(URLS)
    manage = (python, "-W", "error", "manage.py")
    run(*manage, "check", "--fail-level", "INFO", cwd=site)
    run(*manage, "makemigrations", "--check", "--dry-run", cwd=site)
    run(*manage, "migrate", "-v", "0", cwd=site)
    print("ok a fresh project checks and migrates")
    probe = site / "probe.py"
    probe.write_text(
        'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "site_project.settings"\n'
        + PROBE
    )
    run(python, "-W", "error", probe, cwd=site)
    print("ok api, py.typed, templates, static files; the sandbox names its extra")


def main() -> None:
    """Check the distributions, or exit at the first failure."""
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        wheel, sdist = build(scratch)
        check_contents(wheel, sdist)
        check_installed(wheel, scratch)


if __name__ == "__main__":
    main()
