"""From the lines of a file to values, as far as that can be told without a database."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from models.tables import headings, limits
from models.tables.cells import Raw, is_empty
from models.tables.description import Column, Table
from models.tables.problems import Problems, Wrong, refuse
from models.tables.sheets import Line

Progress = Callable[[str, int, int | None], None]  # step, how many are done, of how many
PROGRESS_LINES = 500


def no_progress(step: str, done: int, of: int | None) -> None:
    """Tells nobody."""


class No(Enum):
    """What stands for a value where there is none."""

    COLUMN = "the file has no such column"
    VALUE = "the cell is wrong, which has been told"


class Row(NamedTuple):
    """One line's values, in the order of the table's columns."""

    line: int
    values: tuple[Any, ...]


class Where(NamedTuple):
    """Where a column stands in the file, and what it is called there."""

    position: int
    heading: str


@dataclass(frozen=True)
class Sheet:
    """What a file says: its rows, where its columns stand, and what was wrong so far."""

    table: Table
    rows: Sequence[Row]
    where: Mapping[str, Where]
    problems: Problems

    def column_at(self, name: str) -> int:
        """The index of a column among the values."""
        return next(at for at, one in enumerate(self.table.columns) if one.name == name)

    def tell(self, problems: Problems, line: int, name: str, wrong: Wrong, found: object) -> None:
        """Say what is wrong with the cell of that line and column."""
        where = self.where[name]
        problems.add(line, where.position, where.heading, wrong, found)


def parse(
    table: Table,
    lines: Generator[Line],
    shown: int = limits.problems_shown,
    progress: Progress = no_progress,
) -> Sheet:
    """The rows of a file. Raises FileRefused where no line can be read: then nothing else could.

    Everything else that is wrong is in the sheet's problems, and the rows that have it too, as
    what names other rows can be looked up all the same.
    """
    # What reads the file lets go of it also where it is not read to its end.
    with closing(lines):
        return _parse(table, lines, Problems(shown), progress)


def _parse(table: Table, lines: Iterator[Line], problems: Problems, progress: Progress) -> Sheet:
    heading = _first(lines)
    if heading is None:
        refuse(1, "file.empty")
    columns = headings.find(table, heading, problems)
    problems.refuse()
    where = {
        column.name: Where(position, str(heading.cells[position]).strip())
        for position, column in enumerate(columns)
        if column is not None
    }
    parser = _Parser(Sheet(table, [], where, problems), columns)
    rows = []
    for line in lines:
        if line.number > limits.import_lines_max:
            refuse(line.number, "file.lines", most=limits.import_lines_max)
        if not all(is_empty(raw) for raw in line.cells):
            rows.append(parser.row(line))
        if line.number % PROGRESS_LINES == 0:
            progress("reading", line.number, None)
    return Sheet(table, rows, where, problems)


def _first(lines: Iterator[Line]) -> Line | None:
    """The first line that has something in it."""
    for line in lines:
        if line.number > limits.import_lines_max:
            break
        if not all(is_empty(raw) for raw in line.cells):
            return line
    return None


class _Parser:
    """Turns lines into rows, and remembers keys."""

    def __init__(self, sheet: Sheet, columns: Sequence[Column | None]) -> None:
        self.sheet = sheet
        self.columns = columns
        self.seen: dict[tuple[Any, ...], int] = {}
        self.absent = {column: No.COLUMN for column in sheet.table.columns}
        keys = [column.name for column in sheet.table.key]
        self.key_at = [sheet.column_at(name) for name in keys]
        self.last_key = max((name for name in keys if name in sheet.where), key=self._position)

    def _position(self, name: str) -> int:
        return self.sheet.where[name].position

    def row(self, line: Line) -> Row:
        values: dict[Column, Any] = dict(self.absent)
        for position, raw in enumerate(line.cells):
            column = self.columns[position] if position < len(self.columns) else None
            if column is not None:
                values[column] = self._value(line.number, column, raw)
            elif not is_empty(raw):
                self.sheet.problems.add(line.number, position, None, Wrong("heading.none"), raw)
        for column in self.columns[len(line.cells) :]:
            if column is not None:
                values[column] = self._value(line.number, column, None)
        row = Row(line.number, tuple(values.values()))
        self._note_key(row)
        return row

    def _value(self, line: int, column: Column, raw: Raw) -> Any:
        try:
            if not is_empty(raw):
                return column.kind.read(raw)
            if column.required:
                raise Wrong("cell.needed", example=column.example.en)
        except Wrong as wrong:
            self.sheet.tell(self.sheet.problems, line, column.name, wrong, raw)
            return No.VALUE
        return column.default

    def _note_key(self, row: Row) -> None:
        key = tuple(row.values[at] for at in self.key_at)
        if No.VALUE in key:
            return
        first = self.seen.setdefault(key, row.line)
        if first != row.line:
            found = row.values[self.sheet.column_at(self.last_key)]
            wrong = Wrong("key.twice", line=first)
            self.sheet.tell(self.sheet.problems, row.line, self.last_key, wrong, found)
