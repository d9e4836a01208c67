"""The documentation as text: pages, tables, links."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_CODE = re.compile(r"(?<!\})`([^`]+)`")
_FENCE = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """The text of a page of ``docs/``, by its name without the suffix."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def pages() -> list[Path]:
    """Every page of ours, README and its companions too."""
    found = sorted(DOCS.rglob("*.md"))
    return [path for path in found if "_build" not in path.parts] + [
        ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
    ]


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    match = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert match, f"no heading {heading!r}"
    level = len(match.group(1))
    rest = text[match.end() :]
    end = re.search(rf"^#{{1,{level}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """The cells of all tables in a text, without headings and rules."""
    found = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("|") or re.fullmatch(r"[|\-: ]+", line):
            continue
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not re.fullmatch(r"[|\-: ]+", following):
            found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def words(cell: str) -> list[str]:
    """The words in backquotes."""
    return _CODE.findall(cell)


def first_words(text: str) -> list[str]:
    """The words in backquotes in the first column of the tables of a text."""
    return [word for row in rows(text) for word in words(row[0])]


def prose(text: str) -> str:
    """A text without its code."""
    return _CODE.sub("", _FENCE.sub("", text))
