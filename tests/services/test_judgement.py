import uuid

import pytest

from payments_connect.enums import ChargeType, PaymentStatus
from payments_connect.gateways.types import Reference
from payments_connect.models import ConnectedAccount, Payment
from payments_connect.services.judgement import Verdict, disagreements, judge

from .snapshots import intent_of, session_of

OWN, RETRIEVE, FOREIGN = Verdict.OWN, Verdict.RETRIEVE, Verdict.FOREIGN


def payment_of(**fields):
    """A direct payment of 100.00 with a fee of 10.00, never saved."""
    asked = {
        "gateway": "stripe",
        "account": ConnectedAccount(pk=1, external_id="acct_1"),
        "charge_type": ChargeType.DIRECT,
        "amount": 100_00,
        "currency": "USD",
        "application_fee_amount": 10_00,
        "checkout_id": "cs_1",
        "external_id": "pi_1",
    }
    return Payment(**asked | fields)


class TestJudgeByPlace:
    @pytest.mark.parametrize(
        "elsewhere",
        [
            {"gateway": "square"},
            {"account": "acct_2"},
            {"account": ""},
            {"livemode": True},
        ],
        ids=["gateway", "account", "platform", "mode"],
    )
    @pytest.mark.parametrize("retrieved", [False, True])
    def test_another_place_is_never_the_payments_own(self, elsewhere, retrieved):
        """The same ids and marks on another account or mode prove nothing."""
        snapshot = session_of(payment_of(), retrieved=retrieved, **elsewhere)
        assert judge(payment_of(), snapshot) is FOREIGN


class TestJudgeCheckout:
    def test_the_recorded_checkout_is_its_own(self):
        """What we recorded moves the payment."""
        assert judge(payment_of(), session_of(payment_of())) is OWN

    @pytest.mark.parametrize("reference", [None, Reference(namespace="x", payment="y")])
    def test_whatever_its_metadata_says(self, reference):
        """A seller can edit metadata on their account; the id cannot be edited."""
        snapshot = session_of(payment_of(), reference=reference)
        assert judge(payment_of(), snapshot) is OWN

    def test_another_checkout_of_the_account_is_not(self):
        """Sellers can write our mark on a session of their own."""
        snapshot = session_of(payment_of(), checkout_id="cs_2", retrieved=True)
        assert judge(payment_of(), snapshot) is FOREIGN


class TestJudgeUnrecorded:
    """The answer to our request was lost; a checkout says that it is ours."""

    def unrecorded(self, **fields):
        return payment_of(**{"checkout_id": None, "external_id": None} | fields)

    def test_an_event_alone_is_not_enough(self):
        """It must be asked for, on the account the payment recorded."""
        payment = self.unrecorded()
        assert judge(payment, session_of(payment)) is RETRIEVE

    def test_retrieved_and_all_as_asked_for_is_its_own(self):
        """Mark, amount, currency and fee agree."""
        payment = self.unrecorded()
        snapshot = session_of(payment, retrieved=True, application_fee_amount=10_00)
        assert judge(payment, snapshot) is OWN

    @pytest.mark.parametrize(
        "fields",
        [
            {"reference": None},
            {"reference": Reference(namespace="tests", payment=str(uuid.uuid4()))},
            {"amount": 1, "subtotal": 1, "amount_captured": 1},
            {"currency": "EUR"},
            {"application_fee_amount": 1},
            {"application_fee_amount": None},
        ],
        ids=["no mark", "other mark", "amount", "currency", "fee", "no fee"],
    )
    def test_anything_else_is_a_sellers_copy(self, fields):
        """Only the platform can put its fee on a charge; a copy has none."""
        payment = self.unrecorded()
        said = {"application_fee_amount": 10_00} | fields
        snapshot = session_of(payment, retrieved=True, **said)
        assert judge(payment, snapshot) is FOREIGN

    def test_without_a_fee_there_is_none_to_tell(self):
        """The money is the seller's anyway."""
        payment = self.unrecorded(application_fee_amount=0)
        snapshot = session_of(payment, retrieved=True, application_fee_amount=None)
        assert judge(payment, snapshot) is OWN

    def test_a_free_checkout_has_no_fee_to_tell(self):
        """A discount at the gateway took all of it."""
        payment = self.unrecorded(allows_discount=True)
        snapshot = session_of(
            payment, retrieved=True, amount=0, discount=100_00, amount_captured=0
        )
        assert judge(payment, snapshot) is OWN


class TestJudgePaymentIntent:
    def test_the_recorded_payment_intent_is_its_own(self):
        """Once the checkout has named it, its events count."""
        assert judge(payment_of(), intent_of(payment_of())) is OWN

    def test_before_it_is_recorded_the_checkout_is_asked(self):
        """A payment intent does not say which session it belongs to."""
        payment = payment_of(external_id=None)
        assert judge(payment, intent_of(payment)) is RETRIEVE

    def test_another_payment_intent_is_not(self):
        """Our mark on another payment intent proves nothing."""
        snapshot = intent_of(payment_of(), external_id="pi_2")
        assert judge(payment_of(), snapshot) is FOREIGN

    @pytest.mark.parametrize(
        "allowed", ["allows_discount", "allows_tax", "allows_shipping"]
    )
    def test_an_allowed_difference_is_asked_about(self, allowed):
        """A payment intent has one amount only; the session has its parts."""
        payment = payment_of(**{allowed: True})
        assert judge(payment, intent_of(payment, amount=90_00)) is RETRIEVE
        assert judge(payment, intent_of(payment)) is OWN


