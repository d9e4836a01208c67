"""Column types that mean the same on every database."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# Generic for type checkers only: Django 5.2's fields cannot be subscripted.
if TYPE_CHECKING:
    _CharField = models.CharField[Any, Any]
else:
    _CharField = models.CharField

EXTERNAL_ID_LENGTH = 255


class ExternalIdField(_CharField):
    """A gateway's id: at most 255 characters, compared byte by byte.

    MariaDB's default collation takes ``evt_a`` and ``evt_A`` for the same id, which
    would drop the second event as a copy of the first.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", EXTERNAL_ID_LENGTH)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Add the binary collation where the default one ignores case."""
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "mysql":
            parameters["collation"] = "utf8mb4_bin"
        return parameters


class CurrencyField(_CharField):
    """ISO 4217 code, upper case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)
