"""The opening of books from a file: by decision, once, and never against the books."""

from collections.abc import Sequence
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from models.decisions import Decision
from models.derived import Subject
from models.stock.rows import Balance, Move, Part
from models.tables.catalogue import PARTS, STOCK
from models.tables.importing import Outcome
from sync import opening
from sync.invariants import violations
from sync.judge import judge
from tests.sheets import csv_of, imported, refused
from tests.world import World

HEADING = ["place", "part", "lot", "serial", "quantity"]


def stock(*lines: Sequence[Any]) -> BytesIO:
    return csv_of(HEADING, *lines)


def told(world: World, *lines: Sequence[Any]) -> list[tuple[str, str]]:
    refusal = refused(world, STOCK, stock(*lines))
    return [(one.cell, one.code) for one in refusal.problems]


def balances(world: World) -> dict[tuple[str, str | None, str | None], Decimal]:
    codes = {part.id: part.code for part in world.rows(Part)}
    return {
        (codes[one.part_id], one.lot, one.serial): one.quantity
        for one in world.rows(Balance, Balance.quantity > 0)
    }


@pytest.fixture
def lots(world: World) -> World:
    """A world with a part that has lots."""
    imported(world, PARTS, csv_of(["code", "name", "tracking"], ["G-1", "油脂", "lot"]))
    return world


def test_books_are_opened_by_one_decision_for_each_place(lots: World) -> None:
    file = stock(
        ["main", "R-1", "", "", "12"],
        ["main", "G-1", "L1", "", "0.5"],
        ["main", "G-1", "L2", "", "1.125"],
        ["van-a", "H-1", "", "S-1", "1"],
    )
    assert imported(lots, STOCK, file) == Outcome(added=4)
    assert balances(lots) == {
        ("R-1", None, None): Decimal(12),
        ("G-1", "L1", None): Decimal("0.5"),
        ("G-1", "L2", None): Decimal("1.125"),
        ("H-1", None, "S-1"): Decimal(1),
    }
    decisions = lots.rows(Decision, Decision.kind == "stock.opened")
    assert sorted(len(one.data["lines"]) for one in decisions) == [1, 3]
    assert {one.user_id for one in decisions} == {lots.named["wang"]}
    lots.drain()
    assert lots.house.database.read(violations) == {}


def test_the_same_file_opens_once(world: World) -> None:
    file = stock(["main", "R-1", "", "", "12"], ["van-a", "H-1", "", "S-1", "1"])
    assert imported(world, STOCK, file).added == 2
    moves = len(world.rows(Move))
    file.seek(0)
    assert imported(world, STOCK, file) == Outcome(unchanged=2)
    assert len(world.rows(Move)) == moves
    assert len(world.rows(Decision, Decision.kind == "stock.opened")) == 2


def test_the_same_file_is_known_after_stock_has_moved(world: World) -> None:
    lines = [["main", "R-1", "", "", "12"], ["main", "H-1", "", "S-1", "1"]]
    imported(world, STOCK, stock(*lines))
    world.decide(
        "stock.shipped", "wang", place=world["main"], to=world["van-a"],
        transfer=str(world.new("transfer")),
        lines=[{"part": world["roller"], "quantity": "2"},
               {"part": world["head"], "quantity": "1", "serial": "S-1"}],
    )  # fmt: skip
    assert imported(world, STOCK, stock(*lines)) == Outcome(unchanged=2)
    assert imported(world, STOCK, stock(["main", "R-1", "", "", "10"])) == Outcome(unchanged=1)


def test_what_differs_from_an_open_book_is_no_opening(world: World) -> None:
    imported(world, STOCK, stock(["main", "R-1", "", "", "12"]))
    refusal = refused(world, STOCK, stock(["main", "R-1", "", "", "13"]))
    (problem,) = refusal.problems
    assert (problem.cell, problem.code) == ("E2", "stock.opened")
    assert problem.message == "its book has begun already, and 12.000 lie there"


def test_a_piece_that_is_known_elsewhere_is_not_opened_again(world: World) -> None:
    world.stock_van("van-a", "5", "S-1")
    refusal = refused(world, STOCK, stock(["main", "H-1", "", "S-1", "1"]))
    (problem,) = refusal.problems
    assert (problem.cell, problem.code) == ("D2", "stock.elsewhere")
    assert "at van-a" in problem.message


