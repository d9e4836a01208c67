"""Sphinx: Markdown by MyST, the furo theme, and nothing from the network."""

import os
import sys
from pathlib import Path

import django

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE / "_ext")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from payments_connect import __version__  # noqa: E402  # after the path is set

project = "payments_connect"
author = "The payments_connect authors"
release = version = __version__
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sandbox_tables",
]
exclude_patterns = ["_build"]
templates_path = []
html_theme = "furo"
html_title = f"payments_connect {release}"
html_copy_source = False

myst_enable_extensions = ["colon_fence", "deflist", "substitution"]
myst_substitutions = {"release": release}
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False

# Other projects' classes (no inventories: the build is offline), and our own modules
# that are named in signatures but documented in words.
nitpick_ignore_regex = [
    ("py:.*", r"(django|datetime|uuid|stripe|collections|typing)\..*"),
    ("py:.*", r"payments_connect\.(models|gateways|services)\..*"),
    ("py:class", r"(optional|None|bool|int|str|Any|Self)"),
]


def _show_example(_app, _what, _name, _object, _options, lines):
    """Take an indented example right below a docstring's first line as code."""
    if not any(lines[1:2]) and "".join(lines[2:3]).startswith("    "):
        lines[1:1] = ["", "::"]


def setup(app):
    app.connect("autodoc-process-docstring", _show_example, priority=400)
