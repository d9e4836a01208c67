"""Promotion codes as people type them."""

import pytest
from django.core.exceptions import ValidationError

from payments_connect.models import PromotionCode


class TestClean:
    def test_a_code_that_grows_beyond_its_column_is_refused(self):
        """Upper case can be longer: a form says so instead of the database."""
        with pytest.raises(ValidationError) as refused:
            PromotionCode(code="ß" * 64, percent_off=10).clean()
        assert "code" in refused.value.message_dict
