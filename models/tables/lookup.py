"""Finding the rows that a file names by what stands in them."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.tables.description import Reference
from models.tables.importing import Import
from models.tables.parsing import No, Row
from models.tables.problems import Wrong

Key = tuple[Any, ...]


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
