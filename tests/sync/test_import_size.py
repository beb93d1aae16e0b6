"""A large file: every planted error is named, nothing is written; then all of it, at once."""

import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import delete, update

from models.customers import Asset
from models.feed import SourceMark
from models.tables.catalogue import ASSETS, PARTS, STOCK
from models.tables.cells import Cell
from models.tables.exporting import Format
from models.tables.importing import Outcome
from tests.conftest import Figures
from tests.sheets import csv_of, exported, imported, refused, written
from tests.world import World

ERRORS = 100
Plant = tuple[int, Cell, str]  # which column, what stands there, and which problem that is

PLANTS: tuple[Callable[[int], Plant], ...] = (
    lambda line: (0, None, "cell.needed"),
    lambda line: (0, "x" * 201, "cell.too_long"),
    lambda line: (1, "1.23457E+18", "cell.became_number"),
    lambda line: (1, "S0000000", "key.twice"),
    lambda line: (2, "a\x02b", "cell.control"),
    lambda line: (2, "  ", "cell.needed"),
    lambda line: (3, f"C-{line}", "cell.unknown"),
    lambda line: (4, "门诊搂", "cell.unknown"),
    lambda line: (5, "2026-02-30", "cell.impossible_date"),
    lambda line: (5, "22.11.2026", "cell.no_date"),
)


def lines(count: int) -> list[list[Cell]]:
    """That many assets that are right."""
    return [
        ["BP-200", f"S{number:07}", f"条码打印机 {number}", "C1", "门诊楼", "2026-11-22"]
        for number in range(count)
    ]


def planted(rows: list[list[Cell]], seed: int) -> list[tuple[int, str, str]]:
    """Spoil a hundred cells, each in a line of its own; answers line, heading and problem."""
    dice = random.Random(seed)
    expected = []
    for number, index in enumerate(sorted(dice.sample(range(1, len(rows)), ERRORS))):
        position, value, code = PLANTS[number % len(PLANTS)](index + 2)
        rows[index][position] = value
        expected.append((index + 2, ASSETS.columns[position].heading.zh, code))
    return expected


def check(world: World, rows: list[list[Cell]], format_: Format) -> None:
    """All planted errors are named with line and column, and nothing is written."""
    expected = planted(rows, seed=len(rows))
    refusal = refused(world, ASSETS, written(ASSETS, format_, rows, "zh"))
    assert [(one.line, one.column, one.code) for one in refusal.problems] == expected
    assert refusal.count == ERRORS
    assert len(world.rows(Asset)) == 1


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_every_planted_error_is_named_and_nothing_is_written(world: World, format_: Format) -> None:
    check(world, lines(400), format_)
    file = written(ASSETS, format_, lines(400))
    assert imported(world, ASSETS, file) == Outcome(added=400)
    file.seek(0)
    assert imported(world, ASSETS, file) == Outcome(unchanged=400)


def test_memory_grows_with_the_values_and_not_with_the_file(world: World) -> None:
    """At 4 KB a line 50,000 lines fit into a web process of 512 MB; what is measured is less."""
    file = written(ASSETS, "xlsx", lines(400))
    imported(world, ASSETS, written(ASSETS, "xlsx", lines(1)), dry_run=True)  # what loads once
    tracemalloc.start()
    imported(world, ASSETS, file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak / 400 < 4096


# Of its own pages: what getrusage tells begins with those of the process that started it.
PEAK = """
import sys
from cli.main import onsite
onsite(sys.argv[1:], standalone_mode=False)
(line,) = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(int(line.split()[1]) // 1024)
"""


def peak(*words: str) -> int:
    """The most memory, in MB, that a process needs for that command, all in all."""
    command = [sys.executable, "-c", PEAK, *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1])


@pytest.mark.proof
@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_fifty_thousand_assets(
    world: World,
    database_url: str,
    tmp_path: Path,
    format_: Format,
    figures: Figures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    check(world, lines(50_000), format_)
    file = written(ASSETS, format_, lines(50_000))
    seconds = {}

    def timed(what: str, run: Callable[[], Any]) -> Any:
        began = perf_counter()
        outcome = run()
        seconds[f"{what}_seconds"] = round(perf_counter() - began, 1)
        return outcome

    def again() -> Outcome:
        file.seek(0)
        return imported(world, ASSETS, file)

    assert timed("added", again) == Outcome(added=50_000)
    assert len(world.rows(SourceMark, SourceMark.type == "asset")) == 50_000
    assert timed("unchanged", again) == Outcome(unchanged=50_000)
    spoil = update(Asset).values(name="other")
    world.house.database.transact(lambda session, now: session.execute(spoil))
    assert timed("changed", again) == Outcome(changed=50_000)
    timed("export", lambda: exported(world, ASSETS, format_))

    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ONSITE_HOME", str(tmp_path))
    path = tmp_path / f"assets.{format_}"
    path.write_bytes(written(ASSETS, format_, lines(1)).getvalue())
    idle = peak("import", "assets", str(path), "--user", "sue")
    path.write_bytes(file.getvalue())
    world.house.database.transact(lambda session, now: session.execute(delete(Asset)))
    sizes = {
        "megabytes": peak("import", "assets", str(path), "--user", "sue"),
        "megabytes_for_one_line": idle,
    }
    figures(assets=50_000, file_bytes=path.stat().st_size, **seconds, **sizes)


@pytest.mark.proof
def test_two_thousand_books(world: World, figures: Figures) -> None:
    parts = csv_of(["code", "name"], *([f"P{number}", "part"] for number in range(2000)))
    imported(world, PARTS, parts)
    heading = ["place code", "part code", "quantity"]
    file = csv_of(heading, *(["main", f"P{number}", "5"] for number in range(2000)))
    seconds = {}
    for what, outcome in (("opened", Outcome(added=2000)), ("again", Outcome(unchanged=2000))):
        file.seek(0)
        began = perf_counter()
        assert imported(world, STOCK, file) == outcome
        seconds[f"{what}_seconds"] = round(perf_counter() - began, 1)
    figures(books=2000, **seconds)
