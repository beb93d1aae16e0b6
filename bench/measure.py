"""Measuring two things in alternating pairs, so that whatever slows the machine slows both."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter, process_time
from typing import Any

Timed = Callable[[], float]


@dataclass(frozen=True)
class Comparison:
    """Medians in milliseconds, and the ratio of the pairs with its spread."""

    bench: str
    database: str
    ours_ms: float
    floor_ms: float
    ratio: float
    lowest: float
    highest: float
    pairs: int
    remark: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `--json` writes."""
        return asdict(self)


@dataclass(frozen=True)
class Figure:
    """Something measured that has no floor, and what was aimed at."""

    bench: str
    database: str
    value: float
    unit: str
    aim: str = ""
    remark: str = ""

    def as_json(self) -> dict[str, Any]:
        """What `--json` writes."""
        return asdict(self)


Measured = Comparison | Figure


def seconds(action: Callable[[], object]) -> float:
    """How long the action takes."""
    start = perf_counter()
    action()
    return perf_counter() - start


def processor_seconds(action: Callable[[], object]) -> float:
    """How long this process worked for it, whatever others do on the machine meanwhile; what a
    database server does is not counted."""
    start = process_time()
    action()
    return process_time() - start


def repeated(times: int, action: Callable[[], object]) -> Timed:
    """A measurement of one action out of many in a row."""

    def many() -> None:
        for _ in range(times):
            action()

    return lambda: seconds(many) / times


def alternate(pairs: int, ours: Timed, floor: Timed) -> list[tuple[float, float]]:
    """Measure both `pairs` times, every other pair in the opposite order, after one for warmth."""
    ours(), floor()
    taken = []
    for number in range(pairs):
        if number % 2:
            below = floor()
            taken.append((ours(), below))
        else:
            above = ours()
            taken.append((above, floor()))
    return taken


def compare(
    bench: str, database: str, taken: list[tuple[float, float]], remark: str = ""
) -> Comparison:
    """What the pairs say."""
    ratios = [ours / floor for ours, floor in taken]
    return Comparison(
        bench=bench,
        database=database,
        ours_ms=1000 * median(ours for ours, _ in taken),
        floor_ms=1000 * median(floor for _, floor in taken),
        ratio=median(ratios),
        lowest=min(ratios),
        highest=max(ratios),
        pairs=len(taken),
        remark=remark,
    )
