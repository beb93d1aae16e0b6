"""Files for import, written by hand or by the export."""

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import IO, Any

from models.tables import exporting, limits, parsing, sheets
from models.tables.description import Table
from models.tables.exporting import Format
from models.tables.importing import Outcome
from models.tables.parsing import Sheet
from models.tables.problems import FileRefused
from sync.imports import import_file
from tests.world import World


def csv_of(*lines: Sequence[Any], encoding: str = "utf-8") -> BytesIO:
    """A CSV file of those lines, the headings first."""
    text = StringIO()
    csv.writer(text).writerows(lines)
    return BytesIO(text.getvalue().encode(encoding))


def written(
    table: Table,
    format_: Format,
    rows: Iterable[Sequence[Any]],
    lang: str = "en",
    encoding: str = "utf-8",
) -> BytesIO:
    """A file as the export writes it, of those cells."""
    file = BytesIO()
    exporting.write(table, file, format_, lang, encoding, rows)
    file.seek(0)
    return file


def exported(
    world: World, table: Table, format_: Format, lang: str = "en", encoding: str = "utf-8"
) -> BytesIO:
    """The table's export."""
    file = BytesIO()
    world.house.database.read(
        lambda session: exporting.export(session, table, file, format_, lang, encoding)
    )
    file.seek(0)
    return file


def imported(world: World, table: Table, file: IO[bytes], **options: Any) -> Outcome:
    """What importing the file, as the warehouse keeper, comes to."""
    database, user_id = world.house.database, world.named["wang"]
    return import_file(database, world.ids, user_id, table, file, **options)


def refused(world: World, table: Table, file: IO[bytes], **options: Any) -> FileRefused:
    """The refusal of the file, which must be refused."""
    try:
        outcome = imported(world, table, file, **options)
    except FileRefused as refusal:
        return refusal
    raise AssertionError(f"it was taken: {outcome}")


def parsed(table: Table, file: IO[bytes], encoding: str | None = None, **options: Any) -> Sheet:
    """What the file says, as far as can be told without a database."""
    return parsing.parse(table, sheets.read(file, encoding), **options)


def told(table: Table, file: IO[bytes], encoding: str | None = None) -> list[tuple[str, str]]:
    """The problems of the file by cell and code."""
    try:
        sheet = parsed(table, file, encoding, shown=limits.problems_shown_max)
        sheet.problems.refuse()
    except FileRefused as refusal:
        return [(one.cell, one.code) for one in refusal.problems]
    return []
