"""The Stripe sandbox as tests and the demo use it, without HTTP."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from payments_connect.sandbox.clock import Clock
from payments_connect.sandbox.exceptions import SandboxError
from payments_connect.sandbox.faults import Faults
from payments_connect.sandbox.journal import Journal
from payments_connect.sandbox.stripe import (
    accounts,
    buyer,
    endpoints,
    events,
    fees,
    sessions,
    signing,
)
from payments_connect.sandbox.stripe.api import Api
from payments_connect.sandbox.stripe.call import Call
from payments_connect.sandbox.stripe.deliveries import Deliveries
from payments_connect.sandbox.stripe.delivery import Delivery
from payments_connect.sandbox.stripe.errors import ApiError
from payments_connect.sandbox.stripe.params import check
from payments_connect.sandbox.stripe.routes import ROUTES
from payments_connect.sandbox.stripe.store import Resource, Scope, public
from payments_connect.sandbox.stripe.world import ZERO_TOTAL_STATUSES, Key, World

SECRET_KEY = "sk_test_sandbox"  # noqa: S105  # opens nothing but this sandbox
LIVE_SECRET_KEY = "sk_live_sandbox"  # noqa: S105


class StripeSandbox:
    """One platform with its connected accounts.

    Attributes:
        secret_key: The platform's test key.
        live_secret_key: The platform's live key; live objects are a world apart.
        world: The state; for the sandbox's own parts.
        api: The WSGI application; for the sandbox's own parts.
    """

    secret_key = SECRET_KEY
    live_secret_key = LIVE_SECRET_KEY

    def __init__(
        self,
        *,
        clock: Clock,
        faults: Faults,
        journal: Journal,
        base_url: Callable[[], str],
        background: bool,
    ) -> None:
        self.world = World(clock=clock, faults=faults, base_url=base_url)
        self.api = Api(self.world, journal)
        self.outbox = Deliveries(self.world, background=background)
        clock.on(sessions.EXPIRE_JOB, partial(sessions.expire_due, self.world))
        clock.on(buyer.DEBIT_JOB, partial(buyer.settle_debit, self.world))
        clock.on(fees.FEE_JOB, partial(fees.create_due, self.world))
        accounts.connect(self.world, self.world.platform_id)
        self.add_key(SECRET_KEY)
        self.add_key(LIVE_SECRET_KEY)

    @property
    def url(self) -> str:
        """The address for the SDK's `base_addresses["api"]`."""
        return self.world.base_url()

    @property
    def platform_id(self) -> str:
        """The platform's account id."""
        return self.world.platform_id

    @property
    def zero_total_payment_status(self) -> str:
        """How a no-cost session ends: API versions differ."""
        return self.world.zero_total_payment_status

    @zero_total_payment_status.setter
    def zero_total_payment_status(self, status: str) -> None:
        if status not in ZERO_TOTAL_STATUSES:
            raise SandboxError(f"one of {sorted(ZERO_TOTAL_STATUSES)}, not {status!r}")
        self.world.zero_total_payment_status = status

    def add_key(self, key: str, account: str | None = None) -> None:
        """Register a secret key, of the platform or of a connected account.

        Args:
            key: Its prefix `sk_test_` or `sk_live_` (or `rk_…`) decides the mode.
            account: The account it belongs to; None for the platform.
        """
        livemode = key.startswith(("sk_live_", "rk_live_"))
        if not livemode and not key.startswith(("sk_test_", "rk_test_")):
            raise SandboxError("a secret key starts with sk_test_ or sk_live_")
        self.world.keys[key] = Key(account or self.platform_id, livemode)

    def add_account(
        self,
        id: str | None = None,  # noqa: A002  # Stripe's own word
        *,
        country: str = "US",
        default_currency: str = "usd",
        **fields: Any,
    ) -> Resource:
        """Add a connected account that has finished its onboarding."""
        given = {"country": country, "default_currency": default_currency} | fields
        with self.world.lock:
            return public(accounts.connect(self.world, id, fields=given))

    def add_endpoint(
        self,
        url: str,
        *,
        connect: bool = False,
        secret: str | None = None,
        enabled_events: Iterable[str] = ("*",),
        api_version: str | None = None,
        livemode: bool = False,
    ) -> Resource:
        """Register a webhook endpoint; the answer has its secret."""
        params = {
            "url": url,
            "connect": connect,
            "enabled_events": list(enabled_events),
            "api_version": api_version,
        }
        with self.world.lock:
            return endpoints.add(
                self.world, livemode=livemode, params=params, secret=secret
            )

    def add_coupon(self, *, account: str | None = None, **params: Any) -> Resource:
        """Add a coupon: `percent_off=` or `amount_off=` with `currency=`."""
        return self._create("/v1/coupons", params, account=account)

    def add_promotion_code(
        self, code: str, coupon: str, *, account: str | None = None, **params: Any
    ) -> Resource:
        """Add a code that buyers type to get a coupon's discount."""
        promotion = {"type": "coupon", "coupon": coupon}
        return self._create(
            "/v1/promotion_codes",
            {"code": code, "promotion": promotion} | params,
            account=account,
        )

    def pay(
        self,
        session_id: str,
        number: str = "4242424242424242",
        *,
        email: str = "buyer@example.com",
        promotion_code: str | None = None,
        authenticate: bool = True,
    ) -> Resource:
        """Act as the buyer on the payment page.

        Args:
            session_id: The Checkout Session.
            number: A published test card number or SEPA test IBAN.
            email: What the buyer types.
            promotion_code: What the buyer types, if anything.
            authenticate: Whether the buyer passes a 3-D Secure page.

        Raises:
            CardDeclined: The session stays open for another try.
            SandboxError: Not an open session, or not a published number or code.
        """
        form = buyer.Form(
            number=number,
            email=email,
            promotion_code=promotion_code,
            authenticate=authenticate,
        )
        return public(buyer.pay(self.world, session_id, form))

    def get(self, object_id: str) -> Resource:
        """Return any object as Stripe would show it to its owner."""
        with self.world.lock:
            return public(self.world.store.find(object_id)[1])

    def alter(self, object_id: str, **fields: Any) -> Resource:
        """Change fields of an object behind everybody's back."""
        with self.world.lock:
            resource = self.world.store.find(object_id)[1]
            resource.update(fields)
            return public(resource)

    def insert(
        self, resource: Resource, account: str | None = None, *, livemode: bool = False
    ) -> Resource:
        """Seed an object as it is, for example from a recorded payload."""
        if not {"id", "object"} <= resource.keys():
            raise SandboxError("a Stripe object has an `id` and an `object`")
        with self.world.lock:
            scope = self.world.scope_of(
                account, livemode=bool(resource.get("livemode", livemode))
            )
            if resource["object"] == "account":
                scope = Scope(resource["id"], livemode=False)
            return public(self.world.store.add(scope, dict(resource)))

    @property
    def events(self) -> list[Resource]:
        """All events, oldest first, as they are delivered."""
        return self.world.events()

    def emit(
        self,
        event_type: str,
        subject: Resource | str,
        account: str | None = None,
        **overrides: Any,
    ) -> Resource:
        """Craft an event about an object or its id.

        Args:
            event_type: For example `checkout.session.completed`.
            subject: The object, or the id of one in this sandbox.
            account: Whose event it is; by default the object's owner's.
            overrides: Fields of the event, for example `livemode` or `api_version`.
        """
        with self.world.lock:
            scope = self.world.scope_of(
                account, livemode=bool(overrides.get("livemode", False))
            )
            if isinstance(subject, str):
                owner, subject = self.world.store.find(subject)
                scope = owner if account is None else Scope(account, owner.livemode)
            return events.emit(
                self.world, event_type, subject, scope=scope, **overrides
            )

    def sign(self, payload: bytes, secret: str, timestamp: int | None = None) -> str:
        """Return the `Stripe-Signature` header for a body, made now in real time."""
        moment = int(time.time()) if timestamp is None else timestamp
        return signing.signature_header(payload, secret=secret, timestamp=moment)

    def deliver(
        self,
        event: Resource | str | None = None,
        *,
        copies: int = 1,
        endpoint: str | None = None,
    ) -> list[Delivery]:
        """Deliver what waits, or one event (again), now.

        Args:
            event: One event or its id; None for all that wait.
            copies: How many copies of each arrive at the same moment.
            endpoint: With `event`: the id of one endpoint that gets it, be it the
                right one or not.

        Returns:
            What was tried, in order.
        """
        if event is None:
            return self.outbox.deliver(copies=copies)
        event_id = event if isinstance(event, str) else event["id"]
        return self.outbox.deliver_one(event_id, copies=copies, endpoint_id=endpoint)

    def hold(self) -> None:
        """Stop background deliveries; events wait."""
        self.outbox.hold()

    def release(self) -> None:
        """Resume background deliveries with what waits."""
        self.outbox.release()

    @property
    def deliveries(self) -> list[Delivery]:
        """All tries to deliver, oldest first."""
        return self.outbox.log()

    def dump(self) -> dict[str, Any]:
        """Return what a restart must remember."""
        with self.world.lock:
            return {
                "world": self.world.dump(),
                "deliveries": self.outbox.dump(),
                "idempotency": self.api.idempotency.dump(),
            }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `dump` returned."""
        with self.world.lock:
            self.world.load(state["world"])
            self.outbox.load(state["deliveries"])
            self.api.idempotency.load(state["idempotency"])
            sessions.readdress(self.world)

    def _create(
        self, path: str, params: dict[str, Any], *, account: str | None
    ) -> Resource:
        """Create an object as the API would, checks included."""
        handler, declared = ROUTES["POST", path]
        try:
            with self.world.lock:
                scope, checked = self.world.scope_of(account), check(declared, params)
                return public(handler(Call(self.world, scope, params=checked)))
        except ApiError as refusal:
            raise SandboxError(str(refusal)) from None
