"""The options of the settings: read strictly, and what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from payments_connect.gateways.types import Problem

LIVE_KEYS = ("sk_live_", "rk_live_")
TEST_KEYS = ("sk_test_", "rk_test_")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def text(name: str, value: Any) -> str:
    """A string option without the white space that files and shells leave.

    Raises:
        TypeError: It is no string; its value is not part of the message.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string")
    return value.strip()


def texts(name: str, value: Any) -> tuple[str, ...]:
    """A list of strings, empty ones left out.

    Raises:
        TypeError: It is no list, or holds something else.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list of strings")
    return tuple(filter(None, (text(name, item) for item in value)))


def timeout(name: str, value: Any) -> tuple[float, float]:
    """Seconds to connect and to read.

    Raises:
        TypeError: It is not two positive numbers.
    """
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    numbers = [part for part in pair if isinstance(part, int | float) and part > 0]
    if len(pair) != 2 or len(numbers) != 2:  # noqa: PLR2004  # to connect, to read
        raise TypeError(f"{name} must be two positive numbers of seconds")
    return numbers[0], numbers[1]


def problems(
    *,
    api_key: str,
    publishable_key: str,
    secrets: Mapping[str, Sequence[str]],
    base_url: str,
) -> Iterator[Problem]:
    """Missing or mixed-up keys, secrets and addresses."""
    yield from _key_problems(api_key, publishable_key)
    for endpoint, of_endpoint in secrets.items():
        yield from _secret_problems(endpoint, of_endpoint)
    yield from _address_problems(api_key, base_url)


def _key_problems(api_key: str, publishable_key: str) -> Iterator[Problem]:
    if not api_key:
        yield Problem(
            code="E004",
            message="Stripe has no api_key.",
            hint="Set STRIPE_SECRET_KEY (sk_test_… to begin with).",
        )
    elif not api_key.startswith(TEST_KEYS + LIVE_KEYS):
        yield Problem(
            code="E005",
            message="Stripe's api_key is not a secret key.",
            hint="It begins with sk_ or rk_; a pk_ key is the publishable one.",
        )
    mode = "test" if api_key.startswith(TEST_KEYS) else "live"
    if publishable_key and not publishable_key.startswith(f"pk_{mode}_"):
        yield Problem(
            code="E006",
            message="Stripe's publishable_key does not go with its api_key.",
            hint="Take both from the same page of the Dashboard.",
        )


def _secret_problems(endpoint: str, secrets: Sequence[str]) -> Iterator[Problem]:
    option = "webhook_secrets" if endpoint == "platform" else "connect_webhook_secrets"
    if not secrets:
        direct = "A direct charge's events come to the Connect endpoint only."
        yield Problem(
            code="W001" if endpoint == "platform" else "W005",
            message=f"Stripe's {endpoint} webhook endpoint has no secret.",
            hint=f"Until {option} is set, the endpoint answers 404 and events are lost."
            + ("" if endpoint == "platform" else f" {direct}"),
            is_error=False,
        )
    if any(not secret.startswith("whsec_") for secret in secrets):
        yield Problem(
            code="E007",
            message=f"Stripe's {option} holds something that is no signing secret.",
            hint="Each begins with whsec_; API keys do not belong here.",
        )


def _address_problems(api_key: str, base_url: str) -> Iterator[Problem]:
    if not base_url:
        return
    address = urlsplit(base_url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        yield Problem(
            code="E011",
            message="Stripe's base_url is not an address.",
            hint="It begins with http:// or https://, as the sandbox prints it.",
        )
    elif not api_key.startswith(TEST_KEYS) and address.hostname not in _LOOPBACK:
        yield Problem(
            code="E012",
            message="A live key would be sent to another address than Stripe's.",
            hint="Leave base_url (STRIPE_API_BASE) out in production.",
        )
