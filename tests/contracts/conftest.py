"""The door of the company."""

import pytest

from tests.api.door import Door
from tests.world import World


@pytest.fixture
def door(world: World) -> Door:
    return Door(world)
