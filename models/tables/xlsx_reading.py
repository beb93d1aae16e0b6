"""XLSX: the first sheet, row by row, so that memory does not grow with it."""

import re
from collections.abc import Generator, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from models.tables import limits
from models.tables.cells import Odd, Raw
from models.tables.problems import refuse
from models.tables.sheets import Line

EXACT_MAX = 10**15  # Spreadsheets keep 15 digits of a number.
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
UNREADABLE = (
    AttributeError,  # openpyxl on a workbook that lacks what every workbook has
    BadZipFile,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    NotImplementedError,
    OSError,
    ParseError,
    RuntimeError,  # a zip with a password
    TypeError,
    ValueError,
    ZlibError,
)


def read(file: IO[bytes]) -> Generator[Line]:
    """The lines. Raises FileRefused for a file that is damaged or unfolds to too much."""
    number = 0
    try:
        _check_size(file)
        for number, row in enumerate(_rows(file), start=1):
            yield Line(number, [raw_of(cell.value, cell.data_type) for cell in row])
    except UNREADABLE as error:
        refuse(number + 1, "file.damaged", reason=f"{type(error).__name__}: {error}"[:200])


def _check_size(file: IO[bytes]) -> None:
    with ZipFile(file) as archive:
        unfolded = sum(entry.file_size for entry in archive.infolist())
    if unfolded > limits.import_unfolded_bytes_max:
        refuse(1, "file.unfolds", most=limits.import_unfolded_bytes_max)


def _rows(file: IO[bytes]) -> Iterator[Any]:
    file.seek(0)
    workbook = load_workbook(file, read_only=True)
    try:
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # What a file says of its own size may be anything.
        yield from sheet.iter_rows()
    finally:
        workbook.close()


def raw_of(value: Any, type_: str) -> Raw:
    """What a cell holds, given what openpyxl makes of it."""
    if type_ == "f":
        return Odd("cell.formula")
    if type_ == "e":
        return Odd("cell.error")
    if isinstance(value, str):
        return ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    return None if value is None else _of_time(value)


def _of_time(value: time | timedelta) -> Raw:
    return Odd("cell.became_date")


def _number(value: int | float) -> Raw:
    """The number as a spreadsheet shows it, with its 15 digits."""
    if not abs(value) < EXACT_MAX:  # also where it is no number at all
        return Odd("cell.became_number")
    return Decimal(f"{value:.15g}")
