"""Entry point of the pytest plugin; the fixtures are in ``fixtures``.

They import models, so they are loaded only once Django is set up and only in projects
that install the app; any other project's test run is left alone.
"""

import pytest
from django.apps import apps


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the fixtures where the app is installed."""
    if apps.ready and apps.is_installed("payments_connect"):
        config.pluginmanager.import_plugin("payments_connect.testing.fixtures")
