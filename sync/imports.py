"""Imports a file into a table: all of it in one transaction, or nothing."""

from collections.abc import Callable
from datetime import datetime
from typing import IO
from uuid import UUID

from sqlalchemy.orm import Session

from models.database import Database
from models.ids import Ids
from models.tables import desk, limits, parsing, sheets
from models.tables.description import Table
from models.tables.importing import Import, Outcome
from models.tables.parsing import Progress, no_progress
from sync.opening import open_books

Writer = Callable[[Session, datetime, Import], Outcome]

WRITERS: dict[str, Writer] = {"stock": open_books}  # the others are rows of the desk


def import_file(
    database: Database,
    ids: Ids,
    user_id: UUID,
    table: Table,
    file: IO[bytes],
    *,
    encoding: str | None = None,
    dry_run: bool = False,
    shown: int = limits.problems_shown,
    progress: Progress = no_progress,
) -> Outcome:
    """Read the file and write what it says. Raises FileRefused, and then nothing has changed.

    `file` can be sought in. `encoding` is utf-8 or gb18030, where the file does not tell. A dry run
    looks at everything and writes nothing. At most `shown` problems are named; all are counted.
    `user_id` says who imports: who edits, or who decides where the table is written by decisions.
    """
    # The file is read before the transaction begins: SQLite has one writer.
    sheet = parsing.parse(table, sheets.read(file, encoding), shown, progress)
    write = WRITERS.get(table.name, desk.write)

    def body(session: Session, now: datetime) -> Outcome:
        return write(session, now, Import(sheet, ids, user_id, dry_run, progress))

    if dry_run:
        return database.read(lambda session: body(session, database.clock.now()))
    return database.transact(body)
