"""Stripe's error answers.

Shape and codes: https://docs.stripe.com/api/errors and /error-codes; how the SDK maps
them: stripe/_api_requestor.py, 15.6.
"""

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """An answer that is an error, found before anything was executed.

    So no idempotency key keeps it (docs.stripe.com/api/idempotent_requests).

    Attributes:
        status: HTTP status.
        headers: Further response headers.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.fields = {"type": "invalid_request_error"} | fields

    def body(self) -> dict[str, Any]:
        """Return the JSON body in Stripe's shape."""
        error = {"message": str(self), **self.fields}
        if code := error.get("code"):
            error["doc_url"] = (
                f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"
            )
        return {"error": {k: v for k, v in error.items() if v is not None}}


def invalid(
    message: str, *, param: str | None = None, code: str | None = None
) -> ApiError:
    """Return the refusal of a request whose parameters are wrong."""
    return ApiError(message, param=param, code=code)


def missing(param: str) -> ApiError:
    """Return the refusal of a request that lacks a parameter."""
    return invalid(
        f"Missing required param: {param}.", param=param, code="parameter_missing"
    )


def no_such(noun: str, object_id: str, *, param: str = "id") -> ApiError:
    """Return the 404 for an object that is not in this account and mode."""
    return ApiError(
        f"No such {noun}: '{object_id}'",
        status=404,
        code="resource_missing",
        param=param,
    )


def not_in_sandbox(what: str, *, param: str | None = None) -> ApiError:
    """Return the refusal of something that Stripe can do and this imitation cannot."""
    return invalid(
        f"{what}: not in this sandbox. Stripe may accept it; see the list of refusals "
        "in payments_connect.sandbox.stripe.refusals.",
        param=param,
        code="sandbox_unsupported",
    )
