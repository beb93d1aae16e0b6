"""Databases for tests that need one for each example."""

import pytest

from tests.servers import DatabaseServer


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """What gives a property test a fresh database for each of its examples."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server