class TestDisagreements:
    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"application_fee_amount": 10_00},
            {"application_fee_amount": None},
            {"subtotal": None},
            {"tax": 5_00},
            {"status": PaymentStatus.OPEN},
        ],
        ids=["plain", "fee", "fee untold", "no subtotal", "inclusive tax", "unpaid"],
    )
    def test_what_was_asked_for_agrees(self, said):
        """The plain sale, and taxes that are inside the price, are fine."""
        assert disagreements(payment_of(), session_of(payment_of(), **said)) == ""

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"currency": "EUR"}, "Currency is EUR, asked for USD."),
            ({"amount": 1, "amount_captured": 1},
             "Total is 0.01 USD, asked for 100.00 USD."),
            ({"amount": 100_01, "subtotal": 100_01, "amount_captured": 100_01},
             "Total is 100.01 USD, asked for 100.00 USD."),
            ({"amount_captured": 99_99}, "Captured 99.99 USD of 100.00 USD."),
            ({"application_fee_amount": 9_99},
             "Application fee is 9.99 USD, asked for 10.00 USD."),
            ({"application_fee_amount": 0},
             "Application fee is 0.00 USD, asked for 10.00 USD."),
            ({"doubt": "It looks odd."}, "It looks odd."),
        ],
    )  # fmt: skip
    def test_every_difference_is_said_in_words(self, said, words):
        """The person who must judge reads what differs."""
        assert disagreements(payment_of(), session_of(payment_of(), **said)) == words

    def test_all_of_them_are_said(self):
        """One line, everything in it."""
        snapshot = session_of(
            payment_of(), currency="EUR", amount=1, amount_captured=2, doubt="Odd."
        )
        assert disagreements(payment_of(), snapshot) == (
            "Odd. Currency is EUR, asked for USD. Total is 0.01 EUR, asked for 100.00 "
            "USD. Captured 0.02 EUR of 0.01 EUR."
        )


class TestAllowedDifferences:
    @pytest.mark.parametrize(
        ("flag", "said"),
        [
            ("allows_discount", {"amount": 90_00, "discount": 10_00}),
            ("allows_discount", {"amount": 0, "discount": 100_00}),
            ("allows_shipping", {"amount": 105_00, "shipping": 5_00}),
            ("allows_tax", {"amount": 119_00, "tax": 19_00}),
            ("allows_tax", {"amount": 100_00, "tax": 15_97}),
        ],
        ids=["discount", "all of it", "shipping", "exclusive tax", "inclusive tax"],
    )
    def test_only_the_payments_own_request_allows_them(self, flag, said):
        """Allowed by the row: fine. Not allowed: a person must judge."""
        said |= {"amount_captured": said["amount"]}
        allowed, other = payment_of(**{flag: True}), payment_of()
        assert disagreements(allowed, session_of(allowed, **said)) == ""
        inclusive = said["amount"] == 100_00
        assert bool(disagreements(other, session_of(other, **said))) is not inclusive

    def test_all_three_at_once(self):
        """Discount, shipping and tax of one checkout add up."""
        payment = payment_of(
            allows_discount=True, allows_tax=True, allows_shipping=True
        )
        said = {"discount": 20_00, "shipping": 5_00, "tax": 15_00}
        for total in (100_00, 85_00):
            snapshot = session_of(payment, amount=total, amount_captured=total, **said)
            assert disagreements(payment, snapshot) == ""

    def test_an_allowed_kind_does_not_allow_any_total(self):
        """The parts must explain the whole, to the cent."""
        payment = payment_of(allows_discount=True)
        snapshot = session_of(
            payment, amount=89_99, discount=10_00, amount_captured=89_99
        )
        assert (
            disagreements(payment, snapshot)
            == "Total is 89.99 USD, asked for 100.00 USD."
        )

    def test_another_subtotal_is_never_allowed(self):
        """A discount is taken off what we asked for, not off something else."""
        payment = payment_of(allows_discount=True)
        snapshot = session_of(
            payment, subtotal=50_00, amount=50_00, amount_captured=50_00
        )
        assert "Total is 50.00 USD" in disagreements(payment, snapshot)

    @pytest.mark.parametrize("fee", [10_00, 4_00])
    def test_a_discount_below_the_fee_may_cap_it(self, fee):
        """The gateway keeps at most what was paid, whichever way it says so."""
        payment = payment_of(allows_discount=True)
        snapshot = session_of(
            payment,
            amount=4_00,
            discount=96_00,
            amount_captured=4_00,
            application_fee_amount=fee,
        )
        assert disagreements(payment, snapshot) == ""
