"""One import under way, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from models.ids import Ids
from models.tables.description import Table
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
    user_id: UUID
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


def chunks(items: Sequence[Any], size: int) -> Sequence[Sequence[Any]]:
    """The items in pieces, so that no statement grows without limit."""
    return [items[start : start + size] for start in range(0, len(items), size)]
