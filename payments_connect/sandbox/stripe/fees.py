"""Application fees: the platform's share, which appears a moment after the charge.

https://docs.stripe.com/connect/direct-charges: the object is created asynchronously;
nobody may expect it on the charge right after the payment.
"""

from payments_connect.sandbox.stripe import shapes
from payments_connect.sandbox.stripe.events import emit
from payments_connect.sandbox.stripe.ids import new_id
from payments_connect.sandbox.stripe.world import World

FEE_JOB = "stripe.create_application_fee"


def create_due(world: World, charge_id: str) -> None:
    """Create the fee of a charge on the platform and name it on the charge."""
    with world.lock:
        scope, charge = world.store.find(charge_id)
        platform = world.platform_scope(livemode=scope.livemode)
        fee_id, amount = new_id("fee_1"), charge["application_fee_amount"]
        entry = shapes.balance_transaction() | {
            "id": new_id("txn_1"),
            "amount": amount,
            "available_on": world.clock.now() + 2 * 24 * 60 * 60,
            "created": world.clock.now(),
            "currency": charge["currency"],
            "net": amount,
            "reporting_category": "platform_earning",
            "source": fee_id,
            "type": "application_fee",
        }
        world.store.add(platform, entry)
        fee = shapes.application_fee() | {
            "id": fee_id,
            "account": scope.account,
            "amount": amount,
            "application": world.application_id,
            "balance_transaction": entry["id"],
            "charge": charge_id,
            "created": world.clock.now(),
            "currency": charge["currency"],
            "fee_source": {"type": "charge", "charge": charge_id},
            "livemode": scope.livemode,
        }
        fee["refunds"]["url"] = f"/v1/application_fees/{fee_id}/refunds"
        world.store.add(platform, fee)
        charge["application_fee"] = fee_id
        emit(world, "application_fee.created", fee, scope=platform)
