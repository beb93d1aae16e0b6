"""What processes take, as the kernel counts it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import children

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Used:
    """Seconds of processors."""

    seconds: float = 0.0


@contextmanager
def counted(roots: Sequence[int]) -> Iterator[Used]:
    """What the processes and all that they have started work while the block lasts."""
    used, before = Used(), sum(map(_seconds, roots))
    yield used
    used.seconds = sum(map(_seconds, roots)) - before


def _seconds(root: int) -> float:
    """Of the process, of its children, and of those that have ended."""
    ticks = [*_ticks(root), *(tick for child in children(root) for tick in _ticks(child)[:2])]
    return sum(ticks) / TICKS


def _ticks(pid: int) -> list[int]:
    """For itself and in the kernel, and the same of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(field) for field in fields[11:15]]


def megabytes(root: int) -> tuple[float, float]:
    """RSS and PSS of the largest child of the process. PSS counts what is shared in parts."""
    sizes = [_sizes(child) for child in children(root)]
    return max(rss for rss, _ in sizes), max(pss for _, pss in sizes)


def _sizes(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return kilobytes["Rss:"] / 1024, kilobytes["Pss:"] / 1024
