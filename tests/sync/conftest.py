"""Databases for tests that need one for each example, and the keeper of a van."""

import pytest

from sync.device import Device
from tests.servers import DatabaseServer
from tests.world import World


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """What gives a property test a fresh database for each of its examples."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def ann(world: World) -> Device:
    """The phone of the keeper of an empty van; the warehouse has ten rollers and a print head."""
    world.stock_van("main", "10", "S-1")
    device = world.device()
    world.drain()
    device.sync()
    return device
