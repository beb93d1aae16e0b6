"""What the processes of the web take, as the kernel counts it."""

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
def counted(pid: int) -> Iterator[Used]:
    """What the children of the process work while the block lasts."""
    used, processes = Used(), list(children(pid))
    before = _seconds(processes)
    yield used
    used.seconds = _seconds(processes) - before


def _seconds(processes: Sequence[int]) -> float:
    return sum(map(_seconds_of, processes))


def _seconds_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def megabytes(pid: int) -> tuple[float, float]:
    """RSS and PSS of the largest child of the process. PSS counts what is shared in parts."""
    sizes = [_sizes(child) for child in children(pid)]
    return max(rss for rss, _ in sizes), max(pss for _, pss in sizes)


def _sizes(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    kilobytes = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return kilobytes["Rss:"] / 1024, kilobytes["Pss:"] / 1024
