"""One import under way, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.ids import Ids
from models.tables.description import Reference, Table
from models.tables.parsing import No, Progress, Row, Sheet, no_progress
from models.tables.problems import Problems, Wrong

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Outcome:
    """How many lines were added, changed what was there, or said what was there already."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Import:
    """What a writer is handed: the sheet, who imports it, and whether it is only tried."""

    sheet: Sheet
    ids: Ids
    user_id: UUID | None = None
    dry_run: bool = False
    progress: Progress = no_progress
    problems: Problems = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "problems", Problems(self.sheet.problems.shown))

    @property
    def table(self) -> Table:
        """What is imported."""
        return self.sheet.table

    def tell(self, row: Row, column: str, wrong: Wrong) -> None:
        """Say what is wrong with a cell, given what the database holds."""
        found = row.values[self.sheet.column_at(column)]
        found = None if isinstance(found, No) else found
        self.sheet.tell(self.problems, row.line, column, wrong, found)

    def refuse(self) -> None:
        """Raises FileRefused if anything is wrong in the file, by itself or with the database."""
        self.sheet.problems.and_of(self.problems).refuse()


class Lookup:
    """Finds rows by the codes of a reference. All of them are read: they are far fewer."""

    def __init__(self, session: Session, run: Import, reference: Reference) -> None:
        self.run = run
        self.reference = reference
        self.at = [run.sheet.column_at(name) for name in reference.columns]
        self.levels = [_by_texts(session, query) for query in reference.levels]

    def find(self, row: Row) -> Any:
        """The id that the row's cells name, or None where they are empty.

        No.COLUMN where the file has no such column; No.VALUE where it is wrong, which is told.
        """
        key = tuple(row.values[at] for at in self.at)
        if No.VALUE in key:
            return No.VALUE
        if No.COLUMN in key:
            return No.COLUMN
        if key[0] is None:
            return None
        for depth, level in enumerate(self.levels, start=1):
            if key[:depth] not in level:
                return self._wrong(row, depth, "cell.unknown")
        found = self.levels[-1][key]
        return found if found is not None else self._wrong(row, len(key), "cell.ambiguous")

    def _wrong(self, row: Row, depth: int, code: str) -> No:
        name = self.reference.columns[depth - 1]
        column = self.run.table.columns[self.at[depth - 1]]
        self.run.tell(row, name, Wrong(code, what=column.heading.en))
        return No.VALUE


def _by_texts(session: Session, query: Any) -> dict[Key, UUID | None]:
    """Ids by texts; None where several have the same."""
    found: dict[Key, UUID | None] = {}
    for *texts, id_ in session.execute(query):
        key = tuple(texts)
        found[key] = None if key in found else id_
    return found


def chunks(items: Sequence[Any], size: int) -> Sequence[Sequence[Any]]:
    """The items in pieces, so that no statement grows without limit."""
    return [items[start : start + size] for start in range(0, len(items), size)]
