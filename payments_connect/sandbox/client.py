"""The sandbox's powers for another process; see `control`."""


class SandboxClient:
    """Placeholder, grows with `control`."""
