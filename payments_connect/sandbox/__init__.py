"""An offline, stateful and strict imitation of the gateways' HTTP APIs.

The official SDKs talk to it over a real socket, so tests, the demo and a site's own
CI run without a network and without keys:

    with Sandbox() as sandbox:
        client = stripe.StripeClient(
            sandbox.stripe.secret_key, base_addresses={"api": sandbox.stripe.url}
        )
        session = client.v1.checkout.sessions.create({...})
        sandbox.stripe.pay(session.id)
        sandbox.stripe.deliver()

It stands alone: no Django, and nothing shared with `payments_connect.gateways`, so
that one misreading of a gateway cannot hide in both. It grows with the scenarios that
need it; what it refuses is listed in `payments_connect.sandbox.stripe.refusals`.
"""

from payments_connect.sandbox.client import SandboxClient
from payments_connect.sandbox.exceptions import CardDeclined, SandboxError
from payments_connect.sandbox.faults import Fault

try:
    from payments_connect.sandbox.server import Sandbox
except ModuleNotFoundError as missing:
    package = (missing.name or "").partition(".")[0]
    if package not in {"pydantic", "werkzeug"}:
        raise
    raise ImportError(
        f'The sandbox needs {package}: pip install "django-payments-connect[sandbox]"'
    ) from missing

__all__ = ["CardDeclined", "Fault", "Sandbox", "SandboxClient", "SandboxError"]
