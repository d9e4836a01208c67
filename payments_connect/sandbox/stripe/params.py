"""The strict parameter check, made from the SDK's own parameter types.

`stripe.params` describes each call in TypedDicts. They are rebuilt here without the
request options, with unknown keys forbidden and with open enums (`Literal[...] | str`)
closed, and pydantic checks the decoded form against them. What the types cannot say
(required by mode, exclusive parameters, limits) stands in the modules of the resources.
"""

import functools
import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin

from pydantic import (
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    with_config,
)
from stripe import RequestOptions
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from payments_connect.sandbox.stripe.errors import ApiError, invalid, missing

_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
_OPTIONS = frozenset(RequestOptions.__annotations__)

# pydantic's kind of error → Stripe's words and code.
_INTEGER = ("Invalid integer: {value}", "parameter_invalid_integer")
_MESSAGES: dict[str, tuple[str, str | None]] = {
    "extra_forbidden": ("Received unknown parameter: {name}", "parameter_unknown"),
    "int_parsing": _INTEGER,
    "int_type": _INTEGER,
    "int_from_float": _INTEGER,
    "literal_error": ("Invalid {name}: must be one of {expected}", None),
    "bool_parsing": ("Invalid boolean: {value}", None),
    "bool_type": ("Invalid boolean: {value}", None),
    "string_type": ("Invalid string: {value}", None),
    "list_type": ("Invalid array", None),
    "dict_type": ("Invalid object", None),
    "typed_dict_type": ("Invalid object", None),
}


def check(declared: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the typed parameters of a call.

    Args:
        declared: The SDK's TypedDict, for example `SessionCreateParams`.
        values: The decoded form.

    Raises:
        ApiError: 400 naming the first wrong parameter, as Stripe does.
    """
    try:
        checked: dict[str, Any] = _adapter(declared).validate_python(dict(values))
    except ValidationError as problem:
        raise _refusal(problem) from None
    return checked


@functools.cache
def _adapter(declared: type) -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(_closed(declared))


@functools.cache
def _closed(declared: type) -> Any:
    """Rebuild a TypedDict with unknown keys forbidden."""
    # Without the request options, which name types that the module of the parameters
    # does not import.
    own = {k: v for k, v in declared.__annotations__.items() if k not in _OPTIONS}
    bare = type("Bare", (), {"__annotations__": own, "__module__": declared.__module__})
    hints = get_type_hints(bare, include_extras=True)
    fields = {name: _strict(hint) for name, hint in hints.items()}
    closed = TypedDict(declared.__name__, fields)  # type: ignore[misc]  # made at run time
    with_config(_CONFIG)(closed)
    return closed


def _strict(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return _closed(hint)
    if origin is NotRequired:
        return NotRequired[_strict(arguments[0])]
    if origin in {Union, types.UnionType}:
        members = tuple(_strict(part) for part in _without_open_str(arguments))
        return Union[members]  # noqa: UP007  # made from a tuple
    if origin is list:
        item = _strict(arguments[0])
        return Annotated[list[item], BeforeValidator(_listed)]  # type: ignore[valid-type]  # made at run time
    return Decimal if hint is float else hint


def _without_open_str(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Close `Literal['a', 'b'] | str`; `Literal[''] | str` is a text one can clear."""
    words = [
        word
        for part in arguments
        if get_origin(part) is Literal
        for word in get_args(part)
    ]
    if any(words):
        return tuple(part for part in arguments if part is not str)
    return arguments


def _listed(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {str(i) for i in range(len(value))}:
        return [value[str(i)] for i in range(len(value))]
    return value


def _refusal(problem: ValidationError) -> ApiError:
    # A union reports one error for each member; the one that got deepest meant it.
    error = max(problem.errors(), key=lambda each: len(each["loc"]))
    name, kind = _parameter_name(error["loc"]), error["type"]
    if kind == "missing":
        return missing(name)
    template, code = _MESSAGES.get(kind, ("Invalid value for {name}: {msg}", None))
    message = template.format(
        name=name,
        value=error["input"],
        msg=error["msg"],
        expected=error.get("ctx", {}).get("expected", "").replace("'", ""),
    )
    return invalid(message, param=name, code=code)


def _parameter_name(location: tuple[int | str, ...]) -> str:
    """Return `line_items[0][price]`, without the names pydantic gives union members."""
    parts = [
        str(part)
        for part in location
        if isinstance(part, int) or (part.isidentifier() and not part[0].isupper())
    ]
    parts = [part for part in parts if part not in {"int", "str", "bool", "decimal"}]
    return parts[0] + "".join(f"[{part}]" for part in parts[1:]) if parts else ""
