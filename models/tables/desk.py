"""Writes rows that the desk keeps: insert or update by key, and only what differs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from models.derived import Source
from models.dialect import insert_rows, lock_table
from models.feed import mark
from models.tables.description import Column
from models.tables.importing import Import, Key, Lookup, Outcome, chunks
from models.tables.parsing import No, Row
from models.tables.problems import Wrong

Values = dict[str, Any]
KEYS_PER_QUERY = 500
ROWS_PER_STATEMENT = 2000


def write(session: Session, now: datetime, run: Import) -> Outcome:
    """Add or change the rows of the sheet. Raises FileRefused, and then nothing is written.

    While it lasts nobody else writes to the table, so what was compared stays true.
    """
    if not run.dry_run:
        lock_table(session, run.table.row)
    wanted = list(_with_references(session, run))
    todo = _compare(session, now, run, wanted)
    run.refuse()
    if not run.dry_run:
        _put(session, run, todo)
        if run.table.source:
            mark(session, {Source(run.table.source, str(id_)) for id_ in todo.ids()})
    return Outcome(len(todo.added), len(todo.changed), todo.unchanged)


@dataclass
class _Todo:
    """What has to be written."""

    added: list[Values] = field(default_factory=list)
    changed: list[Values] = field(default_factory=list)
    unchanged: int = 0

    def ids(self) -> Iterator[UUID]:
        return (values["id"] for values in (*self.added, *self.changed))


def _with_references(session: Session, run: Import) -> Iterator[tuple[Row, Values]]:
    """The rows whose cells are all right, as the fields of the table's row."""
    lookups = [Lookup(session, run, reference) for reference in run.table.references]
    own = [(column, run.sheet.column_at(column.name)) for column in run.table.own]
    total = len(run.sheet.rows)
    for done, row in enumerate(run.sheet.rows):
        values = {column.name: row.values[at] for column, at in own}
        values |= {lookup.reference.field: lookup.find(row) for lookup in lookups}
        if No.VALUE not in values.values():
            yield row, values
        if done % ROWS_PER_STATEMENT == 0:
            run.progress("checking", done, total)
    run.progress("checking", total, total)


def _compare(
    session: Session, now: datetime, run: Import, wanted: list[tuple[Row, Values]]
) -> _Todo:
    todo = _Todo()
    key_fields = run.table.key_fields
    defaults = _defaults(run)
    settled = _Settled(session, run)
    for piece in chunks(wanted, KEYS_PER_QUERY):
        keys = [tuple(values[name] for name in key_fields) for _, values in piece]
        held = _held(session, run, keys)
        for (row, values), key in zip(piece, keys, strict=True):
            given = {name: value for name, value in values.items() if value is not No.COLUMN}
            before = held.get(key, [])
            if not before:
                todo.added.append({"id": run.ids.new(now), **defaults, **given})
            elif len(before) > 1:
                column = run.table.key[-1]
                run.tell(row, column.name, Wrong("cell.ambiguous", what=column.heading.en))
            elif all(before[0][name] == value for name, value in given.items()):
                todo.unchanged += 1
            else:
                settled.check(row, before[0], given)
                todo.changed.append({**before[0], **given})
    return todo


def _defaults(run: Import) -> Values:
    """What a new row has where the file has no column for it."""
    optional: list[Column] = [column for column in run.table.own if not column.required]
    return {
        **{column.name: column.default for column in optional},
        **{reference.field: None for reference in run.table.references},
    }


def _held(session: Session, run: Import, keys: list[Key]) -> dict[Key, list[Values]]:
    """The rows of those keys, as values. Where the database has no such key, there may be two."""
    row, key_fields = run.table.row, run.table.key_fields
    fields = [*_defaults(run), *(column.name for column in run.table.own), "id"]
    columns = [getattr(row, name) for name in dict.fromkeys(fields)]
    key = [getattr(row, name) for name in key_fields]
    one = key[0].in_([key[0] for key in keys]) if len(key) == 1 else tuple_(*key).in_(keys)
    found: dict[Key, list[Values]] = {}
    for held in session.execute(select(*columns).where(one)).mappings():
        found.setdefault(tuple(held[name] for name in key_fields), []).append(dict(held))
    return found


class _Settled:
    """Refuses changes of what can no longer change."""

    def __init__(self, session: Session, run: Import) -> None:
        self.run = run
        self.ids = {name: set(session.scalars(query)) for name, query in run.table.settled.items()}

    def check(self, row: Row, before: Values, given: Values) -> None:
        for name, ids in self.ids.items():
            if given.get(name, before[name]) != before[name] and before["id"] in ids:
                self.run.tell(row, name, Wrong("cell.settled", now=before[name]))


def _put(session: Session, run: Import, todo: _Todo) -> None:
    row, done = run.table.row, 0
    total = len(todo.added) + len(todo.changed)
    for piece in chunks(todo.added, ROWS_PER_STATEMENT):
        insert_rows(session, row, piece)
        run.progress("writing", done := done + len(piece), total)
    for piece in chunks(todo.changed, ROWS_PER_STATEMENT):
        session.execute(update(row), list(piece))
        run.progress("writing", done := done + len(piece), total)
