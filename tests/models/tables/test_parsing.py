"""What is wrong with a file is said by cell, with a remedy, all of it at once."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from models.tables import limits
from models.tables.catalogue import ASSETS, CUSTOMERS, SITES, STOCK, TABLES
from models.tables.parsing import No
from models.tables.problems import KINDS, FileRefused, letters
from tests.sheets import csv_of, parsed, told

HEADINGS = ["model", "serial number", "asset name", "customer code", "site name", "installed"]
LINE = ["BP-200", "A-1", "printer", "C1", "main", "2026-11-22"]
STOCK_HEADINGS = ["place code", "part code", "lot", "serial number", "quantity"]


def assets(**changed: Any) -> BytesIO:
    """A file with one line that is right but for the given cells, named by their letters."""
    line = list(LINE)
    for letter, value in changed.items():
        line["ABCDEF".index(letter)] = value
    return csv_of(HEADINGS, line)


# Headings


def test_headings_stand_in_any_order_and_either_language() -> None:
    mixed = csv_of(["客户名称", "CUSTOMER_CODE "], ["东方医院", "C1"])
    assert [row.values for row in parsed(CUSTOMERS, mixed).rows] == [("C1", "东方医院")]


@pytest.mark.parametrize(
    "heading", ["customer code", "Customer  Code*", "客户编号", "code", "ＣＯＤＥ"]
)
def test_case_width_and_stars_do_not_count(heading: str) -> None:
    assert told(CUSTOMERS, csv_of([heading, "name"], ["C1", "x"])) == []


@pytest.mark.parametrize(
    ("heading", "nearest"),
    [("custmer code", "customer code"), ("客户编码", "客户编号"), ("naem", "customer name")],
)
def test_an_unknown_heading_is_named_with_the_nearest(heading: str, nearest: str) -> None:
    with pytest.raises(FileRefused) as refusal:
        parsed(CUSTOMERS, csv_of([heading, "code", "name"], ["x", "C1", "x"]))
    (problem,) = refusal.value.problems
    assert (problem.cell, problem.code, problem.found) == ("A1", "heading.unknown", heading)
    assert nearest in problem.message
    assert "customer name (客户名称)" in problem.remedy


def test_a_column_that_every_line_needs_is_missed() -> None:
    with pytest.raises(FileRefused) as refusal:
        parsed(CUSTOMERS, csv_of(["客户编号"], ["C1"]))
    (problem,) = refusal.value.problems
    assert (problem.code, problem.column) == ("heading.missing", "客户名称")


def test_the_same_column_in_two_languages_is_one_too_many() -> None:
    file = csv_of(["code", "name", "客户编号"], ["C1", "x", "C2"])
    assert told(CUSTOMERS, file) == [("C1", "heading.twice")]


def test_cells_without_a_heading_must_be_empty() -> None:
    file = csv_of(["code", "", "name"], ["C1", "", "x", ""], ["C2", "y", "x", "z"])
    assert told(CUSTOMERS, file) == [("B3", "heading.none"), ("D3", "heading.none")]


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b" , ,\n"])
def test_a_file_without_headings_is_empty(data: bytes) -> None:
    assert told(CUSTOMERS, BytesIO(data)) == [("A1", "file.empty")]


def test_headings_alone_are_a_file_without_lines() -> None:
    assert parsed(CUSTOMERS, csv_of(["code", "name"])).rows == []


# Lines


def test_empty_lines_are_passed_over_and_counted() -> None:
    file = csv_of([], ["code", "name"], ["", ""], ["C1", "a"], [" "], ["", "b"])
    assert told(CUSTOMERS, file) == [("A6", "cell.needed")]


def test_a_line_that_is_too_short_lacks_its_cells() -> None:
    assert told(ASSETS, csv_of(HEADINGS, LINE[:3])) == [
        ("D2", "cell.needed"),
        ("E2", "cell.needed"),
    ]


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("A", "", "cell.needed"),
        ("A", "  ", "cell.needed"),
        ("A", "x" * 201, "cell.too_long"),
        ("C", "a\x00b", "cell.control"),
        ("C", "a\x1bb", "cell.control"),
        ("B", "1.23457E+18", "cell.became_number"),
        ("B", "#N/A", "cell.error"),
        ("F", "yesterday", "cell.no_date"),
        ("F", "22/11/2026", "cell.no_date"),
        ("F", "2026-11/22", "cell.no_date"),
        ("F", "26-11-22", "cell.no_date"),
        ("F", "2026-02-30", "cell.impossible_date"),
        ("F", "2026-13-01", "cell.impossible_date"),
        ("F", "0000-01-01", "cell.impossible_date"),
    ],
)
def test_a_wrong_cell_is_named(cell: str, value: str, code: str) -> None:
    assert told(ASSETS, assets(**{cell: value})) == [(f"{cell}2", code)]


@pytest.mark.parametrize(
    "value", ["2026-11-22", "2026/11/22", "2026.11.22", "2026年11月22日", " 2026-11-22 "]
)
def test_a_date_may_be_written_in_several_ways(value: str) -> None:
    (row,) = parsed(ASSETS, assets(F=value)).rows
    assert str(row.values[-1]) == "2026-11-22"


def test_a_problem_has_everything_a_person_needs() -> None:
    with pytest.raises(FileRefused) as refusal:
        parsed(ASSETS, assets(F="2026-02-30")).problems.refuse()
    assert refusal.value.problems[0].told() == {
        "line": 2,
        "column": "installed",
        "cell": "F2",
        "code": "cell.impossible_date",
        "found": "2026-02-30",
        "message": "there is no such day",
        "remedy": "Look at month and day: the order is year, month, day.",
    }


@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "1.2345",
        "1e3",
        "1,5",
        "one",
        "½",
        "١",
        "NaN",
        "Infinity",
        "1000000000",
        "0x10",
        "9" * 40,
    ],
)
def test_a_quantity_is_a_plain_number_above_zero(value: str) -> None:
    file = csv_of(STOCK_HEADINGS, ["main", "R-1", "", "", value])
    assert told(STOCK, file, "utf-8") == [("E2", "cell.no_quantity")]


@pytest.mark.parametrize("value", ["1", "0.001", "2.500", "999999999.999", "007"])
def test_a_quantity_is_taken_exactly(value: str) -> None:
    (row,) = parsed(STOCK, csv_of(STOCK_HEADINGS, ["main", "R-1", "", "", value])).rows
    assert row.values[-1] == Decimal(value)


def test_a_choice_may_be_made_in_either_language() -> None:
    file = csv_of(
        ["code", "name", "追踪方式"], ["1", "x", "批次"], ["2", "x", "LOT"], ["3", "x", "many"]
    )
    sheet = parsed(TABLES["parts"], file)
    assert [row.values[-1] for row in sheet.rows] == ["lot", "lot", No.VALUE]
    assert "serial (序列号)" in sheet.problems.kept[0].remedy


def test_a_time_zone_is_one_that_exists() -> None:
    file = csv_of(
        ["customer code", "site name", "address", "time zone"], ["C1", "s", "a", "Asia/Shangai"]
    )
    assert told(SITES, file) == [("D2", "cell.no_zone")]


# Keys


def test_the_same_key_twice_names_the_first_line() -> None:
    file = csv_of(["code", "name"], ["C1", "a"], ["C2", "b"], ["C1", "c"], ["C1", "d"])
    sheet = parsed(CUSTOMERS, file)
    assert [(one.cell, one.message) for one in sheet.problems.kept] == [
        ("A4", "the file has this already in line 2"),
        ("A5", "the file has this already in line 2"),
    ]


def test_a_key_of_two_columns_is_the_same_only_where_both_are() -> None:
    lines = [["C1", "a", "x"], ["C2", "a", "x"], ["C1", "b", "x"], ["C1", "a", "x"]]
    file = csv_of(["customer code", "site name", "address"], *lines)
    assert told(SITES, file) == [("B5", "key.twice")]


def test_stock_differs_by_lot_and_serial() -> None:
    lines = [["m", "p", "", "1", "1"], ["m", "p", "", "2", "1"], ["m", "p", "1", "", "1"]]
    assert told(STOCK, csv_of(STOCK_HEADINGS, *lines)) == []
    assert told(STOCK, csv_of(STOCK_HEADINGS, lines[0], lines[0])) == [("D3", "key.twice")]


# Many problems


def test_every_problem_is_counted_and_the_first_ones_are_named() -> None:
    file = csv_of(["code", "name"], *[["", ""]] * 0, *([f"C{n}", ""] for n in range(500)))
    with pytest.raises(FileRefused) as refusal:
        parsed(CUSTOMERS, file).problems.refuse()
    assert len(refusal.value.problems) == limits.problems_shown == 200
    assert (refusal.value.count, refusal.value.more) == (500, 300)
    assert [one.line for one in refusal.value.problems] == list(range(2, 202))


def test_more_lines_than_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "import_lines_max", 3)
    lines = [[f"C{number}", "x"] for number in range(3)]
    assert told(CUSTOMERS, csv_of(["code", "name"], *lines[:2])) == []
    assert told(CUSTOMERS, csv_of(["code", "name"], *lines)) == [("A4", "file.lines")]


def test_empty_lines_without_end_are_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "import_lines_max", 3)
    assert told(CUSTOMERS, BytesIO(b"\n" * 10)) == [("A1", "file.empty")]


@pytest.mark.parametrize(
    ("position", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")]
)
def test_columns_are_named_as_spreadsheets_name_them(position: int, name: str) -> None:
    assert letters(position) == name


def test_every_kind_of_problem_has_a_sentence_and_a_remedy() -> None:
    for kind in KINDS.values():
        assert kind.sentence[0].islower() or kind.sentence[0] == "{"
        assert kind.remedy.endswith(".")
