import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments_connect.enums import PaymentStatus
from payments_connect.exceptions import SnapshotError
from payments_connect.gateways.stripe import mapping
from payments_connect.gateways.types import Reference
from payments_connect.money import MAX_AMOUNT

from .objects import application_fee, intent, session


class TestSession:
    """A Checkout Session as a snapshot."""

    def snapshot(self, *, failed=False, **changes):
        return mapping.snapshot_from_session(
            session(**changes), account="acct_1", failed=failed
        )

    @pytest.mark.parametrize(
        ("status", "payment_status", "ours"),
        [
            ("open", "unpaid", PaymentStatus.OPEN),
            ("open", "no_payment_required", PaymentStatus.OPEN),
            ("open", "paid", PaymentStatus.OPEN),
            ("complete", "paid", PaymentStatus.SUCCEEDED),
            ("complete", "unpaid", PaymentStatus.PROCESSING),
            ("complete", "no_payment_required", PaymentStatus.REVIEW),
            ("complete", "new_word", PaymentStatus.PROCESSING),
            ("complete", None, PaymentStatus.PROCESSING),
            ("expired", "unpaid", PaymentStatus.EXPIRED),
            ("expired", "paid", PaymentStatus.EXPIRED),
            ("expired", "no_payment_required", PaymentStatus.EXPIRED),
        ],
    )
    def test_both_words_decide(self, status, payment_status, ours):
        """Neither word alone is proof; an unknown one is never paid."""
        found = self.snapshot(status=status, payment_status=payment_status)
        assert found.status == ours
        paid = ours == PaymentStatus.SUCCEEDED
        assert found.amount_captured == (100_00 if paid else 0)
        assert bool(found.doubt) is (ours == PaymentStatus.REVIEW)

    @pytest.mark.parametrize("word", ["paid", "no_payment_required"])
    def test_complete_session_over_nothing_is_paid(self, word):
        """A 100 % code: zero total, no payment intent, either word."""
        found = self.snapshot(
            payment_status=word,
            amount_total=0,
            payment_intent=None,
            total_details={"amount_discount": 100_00},
        )
        assert found.status == PaymentStatus.SUCCEEDED
        assert (found.amount, found.subtotal, found.discount) == (0, 100_00, 100_00)
        assert (found.amount_captured, found.external_id, found.doubt) == (0, "", "")

    @pytest.mark.parametrize("status", ["open", "expired"])
    def test_zero_total_that_is_not_complete_is_not_paid(self, status):
        """The buyer has not confirmed it."""
        found = self.snapshot(
            status=status, payment_status="no_payment_required", amount_total=0
        )
        assert found.status != PaymentStatus.SUCCEEDED

    @pytest.mark.parametrize("status", ["canceled", "", None, 5, ["open"], {}])
    def test_unknown_status_is_not_read(self, status):
        """A new word of Stripe's has us ask, not guess."""
        with pytest.raises(SnapshotError):
            self.snapshot(status=status)

    @pytest.mark.parametrize("mode", ["setup", "subscription", None, "new", 1])
    def test_other_modes_are_not_payments(self, mode):
        """They have no money of ours."""
        with pytest.raises(SnapshotError):
            self.snapshot(mode=mode)

    @pytest.mark.parametrize(
        ("status", "ours"),
        [
            ("processing", PaymentStatus.PROCESSING),
            ("requires_capture", PaymentStatus.AUTHORIZED),
            ("requires_payment_method", PaymentStatus.FAILED),
            ("canceled", PaymentStatus.CANCELED),
            ("new_word", PaymentStatus.PROCESSING),
            (None, PaymentStatus.PROCESSING),
        ],
    )
    def test_unpaid_session_waits_for_its_intent(self, status, ours):
        """Expanded, the payment intent says for what."""
        found = self.snapshot(
            payment_status="unpaid", payment_intent=intent(status=status)
        )
        assert found.status == ours
        assert found.external_id == "pi_1"
        assert found.amount_captured == 0

    def test_event_of_the_failure_ends_a_delayed_payment_only(self):
        """A session that was paid meanwhile stays paid."""
        waiting = self.snapshot(payment_status="unpaid", failed=True)
        assert waiting.status == PaymentStatus.FAILED
        assert self.snapshot(failed=True).status == PaymentStatus.SUCCEEDED

    def test_expanded_intent_tells_fee_charge_and_money(self):
        """What really arrived is compared later with what was asked for."""
        expanded = intent(application_fee_amount=10_00, amount_received=99_00)
        found = self.snapshot(payment_intent=expanded)
        assert found.application_fee_amount == 10_00
        assert found.amount_captured == 99_00
        assert (found.external_id, found.charge_id) == ("pi_1", "ch_1")

    def test_plain_intent_tells_its_id_only(self):
        """A webhook's session is not expanded: the fee is not told, not zero."""
        found = self.snapshot()
        assert found.application_fee_amount is None
        assert (found.external_id, found.charge_id) == ("pi_1", "")

    def test_gateway_side_changes_are_told_apart(self):
        """Discount, shipping and tax explain a difference of the total."""
        found = self.snapshot(
            amount_total=99_00,
            total_details={
                "amount_discount": 10_00,
                "amount_shipping": 5_00,
                "amount_tax": 4_00,
            },
        )
        assert (found.subtotal, found.amount) == (100_00, 99_00)
        assert (found.discount, found.shipping, found.tax) == (10_00, 5_00, 4_00)

    @pytest.mark.parametrize("totals", [None, [], "x", 5, {}, {"amount_tax": None}])
    def test_missing_parts_are_nothing(self, totals):
        """Old sessions have no total_details."""
        found = self.snapshot(total_details=totals)
        assert (found.discount, found.shipping, found.tax) == (0, 0, 0)

    def test_amounts_are_in_minor_units_of_the_currency(self):
        """500 UGX come as 50000."""
        found = self.snapshot(
            currency="ugx", amount_total=500_00, amount_subtotal=500_00
        )
        assert (found.currency, found.amount, found.subtotal) == ("UGX", 500, 500)

    @pytest.mark.parametrize(
        "amount", [True, 1.0, math.nan, "100", None, [], {}, -1, 2**62, 10**30]
    )
    @pytest.mark.parametrize("name", ["amount_total", "amount_subtotal"])
    def test_odd_amount_is_not_read(self, name, amount):
        """Only whole numbers within bounds are money; a null subtotal is the total."""
        if name == "amount_subtotal" and amount is None:
            assert self.snapshot(amount_subtotal=None).subtotal == 100_00
            return
        with pytest.raises(SnapshotError):
            self.snapshot(**{name: amount})

    def test_amount_the_currency_cannot_have_is_not_read(self):
        """5.50 UGX."""
        with pytest.raises(SnapshotError):
            self.snapshot(currency="ugx", amount_total=5_50, amount_subtotal=5_50)

    @pytest.mark.parametrize("currency", [None, "", "us", "usdd", "u$d", 5, "é€"])
    def test_odd_currency_is_not_read(self, currency):
        """Three letters or nothing."""
        with pytest.raises(SnapshotError):
            self.snapshot(currency=currency)

    @pytest.mark.parametrize("livemode", [None, "false", 0, 1])
    def test_odd_mode_is_not_read(self, livemode):
        """Real money must say so."""
        with pytest.raises(SnapshotError):
            self.snapshot(livemode=livemode)

    @pytest.mark.parametrize(
        "value", [None, "", 5, "a b", "a\x00", "é", "\ud800", "x" * 256, [], {}]
    )
    def test_odd_id_is_not_read(self, value):
        """An id is short plain ASCII."""
        with pytest.raises(SnapshotError):
            self.snapshot(id=value)

    @pytest.mark.parametrize("value", ["", 5, "a b", "x" * 256, [], {"id": 5}, True])
    def test_odd_payment_intent_is_not_read(self, value):
        """Null is none; anything else must be an id or an object with one."""
        with pytest.raises(SnapshotError):
            self.snapshot(payment_intent=value)

    def test_checkout_hides_its_address_and_tells_its_end(self):
        """The page's address and secret are the buyer's."""
        found = mapping.checkout_from_session(
            session(url="https://pay", client_secret="hush", expires_at=1),
            account="",
            retrieved=True,
        )
        assert (found.url, found.client_secret) == ("https://pay", "hush")
        assert found.expires_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
        assert "https://pay" not in repr(found)
        assert "hush" not in repr(found)

    @pytest.mark.parametrize("moment", [None, True, "1", 1.5, 10**30, -(10**30)])
    def test_odd_end_is_no_end(self, moment):
        """A moment that is no moment is left out."""
        found = mapping.checkout_from_session(
            session(expires_at=moment), account="", retrieved=True
        )
        assert found.expires_at is None


