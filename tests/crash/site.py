"""What the site does: its handler writes down each order that it was given."""

import os
from pathlib import Path

DEATH = 86


def die():
    """Vanish."""
    os._exit(DEATH)


def hand_over(order):
    """Note the order, where the test can read it after any crash."""
    with Path(os.environ["HANDED_OVER"]).open("a", encoding="utf-8") as notes:
        notes.write(f"{order.pk}\n")
    if os.environ["DIE_AT"] == "handler":
        die()
