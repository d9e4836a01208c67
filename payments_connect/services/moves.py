"""The one function that moves a row from one status to another."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model, TextChoices
from django.db.models.expressions import Combinable

from payments_connect.enums import MOVES, PERSON_MOVES


def move(
    row: Model,
    to: TextChoices,
    *,
    field: str = "status",
    by_person: bool = False,
    only_if: Mapping[str, Any] | None = None,
    **also: Any,
) -> bool:
    """Move a row by one conditional update; tell whether this call moved it.

    Of any number of callers at once one gets the row and runs the effects; the others
    get nothing and do nothing. Guarded by ``tests/concurrency/test_storm.py`` and
    ``tests/mutations/conditional_update.patch``.

    Args:
        row: The row; its attributes follow when it was moved.
        to: The new status.
        field: Name of the status column.
        by_person: Use the moves that only a person may make.
        only_if: Further conditions of the update, as for ``filter``.
        also: Further columns to write in the same update.
    """
    allowed = _allowed(to, PERSON_MOVES if by_person else MOVES)
    written = type(row)._base_manager.filter(
        pk=row.pk, **{f"{field}__in": sorted(allowed)}, **only_if or {}
    )
    if written.update(**{field: to}, **also) != 1:
        return False
    for name, value in {field: to, **also}.items():
        if not isinstance(value, Combinable):  # F("…") + 1 is for the database
            setattr(row, name, value)
    return True


def _allowed(
    to: TextChoices,
    table: Mapping[type[TextChoices], Mapping[Any, frozenset[Any]]],
) -> frozenset[Any]:
    return table[type(to)][to]
