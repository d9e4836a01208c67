"""The published test numbers and what each does.

https://docs.stripe.com/testing and /payments/sepa-debit (copies of August 2026). Any
other number is refused, so that nobody types a real card here.
"""

from dataclasses import dataclass

from payments_connect.sandbox.exceptions import SandboxError


@dataclass(frozen=True)
class Decline:
    """Why a payment is refused, in Stripe's words."""

    message: str
    code: str = "card_declined"
    decline_code: str | None = "generic_decline"
    outcome: str = "issuer_declined"


@dataclass(frozen=True)
class Card:
    """A published test card.

    Attributes:
        authentication: Whether the 3-D Secure page comes first.
        decline: The refusal, or None when the payment succeeds.
    """

    number: str
    brand: str = "visa"
    authentication: bool = False
    decline: Decline | None = None


@dataclass(frozen=True)
class BankAccount:
    """A published SEPA test account.

    Attributes:
        delay: Seconds until the outcome is known.
        decline: The refusal, or None when the debit succeeds.
    """

    iban: str
    delay: int
    decline: Decline | None = None


_GENERIC = Decline("Your card was declined.")
_FUNDS = Decline("Your card has insufficient funds.", decline_code="insufficient_funds")
_BLOCKED = Decline(
    "Your card was declined.", decline_code="fraudulent", outcome="blocked"
)
_DEBIT_FAILED = Decline(
    "The customer's bank account could not be debited.",
    code="payment_intent_payment_attempt_failed",
    decline_code=None,
)

AUTHENTICATION_FAILED = Decline(
    "We are unable to authenticate your payment method. Please choose a different "
    "payment method and try again.",
    code="payment_intent_authentication_failure",
    decline_code=None,
)

_CARDS = [
    Card("4242424242424242"),
    Card("4000056655665556"),
    Card("5555555555554444", brand="mastercard"),
    Card("378282246310005", brand="amex"),
    Card("4000002500003155", authentication=True),
    Card("4000002760003184", authentication=True),
    Card("4000000000003220", authentication=True),
    Card("4000008400001629", authentication=True, decline=_GENERIC),
    Card("4000000000000002", decline=_GENERIC),
    Card("4000000000009995", decline=_FUNDS),
    Card("4000000000000341", decline=_GENERIC),
    Card("4100000000000019", decline=_BLOCKED),
    Card(
        "4000000000009987",
        decline=Decline("Your card was declined.", decline_code="lost_card"),
    ),
    Card(
        "4000000000009979",
        decline=Decline("Your card was declined.", decline_code="stolen_card"),
    ),
    Card(
        "4000000000000069",
        decline=Decline(
            "Your card has expired.", code="expired_card", decline_code=None
        ),
    ),
    Card(
        "4000000000000127",
        decline=Decline(
            "Your card's security code is incorrect.",
            code="incorrect_cvc",
            decline_code=None,
        ),
    ),
    Card(
        "4000000000000119",
        decline=Decline(
            "An error occurred while processing your card. Try again in a little bit.",
            code="processing_error",
            decline_code=None,
        ),
    ),
    # These succeed; the dispute or refund behaviour they are published for comes with
    # disputes and refunds.
    Card("4000000000000077"),
    Card("4000000000000259"),
    Card("4000000000002685"),
    Card("4000000000001976"),
    Card("4000000000005423"),
    Card("4000000000007726"),
    Card("4000000000005126"),
]

_BANK_ACCOUNTS = [
    BankAccount("AT321904300235473204", delay=180),
    BankAccount("AT861904300235473202", delay=0, decline=_DEBIT_FAILED),
    BankAccount("AT051904300235473205", delay=180, decline=_DEBIT_FAILED),
    BankAccount("AT591904300235473203", delay=0),
]

_KNOWN: dict[str, Card | BankAccount] = {
    **{card.number: card for card in _CARDS},
    **{account.iban: account for account in _BANK_ACCOUNTS},
}


def look_up(number: str) -> Card | BankAccount:
    """Return what a published test number does.

    Raises:
        SandboxError: The number is not published for tests.
    """
    found = _KNOWN.get("".join(number.split()).upper())
    if found is None:
        raise SandboxError(
            "This is not a published test card or test IBAN. Use 4242 4242 4242 4242, "
            "or another number of docs.stripe.com/testing."
        )
    return found
