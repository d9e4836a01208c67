"""A process of the site that does some steps, and dies where it is told to.

``python -m tests.crash place click …``; the environment says in which step
(``DIE_IN``) and at which point (``DIE_AT``).
"""

import importlib
import os
import sys

import django

django.setup()
steps = importlib.import_module("tests.crash.steps")
for name in sys.argv[1:]:
    if name == os.environ["DIE_IN"]:
        steps.arm(os.environ["DIE_AT"])
    steps.STEPS[name]()
