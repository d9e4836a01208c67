"""Everything the imitation remembers: objects by account and mode.

Objects are plain dicts in Stripe's shape. What is ours alone (a webhook secret, a
session's price list) stands under the key `_private` and never leaves the sandbox.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from payments_connect.sandbox.exceptions import UnknownObject
from payments_connect.sandbox.stripe.errors import no_such

Resource: TypeAlias = dict[str, Any]

PRIVATE = "_private"


@dataclass(frozen=True)
class Scope:
    """Whose data a call sees.

    Attributes:
        account: The platform's or a connected account's id.
        livemode: Live and test objects live apart.
    """

    account: str
    livemode: bool


def private(resource: Resource) -> Resource:
    """Return the part of an object that only the sandbox knows."""
    part: Resource = resource.setdefault(PRIVATE, {})
    return part


def public(resource: Resource) -> Resource:
    """Return a copy of an object as Stripe would show it."""
    return copy.deepcopy({k: v for k, v in resource.items() if k != PRIVATE})


class Store:
    """Objects in the order they were made."""

    def __init__(self) -> None:
        self._objects: dict[Scope, dict[str, Resource]] = {}

    def add(self, scope: Scope, resource: Resource) -> Resource:
        """Keep an object; one of the same id in the same scope is replaced."""
        self._objects.setdefault(scope, {})[resource["id"]] = resource
        return resource

    def remove(self, scope: Scope, object_id: str) -> None:
        """Forget an object."""
        del self._objects[scope][object_id]

    def get(
        self, scope: Scope, object_id: str, *, kind: str, param: str = "id"
    ) -> Resource:
        """Return an object of this scope.

        Raises:
            ApiError: 404 `resource_missing`, also for another account's object.
        """
        found = self._objects.get(scope, {}).get(object_id)
        if found is None or found["object"] != kind:
            raise no_such(kind, object_id, param=param)
        return found

    def find(
        self, object_id: str, *, near: Scope | None = None
    ) -> tuple[Scope, Resource]:
        """Return an object of any scope.

        Args:
            object_id: Its id.
            near: The scope that is asked first; ids of coupons are not unique.

        Raises:
            UnknownObject: Nothing has this id.
        """
        scopes = self._objects
        if near in scopes:
            scopes = {near: scopes[near]} | scopes
        for scope, objects in scopes.items():
            if object_id in objects:
                return scope, objects[object_id]
        raise UnknownObject(f"the Stripe sandbox has no object {object_id!r}")

    def each(self, kind: str, *, scope: Scope | None = None) -> Iterator[Resource]:
        """Yield the objects of a kind, oldest first, of one scope or of all."""
        scopes = list(self._objects) if scope is None else [scope]
        for one in scopes:
            for resource in list(self._objects.get(one, {}).values()):
                if resource["object"] == kind:
                    yield resource

    def dump(self) -> list[dict[str, Any]]:
        """Return what a restart must remember."""
        return [
            {
                "account": scope.account,
                "livemode": scope.livemode,
                "objects": list(objects.values()),
            }
            for scope, objects in self._objects.items()
        ]

    def load(self, state: list[dict[str, Any]]) -> None:
        """Restore what `dump` returned."""
        self._objects = {
            Scope(part["account"], part["livemode"]): {
                resource["id"]: resource for resource in part["objects"]
            }
            for part in state
        }