class TestIntent:
    """A payment intent as a snapshot."""

    def snapshot(self, **changes):
        return mapping.snapshot_from_intent(intent(**changes), account="acct_1")

    @pytest.mark.parametrize(
        ("status", "ours"),
        [
            ("requires_payment_method", PaymentStatus.OPEN),
            ("requires_confirmation", PaymentStatus.OPEN),
            ("requires_action", PaymentStatus.OPEN),
            ("processing", PaymentStatus.PROCESSING),
            ("requires_capture", PaymentStatus.AUTHORIZED),
            ("succeeded", PaymentStatus.SUCCEEDED),
            ("canceled", PaymentStatus.CANCELED),
        ],
    )
    def test_each_status_has_our_word(self, status, ours):
        """The whole table of Stripe's statuses."""
        assert self.snapshot(status=status).status == ours

    @pytest.mark.parametrize("status", ["new_word", "", None, 5, [], {}])
    def test_unknown_status_is_not_read(self, status):
        """A new word of Stripe's has us ask, not guess."""
        with pytest.raises(SnapshotError):
            self.snapshot(status=status)

    def test_declined_attempt_failed_and_may_be_repeated(self):
        """The checkout may still be open for another card."""
        found = self.snapshot(
            status="requires_payment_method",
            last_payment_error={
                "code": "card_declined",
                "decline_code": "insufficient_funds",
                "message": "No money.",
            },
        )
        assert found.status == PaymentStatus.FAILED
        assert found.retryable
        assert found.failure_code == "insufficient_funds"
        assert found.failure_message == "No money."

    @pytest.mark.parametrize(
        "status", ["requires_payment_method", "requires_action", "canceled"]
    )
    def test_charge_of_a_decline_is_not_the_payments(self, status):
        """The next attempt makes another charge, and that one counts."""
        assert self.snapshot(status=status).charge_id == ""

    def test_expanded_charge_is_its_id(self):
        """Expanded or not, an id is an id."""
        assert self.snapshot(latest_charge={"id": "py_1"}).charge_id == "py_1"

    @pytest.mark.parametrize("fault", [None, "text", [], {"code": 5, "message": None}])
    def test_odd_error_says_nothing(self, fault):
        """What is no text is no reason."""
        found = self.snapshot(last_payment_error=fault)
        assert (found.failure_code, found.failure_message) == ("", "")

    def test_fee_of_an_intent_is_told_even_where_it_is_none(self):
        """A direct charge without the fee we asked for is a disagreement."""
        assert self.snapshot(application_fee_amount=None).application_fee_amount == 0
        assert self.snapshot(application_fee_amount=7).application_fee_amount == 7


