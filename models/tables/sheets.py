"""Reading files line by line, whatever their format. The first bytes tell which one it is."""

from collections.abc import Generator, Sequence
from typing import IO, NamedTuple

from models.tables.cells import Raw
from models.tables.problems import refuse

XLSX_BEGINS = b"PK\x03\x04"
XLS_BEGINS = b"\xd0\xcf\x11\xe0"


class Line(NamedTuple):
    """One line: its number as a spreadsheet counts rows, and its cells from the first column."""

    number: int
    cells: Sequence[Raw]


def read(file: IO[bytes], encoding: str | None = None) -> Generator[Line]:
    """The lines of a CSV or XLSX file, which can be sought in. Raises FileRefused on the way.

    `encoding` is utf-8 or gb18030 where the file does not tell by itself.
    """
    # Each format is loaded where it is needed: openpyxl takes its time.
    begins = file.read(4)
    file.seek(0)
    if begins == XLSX_BEGINS:
        from models.tables import xlsx_reading

        return xlsx_reading.read(file)
    if begins == XLS_BEGINS:
        refuse(1, "file.old_format")
    from models.tables import csv_reading

    return csv_reading.read(file, encoding)
