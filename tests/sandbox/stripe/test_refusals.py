import re
from pathlib import Path

import payments_connect.sandbox.stripe
from payments_connect.sandbox.stripe.refusals import REFUSALS

PACKAGE = Path(payments_connect.sandbox.stripe.__file__).parent
# Of declines and faults, which are asked for and no refusals.
NOT_REFUSALS = {
    "card_declined",
    "expired_card",
    "incorrect_cvc",
    "payment_intent_authentication_failure",
    "payment_intent_payment_attempt_failed",
    "processing_error",
    "rate_limit",
}


class TestRefusals:
    def test_list_names_every_code_that_is_answered(self):
        text = "".join(path.read_text() for path in PACKAGE.glob("*.py"))
        answered = set(re.findall(r'\bcode="(\w+)"', text))
        listed = {each.code for each in REFUSALS}
        assert answered - NOT_REFUSALS <= listed

    def test_list_has_no_entry_twice(self):
        assert len(set(REFUSALS)) == len(REFUSALS)
