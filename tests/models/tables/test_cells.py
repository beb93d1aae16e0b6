"""A text that was written into a cell comes back as it was, whatever it is."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from models.tables.catalogue import CUSTOMERS, STOCK
from models.tables.cells import SHORTENED, guarded, needs_guard, plain
from models.tables.exporting import Format
from models.tables.kinds import UNKEPT, Amount
from sync.facts.kind import printable
from tests.sheets import parsed, written

KEPT = st.characters(exclude_categories=["Cs"]).filter(lambda mark: not UNKEPT.search(mark))
HARD = st.sampled_from([*"'=+-@\t\r\n\",;＝＠_ \u3000", "_x000D_", "x005F_", "#N/A", "1.2E+10"])
TEXTS = st.lists(HARD | KEPT, min_size=1, max_size=12).map("".join)

DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "\t=1", "\r=1", "\n=1", " =1"]
CHANGED = [
    " x",
    "x ",
    "\u3000x",
    "'=x",
    "''=x",
    "' ",
    "#N/A",
    "1.5E+07",
    "a\r\nb",
    "a\rb",
    "_x000D_",
]
SAME = [
    "'s-Hertogenbosch",
    "'",
    "''",
    "12E5",
    "007",
    "a=b",
    "a,b",
    'say "x"',
    "𠮷野家",
    "\uffff",
    "#1",
]


@given(TEXTS)
def test_whatever_is_guarded_is_meant_again(text: str) -> None:
    assert plain(guarded(text)) == text


@given(TEXTS)
def test_no_guarded_text_begins_with_what_spreadsheets_run(text: str) -> None:
    assert guarded(text)[0] not in "=+-@＝＋－＠\t\r\n"


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", SAME)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == plain(text) == text
    assert not needs_guard(text)


def test_blanks_around_a_cell_do_not_count() -> None:
    assert plain(" C-1\u3000\t") == "C-1"


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@settings(deadline=None, max_examples=60)
@given(st.lists(TEXTS, min_size=1, max_size=30, unique=True))
def test_texts_come_back_from_files(format_: Format, texts: list[str]) -> None:
    rows = [[guarded(text), guarded(text)] for text in texts]
    sheet = parsed(CUSTOMERS, written(CUSTOMERS, format_, rows))
    assert sheet.problems.kept == []
    assert [row.values for row in sheet.rows] == [(text, text) for text in texts]


@settings(deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=30, unique=True))
def test_texts_come_back_from_gb18030(texts: list[str]) -> None:
    rows = [[guarded(text), "x"] for text in texts]
    sheet = parsed(CUSTOMERS, written(CUSTOMERS, "csv", rows, encoding="gb18030"), "gb18030")
    assert [row.values[0] for row in sheet.rows] == texts


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@pytest.mark.parametrize("text", [*DANGEROUS, *CHANGED, *SAME])
def test_hard_texts_come_back_from_files(format_: Format, text: str) -> None:
    sheet = parsed(CUSTOMERS, written(CUSTOMERS, format_, [[guarded(text), "x"]]))
    assert [row.values[0] for row in sheet.rows] == [text]


def test_every_character_that_is_kept_survives_both_encodings() -> None:
    kept = "".join(chr(code) for code in range(0x110000) if not UNKEPT.search(chr(code)))
    for encoding in ("utf-8", "gb18030"):
        assert kept.encode(encoding).decode(encoding) == kept


def test_import_keeps_the_same_characters_as_the_rest_of_the_house() -> None:
    for code in range(0x110000):
        try:
            printable(chr(code))
            kept = True
        except ValidationError:
            kept = False
        assert kept == (UNKEPT.search(chr(code)) is None), hex(code)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(1, 999_999_999_999), min_size=1, max_size=20),
    st.sampled_from(["csv", "xlsx"]),
)
def test_quantities_are_exact(thousandths: list[int], format_: Format) -> None:
    amounts = [Decimal(number) / 1000 for number in thousandths]
    rows = [
        ["main", f"P{number}", None, None, Amount().cell(amount, "en")]
        for number, amount in enumerate(amounts)
    ]
    sheet = parsed(STOCK, written(STOCK, format_, rows))
    assert [row.values[-1] for row in sheet.rows] == amounts


def test_a_number_that_was_shortened_is_recognised() -> None:
    assert SHORTENED.fullmatch("1.23457E+18")
    assert SHORTENED.fullmatch("1E+10")
    assert not SHORTENED.fullmatch("12E+5")
