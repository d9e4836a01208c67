"""The app's tables go away and come back on whichever database the suite runs on."""

import pytest
from django.core.management import call_command
from django.db import connection

from payments_connect.models import Order
from payments_connect.testing.factories import make_order


@pytest.mark.django_db(transaction=True)
def test_migrations_go_back_and_forth():
    table = Order._meta.db_table
    try:
        call_command("migrate", "payments_connect", "zero", verbosity=0)
        assert table not in connection.introspection.table_names()
    finally:
        call_command("migrate", verbosity=0)
    assert make_order().reference


@pytest.mark.django_db
def test_models_have_no_changes_without_a_migration():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
