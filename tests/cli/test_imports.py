"""`onsite import`, `export` and `template`, as they are typed."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import onsite
from models.decisions import Decision
from models.stock.demand import StockLevel
from models.tables.catalogue import TABLES
from tests.contracts.agreed import agree
from tests.sheets import csv_of
from tests.world import World


@pytest.fixture
def world(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A company, and the environment that names it."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ONSITE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    opened = World.open(database_url, tmp_path)
    yield opened
    opened.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(onsite, words)


def numbers(result: Result) -> list[str]:
    """Added, changed and unchanged, as the table shows them."""
    assert result.exit_code == 0, result.output
    (row,) = [line for line in result.output.splitlines() if line.startswith("│")]
    return row.replace("│", " ").split()[:3]


def test_every_export_is_imported_without_a_change(world: World) -> None:
    world.stock_van("van-a", "5", "SN-1")
    level = {"place_id": world.named["van-a"], "part_id": world.named["roller"], "shelf": "A-1"}
    world.add(
        [StockLevel(id=world.new("level"), **level, least=Decimal(2), most=Decimal(6))], set()
    )
    agree(world, "network-servers")
    for name, file in product(TABLES, ("table.csv", "table.xlsx")):
        assert run("export", name, file, "--lang", "zh").exit_code == 0
        result = run("import", name, file, "--user", "sue")
        added, changed, unchanged = numbers(result)
        assert (added, changed) == ("0", "0")
        assert int(unchanged) > 0


def test_problems_are_lines_that_name_their_cells(world: World) -> None:
    file = csv_of(["code", "name"], ["C1", ""], ["C2", ""], ["C3", "x" * 300]).getvalue()
    Path("bad.csv").write_bytes(file)
    result = run("import", "customers", "bad.csv", "--problems", "2", "--user", "sue")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "line 2, column name (B2): this must not be empty. Fill it in, for example: "
        "Eastern Hospital.",
        "line 3, column name (B3): this must not be empty. Fill it in, for example: "
        "Eastern Hospital.",
        "… and 1 more",
        "Error: nothing was written; problems: 3",
    ]


def test_a_dry_run_says_so(world: World) -> None:
    Path("new.csv").write_bytes(csv_of(["code", "name"], ["C2", "x"]).getvalue())
    result = run("import", "customers", "new.csv", "--dry-run", "--user", "sue")
    assert numbers(result) == ["1", "0", "0"]
    assert "nothing was written" in result.output
    assert numbers(run("import", "customers", "new.csv", "--user", "sue")) == ["1", "0", "0"]


def test_stock_is_opened_in_somebodys_name(world: World) -> None:
    file = csv_of(["place", "part", "quantity"], ["main", "R-1", "5"])
    Path("stock.csv").write_bytes(file.getvalue())
    for name in ("supervisor", "dora", "nobody"):
        result = run("import", "stock", "stock.csv", "--user", name)
        assert result.exit_code == 2
        assert (
            f"--user {name}: no active user of that name is warehouse or supervisor"
            in result.stderr
        )
    assert numbers(run("import", "stock", "stock.csv", "--user", "sue")) == ["1", "0", "0"]
    (decision,) = world.rows(Decision, Decision.kind == "stock.opened")
    assert str(decision.user_id) == world["sue"]


def test_a_template_needs_no_database(tmp_path: Path) -> None:
    result = run("template", "customers", "--lang", "zh")
    assert result.stdout_bytes.decode("utf-8-sig").splitlines() == [
        "客户编号,客户名称",
        "C-1001,东方医院",
    ]
    assert run("export", "customers", "--lang", "zh", "--template").stdout == result.stdout


def test_a_database_without_tables_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite3")
    monkeypatch.setenv("ONSITE_HOME", str(tmp_path))
    (tmp_path / "none.sqlite3").touch()
    result = run("export", "customers", str(tmp_path / "out.csv"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "onsite release" in result.stderr
    assert not (tmp_path / "out.csv").exists()