class TestApplicationFee:
    """The platform's share as a snapshot."""

    def test_fee_names_its_charge_and_account(self):
        """Expanded or not."""
        found = mapping.snapshot_from_application_fee(
            application_fee(charge={"id": "ch_1"}, account={"id": "acct_1"})
        )
        assert (found.charge_id, found.account) == ("ch_1", "acct_1")
        assert (found.amount, found.currency) == (10_00, "USD")

    @pytest.mark.parametrize(
        "changes", [{"charge": None}, {"charge": 5}, {"id": None}, {"amount": None}]
    )
    def test_fee_without_what_matters_is_not_read(self, changes):
        """Without a charge it belongs to nothing."""
        with pytest.raises(SnapshotError):
            mapping.snapshot_from_application_fee(application_fee(**changes))


class TestReference:
    """Our mark in the metadata."""

    def test_mark_is_found(self):
        """Namespace and payment, whatever else is there."""
        metadata = {
            mapping.METADATA_NAMESPACE: "shop",
            mapping.METADATA_PAYMENT: "1",
            "x": "y",
        }
        found = mapping.reference_of({"metadata": metadata})
        assert found == Reference(namespace="shop", payment="1")

    @pytest.mark.parametrize(
        "metadata",
        [
            None,
            [],
            "x",
            {},
            {mapping.METADATA_NAMESPACE: "shop"},
            {mapping.METADATA_PAYMENT: "1"},
            {mapping.METADATA_NAMESPACE: 1, mapping.METADATA_PAYMENT: "1"},
            {mapping.METADATA_NAMESPACE: "a", mapping.METADATA_PAYMENT: None},
        ],
    )
    def test_half_a_mark_is_none(self, metadata):
        """Others' metadata, or what is left of ours."""
        assert mapping.reference_of({"metadata": metadata}) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner)
    ),
    max_leaves=5,
)


class TestAnything:
    """Whatever JSON stands in whatever field, reading works or says why not."""

    @given(st.sampled_from(sorted(session())), JSON)
    def test_session_is_read_or_refused(self, name, value):
        """No other error than ours leaves the mapping."""
        found = session(payment_intent=intent()) | {name: value}
        for each in (found, {key: found[key] for key in found if key != name}):
            try:
                read = mapping.snapshot_from_session(each, account="")
            except SnapshotError:
                continue
            assert 0 <= read.amount <= MAX_AMOUNT

    @given(st.sampled_from(sorted(intent())), JSON)
    def test_intent_is_read_or_refused(self, name, value):
        """The same for a payment intent, alone or inside a session."""
        found = intent() | {name: value}
        for read in (
            lambda: mapping.snapshot_from_intent(found, account=""),
            lambda: mapping.snapshot_from_session(
                session(payment_intent=found), account=""
            ),
        ):
            try:
                read()
            except SnapshotError as error:
                json.dumps(str(error))
