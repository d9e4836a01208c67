"""Which call goes where, and by which parameter types it is checked."""

from dataclasses import dataclass

from stripe import params as sdk
from stripe.params import checkout
from werkzeug.routing import Map, Rule

from payments_connect.sandbox.stripe import (
    accounts,
    discounts,
    endpoints,
    event_log,
    reads,
    sessions,
)
from payments_connect.sandbox.stripe.call import Handler


@dataclass(frozen=True)
class Route:
    """A call: how it is checked and who answers."""

    handler: Handler
    declared: type


ROUTES: dict[tuple[str, str], tuple[Handler, type]] = {
    ("POST", "/v1/checkout/sessions"): (sessions.create, checkout.SessionCreateParams),
    ("GET", "/v1/checkout/sessions"): (
        sessions.listed,
        checkout.SessionListParams,
    ),
    ("GET", "/v1/checkout/sessions/<object_id>"): (
        sessions.retrieve,
        checkout.SessionRetrieveParams,
    ),
    ("POST", "/v1/checkout/sessions/<object_id>"): (
        sessions.update,
        checkout.SessionUpdateParams,
    ),
    ("POST", "/v1/checkout/sessions/<object_id>/expire"): (
        sessions.expire,
        checkout.SessionExpireParams,
    ),
    ("GET", "/v1/checkout/sessions/<object_id>/line_items"): (
        sessions.listed_line_items,
        checkout.SessionListLineItemsParams,
    ),
    ("GET", "/v1/payment_intents"): (
        reads.of_kind("payment_intent"),
        sdk.PaymentIntentListParams,
    ),
    ("GET", "/v1/payment_intents/<object_id>"): (
        reads.one("payment_intent", param="intent"),
        sdk.PaymentIntentRetrieveParams,
    ),
    ("GET", "/v1/charges"): (
        reads.of_kind("charge", equal=("payment_intent", "transfer_group")),
        sdk.ChargeListParams,
    ),
    ("GET", "/v1/charges/<object_id>"): (
        reads.one("charge"),
        sdk.ChargeRetrieveParams,
    ),
    ("GET", "/v1/balance_transactions/<object_id>"): (
        reads.one("balance_transaction"),
        sdk.BalanceTransactionRetrieveParams,
    ),
    ("GET", "/v1/application_fees"): (
        reads.of_kind("application_fee", equal=("charge",)),
        sdk.ApplicationFeeListParams,
    ),
    ("GET", "/v1/application_fees/<object_id>"): (
        reads.one("application_fee"),
        sdk.ApplicationFeeRetrieveParams,
    ),
    ("POST", "/v1/coupons"): (discounts.create_coupon, sdk.CouponCreateParams),
    ("GET", "/v1/coupons"): (reads.of_kind("coupon"), sdk.CouponListParams),
    ("GET", "/v1/coupons/<object_id>"): (
        reads.one("coupon", param="coupon"),
        sdk.CouponRetrieveParams,
    ),
    ("POST", "/v1/promotion_codes"): (
        discounts.create_promotion_code,
        sdk.PromotionCodeCreateParams,
    ),
    ("GET", "/v1/promotion_codes"): (
        reads.of_kind("promotion_code", equal=("active", "code")),
        sdk.PromotionCodeListParams,
    ),
    ("GET", "/v1/promotion_codes/<object_id>"): (
        reads.one("promotion_code"),
        sdk.PromotionCodeRetrieveParams,
    ),
    ("GET", "/v1/events"): (event_log.listed, sdk.EventListParams),
    ("GET", "/v1/events/<object_id>"): (reads.one("event"), sdk.EventRetrieveParams),
    ("POST", "/v1/webhook_endpoints"): (
        endpoints.create,
        sdk.WebhookEndpointCreateParams,
    ),
    ("GET", "/v1/webhook_endpoints"): (
        reads.of_kind("webhook_endpoint"),
        sdk.WebhookEndpointListParams,
    ),
    ("GET", "/v1/webhook_endpoints/<object_id>"): (
        endpoints.retrieve,
        sdk.WebhookEndpointRetrieveParams,
    ),
    ("POST", "/v1/webhook_endpoints/<object_id>"): (
        endpoints.update,
        sdk.WebhookEndpointUpdateParams,
    ),
    ("DELETE", "/v1/webhook_endpoints/<object_id>"): (
        endpoints.delete,
        sdk.WebhookEndpointDeleteParams,
    ),
    ("POST", "/v1/accounts"): (accounts.create, sdk.AccountCreateParams),
    ("GET", "/v1/accounts"): (accounts.listed, sdk.AccountListParams),
    ("GET", "/v1/accounts/<object_id>"): (
        accounts.retrieve,
        sdk.AccountRetrieveParams,
    ),
    ("GET", "/v1/account"): (accounts.retrieve, sdk.AccountRetrieveCurrentParams),
    ("GET", "/v1/balance"): (accounts.balance, sdk.BalanceRetrieveParams),
}

URLS = Map(
    [
        Rule(path, methods=[method], endpoint=Route(handler, declared))
        for (method, path), (handler, declared) in ROUTES.items()
    ],
    # A redirect to another spelling would hide a wrong path from the caller.
    redirect_defaults=False,
    strict_slashes=True,
)
