"""A company, and the door through which everybody comes to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.door import Door
from tests.world import World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(database_url, tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def door(world: World) -> Door:
    return Door(world)
