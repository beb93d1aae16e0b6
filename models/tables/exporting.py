"""Writes a table, or its template, so that importing it again changes nothing."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from typing import IO, Any, Literal

from sqlalchemy.orm import Session

from models.tables.cells import Cell
from models.tables.description import Table

Format = Literal["csv", "xlsx"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx")
LANGUAGES = ("en", "zh")
TYPES: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ROWS_PER_FETCH = 1000
CODECS = {"utf-8": "utf-8-sig", "gb18030": "gb18030"}  # Spreadsheets need UTF-8's mark.


def export(
    session: Session,
    table: Table,
    file: IO[bytes],
    format_: Format,
    lang: str = "en",
    encoding: str = "utf-8",
    where: Iterable[Any] = (),
) -> None:
    """Write every row of the table into the file, or those that fit, a thousand at a time."""
    query = table.query().where(*where).execution_options(yield_per=ROWS_PER_FETCH)
    fetched = session.execute(query)
    write(table, file, format_, lang, encoding, (cells_of(table, row, lang) for row in fetched))


def template(
    table: Table, file: IO[bytes], format_: Format, lang: str = "en", encoding: str = "utf-8"
) -> None:
    """Write the headings, and one line as an example, which is to be overwritten."""
    example = [column.example.of(lang) or None for column in table.columns]
    write(table, file, format_, lang, encoding, [example])


def cells_of(table: Table, row: Sequence[object], lang: str) -> list[Cell]:
    """The row as it is written."""
    return [
        None if value is None else column.kind.cell(value, lang)
        for column, value in zip(table.columns, row, strict=True)
    ]


def write(
    table: Table,
    file: IO[bytes],
    format_: Format,
    lang: str,
    encoding: str,
    rows: Iterable[Sequence[Cell]],
) -> None:
    """Write rows under the table's headings."""
    if format_ == "xlsx":
        from models.tables import xlsx_writing

        xlsx_writing.write(table, file, lang, rows)
    else:
        _write_csv(file, CODECS[encoding], _with_headings(table, lang, rows))


def _with_headings(
    table: Table, lang: str, rows: Iterable[Sequence[Cell]]
) -> Iterator[Sequence[Cell]]:
    yield [column.heading.of(lang) for column in table.columns]
    yield from rows


def _write_csv(file: IO[bytes], codec: str, rows: Iterable[Sequence[Cell]]) -> None:
    text = TextIOWrapper(file, encoding=codec, newline="", write_through=False)
    csv.writer(text).writerows(rows)
    text.flush()
    text.detach()  # The file stays open: it is not ours.
