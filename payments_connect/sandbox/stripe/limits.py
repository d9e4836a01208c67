"""Limits that many resources share: metadata, texts, addresses, expiry.

https://docs.stripe.com/api/metadata: 50 keys of 40 characters, values of 500.
"""

from typing import Any
from urllib.parse import urlsplit

from payments_connect.sandbox.stripe.errors import invalid

_KEYS, _KEY_LENGTH, _VALUE_LENGTH = 50, 40, 500


def check_metadata(metadata: dict[str, str], *, param: str = "metadata") -> None:
    """Refuse metadata that Stripe would refuse.

    Raises:
        ApiError: 400 naming the key.
    """
    if len(metadata) > _KEYS:
        raise invalid(
            f"Metadata can have up to {_KEYS} keys; you passed {len(metadata)}.",
            param=param,
        )
    for key, value in metadata.items():
        if not key or len(key) > _KEY_LENGTH or "[" in key or "]" in key:
            raise invalid(
                "Metadata keys must be between 1 and 40 characters without square "
                f"brackets; got {key!r}.",
                param=param,
            )
        check_length(value, _VALUE_LENGTH, param=f"{param}[{key}]")


def merge_metadata(old: dict[str, str], new: dict[str, str]) -> dict[str, str]:
    """Return updated metadata: an empty value removes its key."""
    merged = {k: v for k, v in (old | new).items() if v != ""}
    check_metadata(merged)
    return merged


def check_length(value: str, longest: int, *, param: str) -> None:
    """Refuse a text that is too long.

    Raises:
        ApiError: 400 `parameter_invalid_string_...`.
    """
    if len(value) > longest:
        raise invalid(
            f"Invalid string: {value[:20]}...; must be at most {longest} characters",
            param=param,
        )


def check_url(value: str, *, param: str) -> None:
    """Refuse what is not an absolute http(s) address.

    Raises:
        ApiError: 400 `url_invalid`.
    """
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise invalid("Not a valid URL", param=param, code="url_invalid")


def check_present(params: dict[str, Any], *, within: str = "") -> None:
    """Refuse empty texts where an empty text clears nothing.

    Raises:
        ApiError: 400 `parameter_invalid_empty`.
    """
    for name, value in params.items():
        if value == "":
            param = f"{within}[{name}]" if within else name
            raise invalid(
                f"You passed an empty string for '{param}'. We assume empty values are "
                "an attempt to unset a parameter; however "
                f"'{param}' cannot be unset.",
                param=param,
                code="parameter_invalid_empty",
            )
