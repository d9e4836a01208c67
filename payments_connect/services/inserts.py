"""Insert a row unless it is there: one statement on every database."""

from django.db import connections
from django.db.models import Model
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery

from .transactions import database


def insert_or_ignore(row: Model) -> bool:
    """Insert a row, or do nothing where a unique constraint says it exists.

    ``bulk_create(ignore_conflicts=True)`` does the same but does not tell which of
    the two happened, which is the whole point here. The row gets no primary key.
    MariaDB's ``INSERT IGNORE`` also cuts values that are too long: check them before.

    Returns:
        Whether this call inserted it. A concurrent insert of the same row that has
        not committed yet is waited for.
    """
    alias = database()
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    query = InsertQuery(type(row), on_conflict=OnConflict.IGNORE)
    query.insert_values(fields, [row])
    ((sql, params),) = query.get_compiler(using=alias).as_sql()
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return bool(cursor.rowcount == 1)