@pytest.mark.parametrize(
    ("line", "cell", "code"),
    [
        (["nowhere", "R-1", "", "", "1"], "A2", "cell.unknown"),
        (["main", "X-1", "", "", "1"], "B2", "cell.unknown"),
        (["customer", "R-1", "", "", "1"], "A2", "place.not_physical"),
        (["main", "H-1", "", "", "1"], "D2", "stock.tracking"),
        (["main", "R-1", "", "S-1", "1"], "D2", "stock.tracking"),
        (["main", "G-1", "", "", "1"], "C2", "stock.tracking"),
        (["main", "R-1", "L1", "", "1"], "C2", "stock.tracking"),
        (["main", "H-1", "", "S-1", "2"], "E2", "stock.one_piece"),
        (["main", "R-1", "", "", "0"], "E2", "cell.no_quantity"),
        (["main", "R-1", "", "", ""], "E2", "cell.needed"),
    ],
)
def test_a_wrong_line_is_named(lots: World, line: list[str], cell: str, code: str) -> None:
    right = ["main", "R-1", "", "", "1"]
    assert told(lots, line) == [(cell, code)]
    if line[1] != "R-1" or line[0] != "main":
        assert told(lots, line, right) == [(cell, code)]
    assert balances(lots) == {}


def test_one_piece_does_not_lie_at_two_places(world: World) -> None:
    lines = [["main", "H-1", "", "S-1", "1"], ["van-a", "H-1", "", "S-1", "1"]]
    assert told(world, *lines) == [("D3", "key.twice")]


def test_a_serial_is_missed_where_the_file_has_no_column_for_it(world: World) -> None:
    refusal = refused(world, STOCK, csv_of(["place", "part", "quantity"], ["main", "H-1", "1"]))
    assert [(one.cell, one.code) for one in refusal.problems] == [("B2", "stock.tracking")]


def test_wrong_cells_are_told_together_with_unknown_codes(world: World) -> None:
    line = ["nowhere", "X-1", "", "", "-1"]
    codes = ["cell.unknown", "cell.unknown", "cell.no_quantity"]
    assert [code for _, code in told(world, line)] == codes


def test_one_wrong_line_and_no_book_is_opened(world: World) -> None:
    lines = [["main", "R-1", "", "", "12"], ["van-a", "R-1", "", "", "x"]]
    assert told(world, *lines) == [("E3", "cell.no_quantity")]
    assert balances(world) == {}
    assert world.rows(Decision, Decision.kind == "stock.opened") == []


def test_a_dry_run_opens_nothing(world: World) -> None:
    file = stock(["main", "R-1", "", "", "12"])
    assert imported(world, STOCK, file, dry_run=True) == Outcome(added=1)
    assert balances(world) == {}


def test_a_large_place_is_opened_in_pieces(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LINES_PER_DECISION", 6)
    monkeypatch.setattr(opening, "BOOKS_PER_QUERY", 4)
    lines = [["main", "H-1", "", f"S-{number}", "1"] for number in range(15)]
    assert imported(world, STOCK, stock(*lines)) == Outcome(added=15)
    assert imported(world, STOCK, stock(*lines)) == Outcome(unchanged=15)
    assert len(world.rows(Decision, Decision.kind == "stock.opened")) == 3
    world.drain()
    assert world.house.database.read(violations) == {}


def test_what_waits_to_be_replayed_counts(world: World) -> None:
    """A delivery that was stated and judged, but not booked yet, is in the book all the same."""
    phone = world.device()
    lines = [{"part": world["roller"], "quantity": "2"}]
    stated = {"transfer": str(world.new("transfer")), "lines": lines}
    phone.state("stock.received", ("place", world["van-a"]), stated)
    phone.once()
    judge(world.house.database, Subject("place", world.named["van-a"]))
    assert balances(world) == {}
    refusal = refused(world, STOCK, stock(["van-a", "R-1", "", "", "5"]))
    assert refusal.problems[0].message == "its book has begun already, and 2.000 lie there"
    assert imported(world, STOCK, stock(["van-a", "R-1", "", "", "2"])) == Outcome(unchanged=1)
    assert balances(world) == {("R-1", None, None): Decimal(2)}
