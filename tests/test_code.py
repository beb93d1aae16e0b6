"""A process reads the code that it needs, once, and looks for no garbage in it."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from models import code

ROOT = Path(__file__).parents[1]


def read_what_is_not_there() -> None:
    with code.reading():
        assert not gc.isenabled()
        raise ImportError


def test_nobody_looks_for_garbage_while_code_is_read_and_somebody_does_afterwards() -> None:
    with pytest.raises(ImportError):
        read_what_is_not_there()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


@pytest.mark.parametrize(
    ("modules", "spared"),
    [
        ("cli.run", {"alembic", "cli.release", "cli.sample", "models.house"}),
        ("cli.tour", {"alembic", "cli.release", "models.house"}),
        ("worker.cron, worker.schedule", {"models.house", "sync", "worker.app"}),
    ],
)
def test_what_only_starts_or_asks_others_spares_the_code_that_does_the_work(
    modules: str, spared: set[str]
) -> None:
    program = f"import sys, {modules}; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    read = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert spared & set(read.split()) == set()
