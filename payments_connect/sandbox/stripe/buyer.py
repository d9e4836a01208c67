"""What the buyer does on the payment page: pay, be declined, authenticate, give up."""

from dataclasses import asdict, dataclass, replace

from payments_connect.sandbox.exceptions import CardDeclined, SandboxError
from payments_connect.sandbox.stripe import line_items, payments
from payments_connect.sandbox.stripe.cards import (
    AUTHENTICATION_FAILED,
    BankAccount,
    Card,
    Decline,
    look_up,
)
from payments_connect.sandbox.stripe.currencies import check_total
from payments_connect.sandbox.stripe.discounts import (
    check_usable,
    find_code,
    usable_code,
)
from payments_connect.sandbox.stripe.errors import ApiError
from payments_connect.sandbox.stripe.events import emit
from payments_connect.sandbox.stripe.shapes import address
from payments_connect.sandbox.stripe.store import Resource, Scope, private
from payments_connect.sandbox.stripe.world import World

DEBIT_JOB = "stripe.settle_debit"


@dataclass(frozen=True)
class Form:
    """What the buyer typed.

    Attributes:
        number: A published test card number or test IBAN.
        authenticate: Whether the buyer passes the 3-D Secure page; None stops there.
    """

    number: str = ""
    email: str = "buyer@example.com"
    name: str = "Test Buyer"
    promotion_code: str | None = None
    authenticate: bool | None = True


def pay(world: World, session_id: str, form: Form) -> Resource:
    """Submit the page's form.

    Returns:
        The session; still open when the 3-D Secure page comes first.

    Raises:
        CardDeclined: The session stays open for another try.
        SandboxError: The session is not open, or the number or code is not valid.
    """
    with world.lock:
        scope, session = world.store.find(session_id)
        if session["status"] != "open":
            raise SandboxError(f"this Checkout Session is {session['status']}")
        if form.promotion_code:
            apply_code(world, session, scope=scope, text=form.promotion_code)
        session["customer_details"] = _customer(form)
        if session["amount_total"] == 0:
            session["payment_status"] = world.zero_total_payment_status
            _complete(world, session, scope=scope)
            return session
        return _attempt(world, session, scope=scope, form=form)


def apply_code(world: World, session: Resource, *, scope: Scope, text: str) -> None:
    """Apply a promotion code that the buyer typed.

    Raises:
        SandboxError: No codes allowed, or not a code of this account, or used up.
    """
    if not session["allow_promotion_codes"]:
        raise SandboxError("this Checkout Session does not take promotion codes")
    code = find_code(world, text, scope=scope)
    if code is None:
        raise SandboxError("This promotion code is invalid.")
    try:
        coupon = usable_code(world, code, scope=scope, session=session)
        check_usable(world, coupon, currency=session["currency"])
        line_items.discount(session, private(session)["line_items"], coupon)
        check_total(session["amount_total"], currency=session["currency"])
    except ApiError as refusal:
        line_items.discount(session, private(session)["line_items"], None)
        raise SandboxError(str(refusal)) from None
    session["discounts"] = [{"coupon": None, "promotion_code": code["id"]}]


def settle_debit(world: World, session_id: str, number: str) -> None:
    """Decide a delayed payment: the bank has answered."""
    with world.lock:
        scope, session = world.store.find(session_id)
        account = look_up(number)
        intent = payments.intent_of(world, session, scope=scope)
        if account.decline:
            payments.fail(world, intent, scope=scope, decline=account.decline)
            # The session stays complete and unpaid; it has no state for a failure.
            outcome = "checkout.session.async_payment_failed"
        else:
            payments.succeed(world, intent, scope=scope)
            session["payment_status"] = "paid"
            outcome = "checkout.session.async_payment_succeeded"
        emit(world, outcome, session, scope=scope)


def _attempt(world: World, session: Resource, *, scope: Scope, form: Form) -> Resource:
    number = look_up(form.number)
    method = "card" if isinstance(number, Card) else "sepa_debit"
    if method not in session["payment_method_types"]:
        raise SandboxError(f"this Checkout Session does not take {method}")
    intent = payments.intent_of(world, session, scope=scope)
    intent["amount"] = session["amount_total"]
    if isinstance(number, BankAccount):
        _start_debit(world, session, scope=scope, account=number)
        return session
    if number.authentication and form.authenticate is not True:
        return _authentication(world, session, scope=scope, form=form)
    made = payments.charge(world, intent, scope=scope, number=number, email=form.email)
    made["billing_details"]["name"] = form.name
    if number.decline:
        payments.fail(world, intent, scope=scope, decline=number.decline)
        raise _declined(number.decline)
    payments.succeed(world, intent, scope=scope)
    session["payment_status"] = "paid"
    _complete(world, session, scope=scope)
    return session


def _authentication(
    world: World, session: Resource, *, scope: Scope, form: Form
) -> Resource:
    intent = payments.intent_of(world, session, scope=scope)
    if form.authenticate is None:
        # The 3-D Secure page sends only its outcome; what was typed waits here.
        private(session)["waiting"] = asdict(replace(form, promotion_code=None))
        intent |= {
            "status": "requires_action",
            "next_action": {
                "type": "use_stripe_sdk",
                "use_stripe_sdk": {"type": "three_d_secure_redirect"},
            },
        }
        emit(world, "payment_intent.requires_action", intent, scope=scope)
        return session
    payments.fail(world, intent, scope=scope, decline=AUTHENTICATION_FAILED)
    raise _declined(AUTHENTICATION_FAILED)


def _start_debit(
    world: World, session: Resource, *, scope: Scope, account: BankAccount
) -> None:
    intent = payments.intent_of(world, session, scope=scope)
    email = session["customer_details"]["email"]
    made = payments.charge(world, intent, scope=scope, number=account, email=email)
    intent |= {
        "status": "processing",
        "payment_method": made["payment_method"],
        "processing": {"type": "sepa_debit"},
        "last_payment_error": None,
    }
    emit(world, "charge.pending", made, scope=scope)
    emit(world, "payment_intent.processing", intent, scope=scope)
    _complete(world, session, scope=scope)
    world.clock.schedule(
        DEBIT_JOB,
        due_at=world.clock.now() + account.delay,
        session_id=session["id"],
        number=account.iban,
    )


def _complete(world: World, session: Resource, *, scope: Scope) -> None:
    session |= {"status": "complete", "url": None}
    for given in session["discounts"]:
        _redeem(world, given, scope=scope)
    emit(world, "checkout.session.completed", session, scope=scope)


def _redeem(world: World, given: Resource, *, scope: Scope) -> None:
    coupon_id = given["coupon"]
    if given["promotion_code"]:
        code = world.store.get(scope, given["promotion_code"], kind="promotion_code")
        code["times_redeemed"] += 1
        coupon_id = code["promotion"]["coupon"]
    world.store.get(scope, coupon_id, kind="coupon")["times_redeemed"] += 1


def _customer(form: Form) -> Resource:
    return {
        "address": address() | {"country": "US"},
        "business_name": None,
        "email": form.email,
        "individual_name": None,
        "name": form.name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _declined(decline: Decline) -> CardDeclined:
    return CardDeclined(
        decline.message, code=decline.code, decline_code=decline.decline_code
    )
