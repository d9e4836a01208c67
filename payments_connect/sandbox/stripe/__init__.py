"""The Stripe part of the sandbox; start at `sandbox.StripeSandbox`."""
