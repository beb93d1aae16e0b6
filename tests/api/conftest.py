"""A company, and the door through which everybody comes to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.door import Door
from tests.servers import DatabaseServer
from tests.world import World


@pytest.fixture
def any_world(sqlite: DatabaseServer, tmp_path: Path) -> Iterator[World]:
    """For what no database changes: on the one that is quickly there."""
    url = sqlite.fresh()
    opened = World.open(url, tmp_path)
    yield opened
    opened.close()
    sqlite.drop(url)


@pytest.fixture
def any_door(any_world: World) -> Door:
    return Door(any_world)


@pytest.fixture
def door(world: World) -> Door:
    return Door(world)
