import pytest
from django.db import connection

from payments_connect.enums import ChargeType
from payments_connect.services.readiness import (
    gateway_problems,
    rows_of_other_mode,
    supports_charge_type,
)
from payments_connect.testing.factories import ConnectedAccountFactory, PaymentFactory

pytestmark = pytest.mark.django_db


class TestGatewayProblems:
    def test_are_the_gateways_own(self, settings):
        """Services pass on what a gateway says about its options."""
        assert list(gateway_problems("stripe")) == []
        entry = settings.PAYMENTS_CONNECT["GATEWAYS"]["stripe"]
        settings.PAYMENTS_CONNECT = settings.PAYMENTS_CONNECT | {
            "GATEWAYS": {"stripe": entry | {"OPTIONS": {}}}
        }
        assert "E004" in {problem.code for problem in gateway_problems("stripe")}


class TestSupportsChargeType:
    def test_is_what_the_gateway_can_do(self):
        """A check asks before a buyer does."""
        assert supports_charge_type("stripe", ChargeType.DIRECT)
        assert not supports_charge_type("stripe", ChargeType.SEPARATE)


class TestRowsOfOtherMode:
    def test_none_where_all_agree(self):
        """Test keys, test rows."""
        ConnectedAccountFactory.create()
        PaymentFactory.create()
        assert list(rows_of_other_mode()) == []

    def test_names_gateway_and_rows(self):
        """One database holds one mode."""
        ConnectedAccountFactory.create(livemode=True)
        PaymentFactory.create(livemode=True)
        assert [slug for slug, _rows in rows_of_other_mode()] == ["stripe", "stripe"]
        assert len({rows for _slug, rows in rows_of_other_mode()}) == 2

    def test_nothing_before_the_first_migration(self, monkeypatch):
        """A check must not fail on an empty database."""
        ConnectedAccountFactory.create(livemode=True)
        monkeypatch.setattr(connection.introspection, "table_names", list)
        assert list(rows_of_other_mode()) == []

    def test_nothing_while_the_settings_are_wrong(self, settings):
        """Another check says that."""
        settings.PAYMENTS_CONNECT = {"GATEWAYS": {"stripe": {"BACKEND": "no.where"}}}
        assert list(rows_of_other_mode()) == []
