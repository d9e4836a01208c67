"""What a buyer's payment makes: payment intent, charge, and their events."""

from typing import Any

from payments_connect.sandbox.stripe import shapes
from payments_connect.sandbox.stripe.cards import BankAccount, Card, Decline
from payments_connect.sandbox.stripe.events import emit
from payments_connect.sandbox.stripe.fees import FEE_JOB
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.store import Resource, Scope, private
from payments_connect.sandbox.stripe.world import World

_COPIED = ("description", "receipt_email", "on_behalf_of", "transfer_group",
           "statement_descriptor", "statement_descriptor_suffix")  # fmt: skip


def intent_of(world: World, session: Resource, *, scope: Scope) -> Resource:
    """Return the session's payment intent, made at the first try to pay.

    An open session has none before (since API version 2022-08-01).
    """
    if session["payment_intent"]:
        return world.store.get(scope, session["payment_intent"], kind="payment_intent")
    data = private(session).get("payment_intent_data", {})
    fee = data.get("application_fee_amount")
    intent_id = new_id("pi_3")
    intent = shapes.payment_intent() | {
        "id": intent_id,
        # A collected fee is capped at the amount that is left after a buyer's code.
        "application_fee_amount": (
            min(fee, session["amount_total"]) if fee is not None else None
        ),
        "application": None if world.is_platform(scope) else world.application_id,
        "client_secret": f"{intent_id}_secret_{new_id('')}",
        "created": world.clock.now(),
        "currency": session["currency"],
        "livemode": scope.livemode,
        "metadata": dict(data.get("metadata") or {}),
        "payment_method_types": list(session["payment_method_types"]),
    }
    intent |= {name: data[name] for name in _COPIED if name in data}
    intent["amount"] = session["amount_total"]
    session["payment_intent"] = intent_id
    world.store.add(scope, intent)
    emit(world, "payment_intent.created", intent, scope=scope)
    return intent


def charge(
    world: World,
    intent: Resource,
    *,
    scope: Scope,
    number: Card | BankAccount,
    email: str,
) -> Resource:
    """Return a new, undecided charge for an intent."""
    # Bank debits have ids with another prefix; nothing may rely on `ch_`.
    prefix = "ch_3" if isinstance(number, Card) else "py_3"
    made = shapes.charge() | {
        "id": new_id(prefix),
        "amount": intent["amount"],
        "application": intent["application"],
        "application_fee_amount": intent["application_fee_amount"],
        "created": world.clock.now(),
        "currency": intent["currency"],
        "description": intent["description"],
        "livemode": scope.livemode,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "payment_intent": intent["id"],
        "payment_method": new_id("pm_1"),
        "payment_method_details": _method_details(number),
        "receipt_email": intent["receipt_email"],
        "transfer_group": intent["transfer_group"],
    }
    made["billing_details"]["email"] = email
    intent["latest_charge"] = made["id"]
    return world.store.add(scope, made)


def succeed(world: World, intent: Resource, *, scope: Scope) -> None:
    """Mark an intent and its charge as paid; the fee follows a moment later."""
    made = world.store.get(scope, intent["latest_charge"], kind="charge")
    made |= {
        "amount_captured": made["amount"],
        "balance_transaction": _book(world, made, scope=scope)["id"],
        "outcome": _outcome("authorized", "Payment complete."),
        "paid": True,
        "receipt_url": f"{world.base_url()}/receipts/{made['id']}",
        "status": "succeeded",
    }
    intent |= {
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "next_action": None,
        "payment_method": made["payment_method"],
        "processing": None,
        "status": "succeeded",
    }
    emit(world, "charge.succeeded", made, scope=scope)
    emit(world, "payment_intent.succeeded", intent, scope=scope)
    if made["application_fee_amount"]:
        world.clock.schedule(FEE_JOB, due_at=world.clock.now(), charge_id=made["id"])


def fail(world: World, intent: Resource, *, scope: Scope, decline: Decline) -> None:
    """Mark an intent as declined: it waits for another payment method."""
    charge_id = intent["latest_charge"]
    error: dict[str, Any] = {
        "type": "card_error",
        "code": decline.code,
        "message": decline.message,
        "doc_url": "https://stripe.com/docs/error-codes/"
        + decline.code.replace("_", "-"),
    }
    if decline.decline_code:
        error["decline_code"] = decline.decline_code
    if charge_id:
        error["charge"] = charge_id
        made = world.store.get(scope, charge_id, kind="charge")
        made |= {
            "captured": False,
            "failure_code": decline.code,
            "failure_message": decline.message,
            "outcome": _outcome(decline.outcome, decline.message)
            | {"reason": decline.decline_code},
            "status": "failed",
        }
        emit(world, "charge.failed", made, scope=scope)
    intent |= {
        "last_payment_error": error,
        "next_action": None,
        "payment_method": None,
        "processing": None,
        "status": "requires_payment_method",
    }
    emit(world, "payment_intent.payment_failed", intent, scope=scope)


def _book(world: World, made: Resource, *, scope: Scope) -> Resource:
    now = world.clock.now()
    fee = made["application_fee_amount"] or 0
    entry = shapes.balance_transaction() | {
        "id": new_id("txn_3"),
        "amount": made["amount"],
        "available_on": now + 2 * 24 * 60 * 60,
        "created": now,
        "currency": made["currency"],
        "description": made["description"],
        "fee": fee,
        "net": made["amount"] - fee,
        "source": made["id"],
    }
    if fee:
        entry["fee_details"] = [
            {
                "amount": fee,
                "application": made["application"],
                "currency": made["currency"],
                "description": "application fee",
                "type": "application_fee",
            }
        ]
    return world.store.add(scope, entry)


def _outcome(kind: str, message: str) -> Resource:
    declined = kind != "authorized"
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network"
        if not declined
        else ("not_sent_to_network" if kind == "blocked" else "declined_by_network"),
        "reason": None,
        "risk_level": "highest" if kind == "blocked" else "normal",
        "seller_message": message,
        "type": kind,
    }


def _method_details(number: Card | BankAccount) -> Resource:
    if isinstance(number, BankAccount):
        return {
            "type": "sepa_debit",
            "sepa_debit": {
                "bank_code": number.iban[4:9],
                "branch_code": "",
                "country": number.iban[:2],
                "expected_debit_date": None,
                "fingerprint": "sandbox",
                "last4": number.iban[-4:],
                "mandate": None,
            },
        }
    return {
        "type": "card",
        "card": {
            "amount_authorized": None,
            "authorization_code": None,
            "brand": number.brand,
            "checks": {
                "address_line1_check": None,
                "address_postal_code_check": None,
                "cvc_check": "pass",
            },
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "extended_authorization": {"status": "disabled"},
            "fingerprint": "sandbox",
            "funding": "credit",
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "last4": number.number[-4:],
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": number.brand,
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": None, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        },
    }
