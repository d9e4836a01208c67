"""One API call on its way to its handler."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from payments_connect.sandbox.stripe.store import Resource, Scope, Store
from payments_connect.sandbox.stripe.world import World


@dataclass(frozen=True)
class Call:
    """A call whose key, account and parameters are checked.

    Attributes:
        scope: Whose data it sees.
        params: Typed parameters.
        object_id: The id in the path, or "".
        path: The path as the SDK sees it.
    """

    world: World
    scope: Scope
    params: dict[str, Any] = field(default_factory=dict)
    object_id: str = ""
    path: str = ""

    @property
    def store(self) -> Store:
        """The objects."""
        return self.world.store

    @property
    def now(self) -> int:
        """The sandbox's time."""
        return self.world.clock.now()


Handler: TypeAlias = Callable[[Call], Resource]
