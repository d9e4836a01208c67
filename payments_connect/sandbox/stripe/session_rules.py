"""What Stripe refuses in a new Checkout Session, beyond the parameters' types."""

from typing import Any

from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.errors import (
    ApiError,
    invalid,
    missing,
    not_in_sandbox,
)
from payments_connect.sandbox.stripe.limits import (
    check_length,
    check_metadata,
    check_present,
    check_url,
)

# Kept and shown again, without any effect on the payment.
ECHOED = frozenset(
    {"adaptive_pricing", "billing_address_collection", "locale", "submit_type"}
    | {"phone_number_collection", "customer_creation"}
)
_KNOWN = ECHOED | {
    "mode", "ui_mode", "success_url", "cancel_url", "return_url", "line_items",
    "redirect_on_completion", "discounts", "allow_promotion_codes", "expand",
    "client_reference_id", "customer_email", "metadata", "expires_at",
    "payment_intent_data", "payment_method_types", "excluded_payment_method_types",
}  # fmt: skip
_KNOWN_OF_INTENT = frozenset(
    {"application_fee_amount", "capture_method", "description", "metadata"}
    | {"on_behalf_of", "receipt_email", "statement_descriptor", "transfer_group"}
    | {"statement_descriptor_suffix"}
)
_SHORTEST, _LONGEST = 30 * 60, 24 * 60 * 60
# Clients compute the limit with a clock of their own.
_LEEWAY = 60
PAYMENT_METHODS = frozenset({"card", "sepa_debit"})


def check(call: Call) -> None:
    """Refuse what cannot become a session.

    Raises:
        ApiError: 400, naming the parameter.
    """
    params = call.params
    _check_known(params)
    check_present({k: v for k, v in params.items() if k != "metadata"})
    if "mode" not in params:
        raise missing("mode")
    if params["mode"] != "payment":
        raise not_in_sandbox(f"mode `{params['mode']}`", param="mode")
    _check_urls(params)
    check_metadata(params.get("metadata") or {})
    check_length(
        params.get("client_reference_id", ""), 200, param="client_reference_id"
    )
    _check_expiry(call)
    _check_discounts(params)
    _check_intent_data(call)
    _check_payment_methods(params)
    _check_account(call)


def check_fee(fee: int | None, *, total: int) -> None:
    """Refuse a fee above the amount it is taken from.

    Raises:
        ApiError: 400 naming the fee.
    """
    if fee is not None and fee > total:
        raise invalid(
            "Your application fee cannot be greater than the total amount charged.",
            param="payment_intent_data[application_fee_amount]",
        )


def _check_known(params: dict[str, Any]) -> None:
    for name in sorted(params.keys() - _KNOWN):
        raise not_in_sandbox(f"`{name}`", param=name)
    data = params.get("payment_intent_data") or {}
    for name in sorted(data.keys() - _KNOWN_OF_INTENT):
        param = f"payment_intent_data[{name}]"
        raise not_in_sandbox(f"`{param}`", param=param)


def _check_urls(params: dict[str, Any]) -> None:
    ui_mode = params.get("ui_mode", "hosted_page")
    if ui_mode == "form":
        raise not_in_sandbox("ui_mode `form`", param="ui_mode")
    hosted = ui_mode == "hosted_page"
    foreign = (
        ("return_url", "redirect_on_completion")
        if hosted
        else ("success_url", "cancel_url")
    )
    for name in foreign:
        if name in params:
            raise invalid(
                f"`{name}` is not allowed when `ui_mode` is `{ui_mode}`.", param=name
            )
    if hosted and "success_url" not in params:
        raise missing("success_url")
    never = params.get("redirect_on_completion") == "never"
    if not hosted and never == ("return_url" in params):
        raise (
            missing("return_url")
            if not never
            else invalid(
                "`return_url` is not allowed when `redirect_on_completion` is `never`.",
                param="return_url",
            )
        )
    for name in ("success_url", "cancel_url", "return_url"):
        if name in params:
            check_url(params[name], param=name)


def _check_expiry(call: Call) -> None:
    expires_at = call.params.get("expires_at")
    if expires_at is None:
        return
    ahead = expires_at - call.now
    if ahead < _SHORTEST - _LEEWAY:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout "
            "Session creation.",
            param="expires_at",
        )
    if ahead > _LONGEST + _LEEWAY:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout "
            "Session creation.",
            param="expires_at",
        )


def _check_discounts(params: dict[str, Any]) -> None:
    discounts = params.get("discounts")
    if not discounts:
        return
    if params.get("allow_promotion_codes") is not None:
        raise invalid(
            "You may only specify one of these parameters: allow_promotion_codes, "
            "discounts.",
            param="allow_promotion_codes",
        )
    if len(discounts) > 1:
        raise invalid("You can apply at most one discount.", param="discounts")
    given = discounts[0].keys()
    if given == {"coupon_data"}:
        raise not_in_sandbox("`discounts[0][coupon_data]`", param="discounts")
    if given not in ({"coupon"}, {"promotion_code"}):
        raise invalid(
            "Pass exactly one of coupon or promotion_code.", param="discounts[0]"
        )


def _check_intent_data(call: Call) -> None:
    data = call.params.get("payment_intent_data") or {}
    check_present(data, within="payment_intent_data")
    check_metadata(data.get("metadata") or {}, param="payment_intent_data[metadata]")
    if data.get("capture_method") == "manual":
        raise not_in_sandbox("capture_method `manual`", param="payment_intent_data")
    fee = data.get("application_fee_amount")
    if fee is None:
        return
    param = "payment_intent_data[application_fee_amount]"
    if fee < 1:
        raise invalid(
            "Invalid positive integer", param=param, code="parameter_invalid_integer"
        )
    if call.world.is_platform(call.scope):
        raise invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is "
            "attempting a direct payment (using an OAuth key or Stripe-Account header) "
            "or destination payment (using `transfer_data[destination]`).",
            param=param,
        )


def _check_payment_methods(params: dict[str, Any]) -> None:
    for name in ("payment_method_types", "excluded_payment_method_types"):
        for method in params.get(name) or []:
            if method not in PAYMENT_METHODS:
                raise not_in_sandbox(f"payment method `{method}`", param=name)


def _check_account(call: Call) -> None:
    if call.world.is_platform(call.scope):
        return
    account = call.store.find(call.scope.account)[1]
    if not account["charges_enabled"]:
        raise ApiError(
            "Your account cannot currently make charges. The account must have at "
            "least one of the following capabilities enabled: card_payments.",
        )
