"""CSV in its encodings and XLSX in its oddities."""

import csv
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from models.tables import limits
from models.tables.catalogue import ASSETS, CUSTOMERS, STOCK, TABLES
from models.tables.description import Table
from models.tables.exporting import template
from tests.sheets import csv_of, parsed, told, written

CHINESE = [["客户编号", "客户名称"], ["C1", "东方医院"]]
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def names(file: BytesIO, encoding: str | None = None) -> list[Any]:
    return [row.values[1] for row in parsed(CUSTOMERS, file, encoding).rows]


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "gb2312"])
def test_the_encoding_tells_itself(encoding: str) -> None:
    assert names(csv_of(*CHINESE, encoding=encoding)) == ["东方医院"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_a_template_in_gb18030_tells_itself(table: Table, lang: str) -> None:
    file = BytesIO()
    template(table, file, "csv", lang, "gb18030")
    file.seek(0)
    assert len(parsed(table, file).rows) == 1


def test_what_may_be_either_is_asked_for() -> None:
    """Two bytes each, valid in both: 录 in GB18030 is ¼ in UTF-8."""
    data = csv_of(["code", "name"], ["C1", "录录"], encoding="gb18030").getvalue()
    assert told(CUSTOMERS, BytesIO(data)) == [("A1", "file.encoding")]
    assert names(BytesIO(data), "gb18030") == ["录录"]
    assert names(BytesIO(data), "utf-8") == ["¼¼"]


@pytest.mark.parametrize("data", [b"code,name\nC1,\xff", "code,name\n".encode("utf-16")])
def test_what_is_neither_is_refused(data: bytes) -> None:
    assert told(CUSTOMERS, BytesIO(data)) == [("A1", "file.not_text")]


def test_a_wrong_byte_is_found_at_its_line() -> None:
    data = b"\xef\xbb\xbfcode,name\r\n" + b"C1,x\r\n" * 3000 + b"C2,\xff\xff\r\n"
    ((cell, code),) = told(CUSTOMERS, BytesIO(data))
    assert code == "file.not_text"
    assert 1 < int(cell[1:]) <= 3002


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cells_may_be_parted_otherwise(delimiter: str, end: str) -> None:
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["code", "name"], ["C1", 'a,b;c\td "e"'], ["C2", "two\nlines"]])
    assert names(BytesIO(text.getvalue().encode())) == ['a,b;c\td "e"', "two\nlines"]


@pytest.mark.parametrize("cell", ['"never closed', '"closed" and more', f'"{"x" * 200_000}"'])
def test_quotation_marks_that_do_not_fit_are_found(cell: str) -> None:
    file = BytesIO(f"code,name\nC1,x\nC2,{cell}\nC3,x\n".encode())
    ((where, code),) = told(CUSTOMERS, file)
    assert (where, code) == ("A3", "file.quotes")


def test_the_old_format_is_told_from_the_new() -> None:
    file = BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    assert told(CUSTOMERS, file) == [("A1", "file.old_format")]


# XLSX


MORNING = datetime.fromisoformat("2026-11-22T08:00")
MIDNIGHT = datetime.fromisoformat("2026-11-22")


