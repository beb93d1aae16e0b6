"""One founded company for all tests that play histories."""

from pathlib import Path

import pytest

from simulation.company import Company

DEVICES = 8


@pytest.fixture(scope="session")
def company(scratch: Path) -> Company:
    return Company(scratch / "simulation", DEVICES)
