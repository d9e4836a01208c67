"""Stripe's form bodies: `a[b][0][c]=1` becomes nested dicts.

Lists stay dicts with numeric keys here; whether `{"0": …}` is a list or metadata with a
numeric key is known only to the parameter's type (see `params`).
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from payments_connect.sandbox.stripe.errors import invalid

_NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")


def decode(text: str) -> dict[str, Any]:
    """Return the parameters of a form body or query string.

    Raises:
        ApiError: 400 for a name that is not well formed.
    """
    decoded: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(decoded, _path_of(name), value)
    return decoded


def _path_of(name: str) -> list[str]:
    match = _NAME.match(name)
    if match is None:
        raise invalid(f"Invalid request: malformed parameter name {name!r}.")
    return [match[1], *_PART.findall(match[2])]


def _put(target: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = target.setdefault(part or str(len(target)), {})
        if not isinstance(inner, dict):
            raise invalid(f"Invalid request: {path[0]} is both a value and an object.")
        target = inner
    target[path[-1] or str(len(target))] = value