def workbook(*rows: Sequence[Any]) -> BytesIO:
    """A workbook as somebody else's program writes it."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    book.create_sheet("notes").append(["nothing"])
    return saved(book)


def saved(book: Any) -> BytesIO:
    file = BytesIO()
    book.save(file)
    file.seek(0)
    return file


ASSET = ["model", "serial", "name", "customer", "site", "installed"]


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        (12345, "12345"),
        (12345.0, "12345"),
        (0.1, "0.1"),
        (True, "TRUE"),
        ("007", "007"),
        (" 7 ", "7"),
        (123456789012345, "123456789012345"),
        (1e-7, "0.0000001"),
        (-3, "-3"),
    ],
)
def test_numbers_are_taken_as_they_are_shown(serial: Any, text: str) -> None:
    (row,) = parsed(ASSETS, workbook(ASSET, ["M", serial, "n", "C1", "s", None])).rows
    assert row.values[1] == text


@pytest.mark.parametrize(
    ("serial", "code"),
    [
        (1234567890123456, "cell.became_number"),
        (1.5e300, "cell.became_number"),
        ("=A1", "cell.formula"),
        ("#N/A", "cell.error"),
        (MIDNIGHT, "cell.became_date"),
        (time(8, 30), "cell.became_date"),
        (timedelta(hours=30), "cell.became_date"),
    ],
)
def test_what_the_spreadsheet_has_spoilt_is_refused(serial: Any, code: str) -> None:
    file = workbook(ASSET, ["M", serial, "n", "C1", "s", None])
    assert told(ASSETS, file) == [("B2", code)]


@pytest.mark.parametrize("value", [date(2026, 11, 22), MIDNIGHT, "2026/11/22"])
def test_dates_are_cells_or_texts(value: Any) -> None:
    (row,) = parsed(ASSETS, workbook(ASSET, ["M", "1", "n", "C1", "s", value])).rows
    assert row.values[5] == date(2026, 11, 22)


@pytest.mark.parametrize("value", [MORNING, 45000, "=TODAY()", time(8)])
def test_what_is_no_date_is_refused_in_xlsx_too(value: Any) -> None:
    file = workbook(ASSET, ["M", "1", "n", "C1", "s", value])
    ((cell, _),) = told(ASSETS, file)
    assert cell == "F2"


def test_a_date_as_quantity_is_refused() -> None:
    file = workbook(["place", "part", "quantity"], ["main", "R-1", MIDNIGHT])
    assert told(STOCK, file) == [("C2", "cell.no_quantity")]


def test_rows_that_were_left_out_count() -> None:
    book = Workbook()
    book.active["B3"], book.active["C3"] = "code", "name"
    book.active["C1000"] = "x"
    assert told(CUSTOMERS, saved(book)) == [("B1000", "cell.needed")]


def rezipped(file: BytesIO, changes: dict[str, bytes]) -> BytesIO:
    """The workbook with other bytes in some of its parts."""
    out = BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
    out.seek(0)
    return out


SHEET = "xl/worksheets/sheet1.xml"
ROW = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'


@pytest.mark.parametrize(
    "sheet",
    [
        b"",
        b"<worksheet",
        ROW.format('<sheetData><row r="x"/></sheetData>').encode(),
        ROW.format('<sheetData><row r="1"><c r="1A" t="s"><v>x</v></c></row></sheetData>').encode(),
        ROW.format(
            '<sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData>'
        ).encode(),
        (BOMB + ROW.format("&b;" * 10)).replace("&b;", "&undefined;").encode(),
    ],
)
def test_a_damaged_sheet_is_said_to_be_damaged(sheet: bytes) -> None:
    file = rezipped(workbook(["code", "name"]), {SHEET: sheet})
    ((_, code),) = told(CUSTOMERS, file)
    assert code == "file.damaged"


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"PK\x03\x04" + bytes(500)])
def test_a_damaged_zip_is_said_to_be_damaged(data: bytes) -> None:
    assert told(CUSTOMERS, BytesIO(data)) == [("A1", "file.damaged")]


def test_any_other_zip_is_said_to_be_damaged() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", b"x")
    out.seek(0)
    assert told(CUSTOMERS, out) == [("A1", "file.damaged")]


def test_every_truncated_workbook_is_said_to_be_damaged() -> None:
    whole = workbook(["code", "name"], ["C1", "x"]).getvalue()
    for length in range(4, len(whole) - 30, 97):
        assert told(CUSTOMERS, BytesIO(whole[:length])) == [("A1", "file.damaged")]


def test_what_unfolds_to_too_much_is_not_unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    file = workbook(["code", "name"], ["C1", "x"])
    monkeypatch.setattr(limits, "import_unfolded_bytes_max", 1000)
    assert told(CUSTOMERS, file) == [("A1", "file.unfolds")]


def test_a_row_number_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "import_lines_max", 1000)
    cells = '<c r="A{0}" t="str"><v>code</v></c><c r="B{0}" t="str"><v>name</v></c>'
    rows = f'<row r="1">{cells.format(1)}</row><row r="999999999">{cells.format(999999999)}</row>'
    sheet = ROW.format(f"<sheetData>{rows}</sheetData>").encode()
    file = rezipped(workbook(["x"]), {SHEET: sheet})
    assert told(CUSTOMERS, file) == [("A1001", "file.lines")]


# What is written


def test_an_exported_workbook_holds_no_formula() -> None:
    texts = ["'=1+1", "'+1", "'@x", "'-1"]
    file = written(CUSTOMERS, "xlsx", [[text, text] for text in texts], "zh")
    sheet = load_workbook(file).worksheets[0]
    assert [cell.value for cell in next(iter(sheet.iter_rows()))] == ["客户编号", "客户名称"]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s"}
    assert {cell.number_format for row in sheet.iter_rows(min_row=2) for cell in row} == {"@"}
    assert sheet.freeze_panes == "A2"


def test_an_exported_csv_begins_with_the_mark_that_spreadsheets_need() -> None:
    assert (
        written(CUSTOMERS, "csv", []).getvalue() == b"\xef\xbb\xbfcustomer code,customer name\r\n"
    )


def test_a_template_explains_its_columns() -> None:
    file = BytesIO()
    template(ASSETS, file, "xlsx", "zh")
    help_ = load_workbook(file).worksheets[1]
    rows = [[cell.value for cell in row] for row in help_.iter_rows()]
    assert rows[0] == ["列", "含义", "可填内容", "必填"]
    assert rows[1] == ["型号", "制造商的型号。", "文本，最多 200 字", "是"]
    assert [row[0] for row in rows[1:]] == [column.heading.zh for column in ASSETS.columns]
