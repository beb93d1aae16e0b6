"""The benches run and fill their table. What they measure is asserted nowhere: machines differ."""

import json
from pathlib import Path

from click.testing import CliRunner

from bench.__main__ import main
from bench.measure import alternate, compare
from bench.rates import KINDS
from bench.size import QUICK
from bench.table import as_markdown
from bench.web import web_command

STORM = (
    "facts",
    "per processor",
    "95th percentile",
    "share of the phones",
    "RSS after",
    "PSS after",
)
ROWS = (
    "photo to previews",
    "… processor time",
    "300 KB upload",
    "300 KB upload, others",
    "nothing new, 10",
    "nothing new, 1,000",
    "nothing new, growth",
    "15 facts",
    "15 facts: parse",
    "15 facts: verify",
    "15 facts: store",
    "15 facts: judge",
    "15 facts: publish",
    "first sync, 200",
    *(f"facts {until}, {kind.name}" for kind in KINDS for until in ("stored", "judged")),
    *(f"storm of {phones}, {name}" for phones in QUICK.storms for name in STORM),
    "storm, growth",
    "work order with promises",
    "a minute's promises",
    "500 open clocks",
    "a balance",
    "a record's parts posted",
    "proof of all books",
    "statements of 2",
)


def test_a_quick_run_gives_every_bench_a_ratio(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    arguments = ["--quick", "--database", "sqlite", "--workers", "1", "--json", str(file)]
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    figures = json.loads(file.read_text())
    assert tuple(one["bench"] for one in figures) == ROWS
    compared = [one for one in figures if "ratio" in one]
    assert all(0 < one["lowest"] <= one["ratio"] <= one["highest"] for one in compared)
    assert all(one["value"] > 0 for one in figures if "value" in one)
    assert all(f"| {name} " in result.stdout for name in ROWS)


def test_pairs_alternate_after_one_for_warmth() -> None:
    order = []

    def timed(name: str, taken: float) -> float:
        order.append(name)
        return taken

    taken = alternate(3, lambda: timed("ours", 3.0), lambda: timed("floor", 2.0))
    assert "".join(name[0] for name in order) == "ofoffoof"
    assert taken == [(3.0, 2.0)] * 3


def test_a_comparison_is_the_median_of_the_pairs() -> None:
    one = compare("sleep", "sqlite", [(1.0, 1.0), (4.0, 2.0), (9.0, 1.0)])
    assert (one.ours_ms, one.floor_ms, one.ratio) == (4000, 1000, 2)
    assert (one.lowest, one.highest, one.pairs) == (1, 9, 3)
    assert "| 2.00  | 1.00-9.00 |" in as_markdown([one])


def test_the_web_process_is_the_procfiles_with_the_bare_views() -> None:
    command = web_command(1)
    assert '-m gunicorn "bench.app:create_app()"' in command
    assert "--worker-class gthread --workers 1 --threads 16" in command
