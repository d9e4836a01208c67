"""Whatever a page points to is there."""

import re
from pathlib import Path

import pytest

from .pages import DOCS, ROOT, page, pages

_PAGES = pages()
PROMISES = "explanation/promises"


def _ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", _PAGES, ids=_ids)
def test_relative_links_lead_somewhere(path: Path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", _PAGES, ids=_ids)
def test_pages_that_are_referred_to_exist(path: Path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\{doc\}`(?:[^`<]*<)?([^`>]+)>?`", text):
        assert (path.parent / f"{target}.md").exists(), target


@pytest.mark.parametrize("path", _PAGES, ids=_ids)
def test_test_files_that_are_named_exist(path: Path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"`(tests/[\w/.]+)(?:::[\w:]+)?`", text):
        assert (ROOT / target).exists(), target


def test_tests_that_promises_name_exist():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)(?:::(\w+))?`", page(PROMISES))
    for file, *names in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        for name in filter(None, names):
            assert re.search(rf"(?m)^ *(?:def|class) {name}\b", source), (file, name)


def test_all_ten_promises_name_a_test_or_say_that_none_is_there():
    parts = re.split(r"^## \d+\. ", page(PROMISES), flags=re.MULTILINE)[1:]
    assert len(parts) == 10
    for part in parts:
        assert "**Shown by**" in part, part.splitlines()[0]


def test_the_layout_in_the_readme_names_what_is_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"```text\n(payments_connect/\n.*?)```", text, re.DOTALL)
    assert tree
    for line in tree[1].splitlines():
        names = re.split(r" {2,}", line.strip())[0].split()
        base = ROOT / "payments_connect" if line.startswith(" ") else ROOT
        for name in names:
            assert (base / name).exists(), name


def test_the_layout_in_the_readme_has_every_module():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    tree = re.search(r"```text\npayments_connect/\n(.*?)```", text, re.DOTALL)
    assert tree
    inner = [line for line in tree[1].splitlines() if line.startswith(" ")]
    named = {
        name.rstrip("/")
        for line in inner
        for name in re.split(r" {2,}", line.strip())[0].split()
    }
    passive = {"migrations", "static", "templates", "locale", "py.typed", "__init__.py"}
    package = ROOT / "payments_connect"
    ours = {path.name for path in package.iterdir() if path.name != "__pycache__"}
    assert ours - passive == named


def test_make_targets_that_are_named_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for path in _PAGES:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", text))
        assert named <= targets, path


def test_every_page_is_in_the_table_of_contents():
    index = page("index")
    for path in DOCS.rglob("*.md"):
        name = str(path.relative_to(DOCS).with_suffix(""))
        if "_build" not in path.parts and name != "index":
            assert re.search(rf"^{re.escape(name)}$", index, re.MULTILINE), name
