"""A company in a fresh database, for every test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import DatabaseServer
from tests.world import World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(database_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """What gives a property test a fresh database for each of its examples."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server
