"""A company in a fresh database of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(database_url, tmp_path)
    yield opened
    opened.close()
