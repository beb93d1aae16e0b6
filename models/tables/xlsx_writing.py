"""Writes XLSX row by row: text as text, dates as dates, quantities as numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from models.tables.cells import Cell
from models.tables.description import Table

# What XML cannot carry is written as spreadsheets do it, and so is what looks like that.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
TEXT = "@"
WIDTH = 22
HELP = {"en": "Help", "zh": "说明"}
HELP_HEADINGS = {
    "en": ("column", "what it means", "what may stand there", "needed"),
    "zh": ("列", "含义", "可填内容", "必填"),
}
YES = {"en": "yes", "zh": "是"}


def write(table: Table, file: IO[bytes], lang: str, rows: Iterable[Sequence[Cell]]) -> None:
    """Write the sheet, and one beside it that explains the columns."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(table.title.of(lang))
    sheet.freeze_panes = "A2"
    for position in range(len(table.columns)):
        sheet.column_dimensions[get_column_letter(position + 1)].width = WIDTH
    sheet.append(_headings(sheet, [column.heading.of(lang) for column in table.columns]))
    pen = _Pen(sheet)
    for row in rows:
        sheet.append(pen.cells(row))
    _explain(workbook, table, lang)
    workbook.save(file)


class _Pen:
    """A cell of text that is filled again and again: each is written before the next one."""

    def __init__(self, sheet: Any) -> None:
        self.text = WriteOnlyCell(sheet)
        self.text.number_format = TEXT

    def cells(self, row: Sequence[Cell]) -> Iterator[Any]:
        for value in row:
            if isinstance(value, str):
                self.text.value = UNWRITABLE.sub(_escaped, value)
                yield self.text
            else:
                yield value


def _escaped(found: re.Match[str]) -> str:
    return f"_x{ord(found[0]):04X}_"


def _headings(sheet: Any, words: Sequence[str]) -> list[Any]:
    cells = [WriteOnlyCell(sheet, word) for word in words]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _explain(workbook: Any, table: Table, lang: str) -> None:
    sheet = workbook.create_sheet(HELP[lang])
    for letter, width in zip("ABCD", (WIDTH, 60, 40, 8), strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.append(_headings(sheet, HELP_HEADINGS[lang]))
    for column in table.columns:
        words = (column.heading, column.means, column.kind.says)
        sheet.append([*(one.of(lang) for one in words), YES[lang] if column.required else None])
