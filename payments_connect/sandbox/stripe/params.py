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

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from stripe import RequestOptions
from typing_extensions import TypedDict, get_type_hints, is_typeddict

from payments_connect.sandbox.stripe.errors import ApiError, invalid, missing

_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
_OPTIONS = frozenset(RequestOptions.__annotations__)


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
    closed = TypedDict(declared.__name__, fields)  # type: ignore[operator]  # dynamic
    closed.__pydantic_config__ = _CONFIG
    return closed


def _strict(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return _closed(hint)
    if origin is NotRequired:
        return NotRequired[_strict(arguments[0])]
    if origin in {Union, types.UnionType}:
        return Union[tuple(_strict(part) for part in _without_open_str(arguments))]  # noqa: UP007  # built from a tuple
    if origin is list:
        # A clearing "" is its own Literal in the SDK's types; it is no list here.
        return Annotated[list[_strict(arguments[0])], BeforeValidator(_listed)]  # type: ignore[misc]
    if origin is dict:
        return dict[arguments[0], _strict(arguments[1])]  # type: ignore[valid-type,misc]
    if hint is float:
        return Decimal
    return hint


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
    name = _parameter_name(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            return invalid(
                f"Received unknown parameter: {name}",
                param=name,
                code="parameter_unknown",
            )
        case "missing":
            return missing(name)
        case "int_parsing" | "int_type" | "int_from_float":
            return invalid(
                f"Invalid integer: {error['input']}",
                param=name,
                code="parameter_invalid_integer",
            )
        case "literal_error":
            expected = error["ctx"]["expected"].replace("'", "")
            return invalid(f"Invalid {name}: must be one of {expected}", param=name)
        case "bool_parsing" | "bool_type":
            return invalid(f"Invalid boolean: {error['input']}", param=name)
        case "list_type":
            return invalid("Invalid array", param=name)
        case "dict_type" | "typed_dict_type":
            return invalid("Invalid object", param=name)
    return invalid(f"Invalid value for {name}: {error['msg']}", param=name)


def _parameter_name(location: tuple[int | str, ...]) -> str:
    """Return `line_items[0][price]`, without the names pydantic gives union members."""
    parts = [
        str(part)
        for part in location
        if isinstance(part, int) or (part.isidentifier() and not part[0].isupper())
    ]
    parts = [part for part in parts if part not in {"int", "str", "bool", "decimal"}]
    return parts[0] + "".join(f"[{part}]" for part in parts[1:]) if parts else ""
