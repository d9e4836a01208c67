"""The ledger entries of settled facts, posted in the transaction that settles them."""

from payments_connect.enums import ChargeType, LedgerKind
from payments_connect.models import LedgerEntry, Payment, Seller

BUYER = "buyer"
PLATFORM = "platform"


def seller_account(seller: Seller | int) -> str:
    """The ledger's word for a seller."""
    return f"seller:{seller.pk if isinstance(seller, Seller) else seller}"


def post_sale(payment: Payment) -> None:
    """Post what a settled payment moved, at the amounts that were really captured.

    On a direct charge the buyer's money goes to the seller, and the application fee
    from there to the platform. A gateway-side discount can leave less than the fee;
    the gateway then keeps no more than there is, and so do we.
    """
    captured = payment.amount_captured
    if captured <= 0:
        return
    receiver = PLATFORM
    if payment.charge_type != ChargeType.PLATFORM and payment.account is not None:
        receiver = seller_account(payment.account.seller_id)
    entries = [
        _entry(
            payment, LedgerKind.CHARGE, debit=BUYER, credit=receiver, amount=captured
        )
    ]
    fee = min(payment.application_fee_amount, captured)
    if fee and receiver != PLATFORM:
        entries.append(
            _entry(
                payment,
                LedgerKind.APPLICATION_FEE,
                debit=receiver,
                credit=PLATFORM,
                amount=fee,
            )
        )
    LedgerEntry.objects.bulk_create(entries)


def _entry(
    payment: Payment, kind: LedgerKind, *, debit: str, credit: str, amount: int
) -> LedgerEntry:
    return LedgerEntry(
        key=f"payment:{payment.pk}:{kind}",
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount,
        currency=payment.currency,
        payment=payment,
    )
