import pytest

from payments_connect.enums import AccountStatus, ChargeType
from payments_connect.exceptions import InvalidAmount, UnsupportedFeature
from payments_connect.gateways.stripe import StripeGateway
from payments_connect.models import Payment
from payments_connect.testing.factories import (
    ConnectedAccountFactory,
    PromotionCodeFactory,
    SellerFactory,
    make_line,
    make_order,
)

from .sales import checkout, sell

pytestmark = pytest.mark.django_db


class TestDirectCharge:
    def test_goes_to_the_sellers_account_with_the_fee(self, account, payments_sandbox):
        """The session lives on the connected account; the platform keeps its fee."""
        _order, payment = sell(account)
        (call,) = payments_sandbox.requests
        assert call.account == account.external_id
        paid = payments_sandbox.stripe.pay(payment.checkout_id)
        intent = payments_sandbox.stripe.get(paid["payment_intent"])
        assert intent["application_fee_amount"] == 10_00
        assert payment.charge_type == ChargeType.DIRECT
        assert payment.account == account

    def test_no_fee_is_left_out_of_the_request(self, account, payments_sandbox):
        """Stripe refuses a fee of zero; a seller may sell for free."""
        line = make_line(seller=account.seller, application_fee=0)
        _order, payment = sell(account, lines=[line])
        paid = payments_sandbox.stripe.pay(payment.checkout_id)
        intent = payments_sandbox.stripe.get(paid["payment_intent"])
        assert intent["application_fee_amount"] is None

    def test_fees_of_the_lines_add_up(self, account):
        """The payment's fee is the sum of what each line says."""
        lines = [
            make_line(seller=account.seller, unit_amount=33_33),
            make_line(seller=account.seller, application_fee=1_00),
        ]
        _order, payment = sell(account, lines=lines)
        assert payment.application_fee_amount == 3_33 + 1_00

    @pytest.mark.django_db(transaction=True)
    def test_fee_as_high_as_the_amount_is_refused(self, account, payments_sandbox):
        """Refused, never clamped, and before anything is called or written."""
        line = make_line(seller=account.seller, application_fee=100_00)
        with pytest.raises(InvalidAmount, match="never cut down"):
            sell(account, lines=[line])
        assert payments_sandbox.requests == []
        assert not Payment.objects.exists()

    def test_fee_just_below_the_amount_is_taken(self, account):
        """The bound itself is allowed."""
        line = make_line(seller=account.seller, application_fee=99_99)
        _order, payment = sell(account, lines=[line])
        assert payment.application_fee_amount == 99_99


class TestPlatformCharge:
    def test_has_no_account_and_no_fee(self, db, payments_sandbox):
        """The platform sells its own goods on its own account."""
        _order, payment = sell()
        (call,) = payments_sandbox.requests
        assert call.account is None
        assert (payment.charge_type, payment.account) == (ChargeType.PLATFORM, None)
        assert payment.application_fee_amount == 0


class TestMarks:
    def test_our_reference_is_on_session_and_payment_intent(
        self, account, payments_sandbox
    ):
        """Events of either object lead back to the payment."""
        order, payment = sell(account)
        session = payments_sandbox.stripe.pay(payment.checkout_id)
        intent = payments_sandbox.stripe.get(session["payment_intent"])
        mark = {
            "payments_connect": "tests",
            "payments_connect_payment": str(payment.public_id),
            "payments_connect_order": order.reference,
        }
        assert session["metadata"] == intent["metadata"] == mark
        assert session["client_reference_id"] == str(payment.public_id)

    def test_idempotency_key_names_site_account_and_payment(
        self, account, payments_sandbox
    ):
        """No two sites, accounts or payments share a key."""
        _order, payment = sell(account)
        (call,) = payments_sandbox.requests
        assert call.idempotency_key == (
            f"tests:checkout:{account.external_id}:{payment.public_id}:1"
        )


