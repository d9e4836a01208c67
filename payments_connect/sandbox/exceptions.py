"""What the sandbox's Python API raises.

SandboxError         wrong use of the sandbox itself; the message says what to do
├── UnknownObject    no object of that id in this sandbox
└── CardDeclined     the buyer's payment was declined; the session stays open
"""


class SandboxError(OSError):
    """The sandbox cannot do what was asked: port taken, wrong state, unknown number."""


class UnknownObject(SandboxError):  # says what happened
    """No object of this id was created, seeded or loaded."""


class CardDeclined(SandboxError):  # a normal outcome, not a mistake
    """The buyer was declined and may try again.

    Attributes:
        code: The error code, for example `card_declined`.
        decline_code: The bank's reason, for example `insufficient_funds`, or None.
    """

    def __init__(
        self, message: str, *, code: str = "", decline_code: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.decline_code = decline_code
