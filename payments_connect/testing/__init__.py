"""For our users' tests and our own: the sandbox, signed events, factories.

Installed with ``pip install "django-payments-connect[testing]"``; the pytest plugin
is found by itself. See docs/how-to/test-your-site.md.
"""