class TestRequest:
    def test_asks_for_the_orders_total(self, account, payments_sandbox):
        """Discounted lines, tax and shipping are what the buyer sees and pays."""
        PromotionCodeFactory.create(code="TEN", percent_off=10)
        line = make_line(seller=account.seller, quantity=3, tax=6_00)
        _order, payment = sell(
            account, lines=[line], promotion_code="TEN", shipping=4_00
        )
        session = payments_sandbox.stripe.get(payment.checkout_id)
        assert session["amount_total"] == payment.amount == 280_00
        assert session["currency"] == "usd"
        assert session["customer_email"] == "buyer@example.com"

    def test_a_guest_without_address_is_asked_on_the_page(
        self, account, payments_sandbox
    ):
        """An unknown e-mail is left out, not sent empty."""
        _order, payment = sell(account, email="")
        session = payments_sandbox.stripe.get(payment.checkout_id)
        assert session["customer_email"] is None

    def test_gateway_codes_are_recorded_as_allowed(self, account, payments_sandbox):
        """What may differ later is written on the payment when it is asked for."""
        choices = {"allow_promotion_codes": True}
        _order, payment = sell(account, checkout_choices=choices)
        session = payments_sandbox.stripe.get(payment.checkout_id)
        assert session["allow_promotion_codes"] is True
        assert (payment.allows_discount, payment.allows_tax) == (True, False)


class TestRefusals:
    def test_sellers_are_not_mixed_in_one_order(self, account):
        """One charge lives on one account; a basket becomes several orders."""
        other = ConnectedAccountFactory.create()
        lines = [make_line(seller=each.seller) for each in (account, other)]
        with pytest.raises(UnsupportedFeature, match="basket_id"):
            sell(account, lines=lines)

    def test_seller_and_platform_are_not_mixed_either(self, account):
        """The platform's own line would land on the seller's account."""
        lines = [make_line(seller=account.seller), make_line()]
        with pytest.raises(UnsupportedFeature, match="one seller"):
            sell(account, lines=lines)

    def test_seller_without_an_account(self, db, payments_sandbox):
        """Nobody could be paid."""
        order = make_order(lines=[make_line(seller=SellerFactory.create())])
        with pytest.raises(UnsupportedFeature, match="no open stripe account"):
            checkout(order)
        assert payments_sandbox.requests == []

    @pytest.mark.parametrize(
        "status", [AccountStatus.REJECTED, AccountStatus.DISCONNECTED]
    )
    def test_seller_whose_account_is_closed(self, account, status):
        """A closed account is not asked."""
        account.status = status
        account.save()
        with pytest.raises(UnsupportedFeature, match="no open stripe account"):
            sell(account)

    def test_account_of_the_other_mode(self, account):
        """A live account does not sell with test keys."""
        account.livemode = True
        account.save()
        with pytest.raises(UnsupportedFeature, match="in test mode"):
            sell(account)

    def test_test_account_with_live_keys(self, account, one_try, payments_sandbox):
        """Nor the other way round."""
        one_try(api_key=payments_sandbox.stripe.live_secret_key)
        with pytest.raises(UnsupportedFeature, match="in live mode"):
            sell(account)

    def test_charge_type_that_the_gateway_does_not_do(self, account):
        """A seller's preference is not silently replaced."""
        account.seller.charge_type = ChargeType.DESTINATION
        account.seller.save()
        with pytest.raises(UnsupportedFeature, match="destination"):
            sell(account)

    def test_charge_type_of_the_settings(self, account, settings):
        """CHARGE_TYPE is what sellers get who have no preference."""
        raw = settings.PAYMENTS_CONNECT
        settings.PAYMENTS_CONNECT = raw | {"CHARGE_TYPE": "separate"}
        with pytest.raises(UnsupportedFeature, match="separate"):
            sell(account)

    def test_amount_below_the_gateways_minimum(self, account, payments_sandbox):
        """The clear message comes from us, before the call."""
        line = make_line(seller=account.seller, unit_amount=49)
        with pytest.raises(InvalidAmount, match="below"):
            sell(account, lines=[line])
        assert payments_sandbox.requests == []

    def test_gateway_without_codes_of_its_own(self, account, monkeypatch):
        """A choice the gateway cannot honor is refused."""
        monkeypatch.setattr(StripeGateway, "supports_promotion_codes", False)
        with pytest.raises(UnsupportedFeature, match="promotion codes"):
            sell(account, checkout_choices={"allow_promotion_codes": True})
