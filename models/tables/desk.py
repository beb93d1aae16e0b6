"""Writes rows that the desk keeps: insert or update by key, and only what differs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import outbox
from models.derived import Source
from models.dialect import insert_rows, learn_size, lock_table
from models.edits import Edit, edit_of
from models.feed import mark
from models.refusals import Refused
from models.tables.description import Column
from models.tables.importing import Import, Outcome, chunks
from models.tables.lookup import Lookup
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
        _leave_trail(session, now, run, todo)
    return Outcome(len(todo.added), len(todo.pairs), todo.unchanged)


@dataclass
class _Todo:
    """What has to be written."""

    added: list[Values] = field(default_factory=list)
    pairs: list[tuple[Values, Values]] = field(default_factory=list)  # before and after
    unchanged: int = 0

    @property
    def changed(self) -> list[Values]:
        return [after for _, after in self.pairs]

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
    key_of = itemgetter(*run.table.key_fields)
    held = _held(session, run, sorted({key_of(values) for _, values in wanted}))
    defaults = _defaults(run)
    settled = _Settled(session, run)
    for row, values in wanted:
        given = {name: value for name, value in values.items() if value is not No.COLUMN}
        found = held.get(key_of(values), [])
        if not found:
            todo.added.append({"id": run.ids.new(now), **defaults, **given})
            _look_at(session, run, row, todo.added[-1])
        elif len(found) > 1:
            column = run.table.key[-1]
            run.tell(row, column.name, Wrong("cell.ambiguous", what=column.heading.en))
        elif all(getattr(found[0], name) == value for name, value in given.items()):
            todo.unchanged += 1
        else:
            before = found[0]._asdict()
            settled.check(row, before, given)
            todo.pairs.append((before, {**before, **given}))
            _look_at(session, run, row, todo.pairs[-1][1])
    return todo


def _look_at(session: Session, run: Import, row: Row, values: Values) -> None:
    """Check the row as it is to be kept, and tell what is wrong by its cell."""
    if run.table.kept is None or run.table.kept.check is None:
        return
    try:
        run.table.kept.check(session, run.table.row(**values))
    except Refused as refused:
        named = refused.field.partition(".")[0]
        columns = {column.name for column in run.table.columns}
        column = named if named in columns else run.table.key[0].name
        run.tell(row, column, Wrong("cell.refused", why=f"{refused.field}: {refused.detail}"))


def _leave_trail(session: Session, now: datetime, run: Import, todo: _Todo) -> None:
    """Mark the changed as sources of documents, have replayed what follows, and keep who changed
    it, before and after."""
    kept = run.table.kept
    assert kept is not None
    if kept.source is not None:
        mark(session, {Source(kept.source, str(id_)) for id_ in todo.ids()})
    shaped = {
        after["id"]
        for before, after in todo.pairs
        if any(before.get(name) != after.get(name) for name in kept.shaping)
    }
    for piece in chunks(sorted(shaped), KEYS_PER_QUERY):
        outbox.put(session, now, kept.jobs_of(session, piece))
    pairs = [*((None, values) for values in todo.added), *todo.pairs]
    for piece in chunks(pairs, ROWS_PER_STATEMENT):
        edits = [edit_of(kept, now, run.ids, run.user_id, *pair) for pair in piece]
        insert_rows(session, Edit, edits)


def _defaults(run: Import) -> Values:
    """What a new row has where the file has no column for it."""
    optional: list[Column] = [column for column in run.table.own if not column.required]
    return {
        **{column.name: column.default for column in optional},
        **{reference.field: None for reference in run.table.references},
    }


def _held(session: Session, run: Import, keys: Sequence[Any]) -> dict[Any, list[Any]]:
    """The rows of those keys. Where the database has no such key, there may be two of one.

    Each column of the key is asked for by itself, and what is none of the keys left out: pairs
    would be compared one by one by PostgreSQL. In their order most keys of a query begin alike.
    """
    names = {"id", *_defaults(run), *(column.name for column in run.table.own)}
    fields = [getattr(run.table.row, name) for name in sorted(names)]
    key_of = attrgetter(*run.table.key_fields)
    found: dict[Any, list[Any]] = {}
    for piece in chunks(keys, KEYS_PER_QUERY):
        asked = set(piece)
        for row in session.execute(select(*fields).where(*_among(run, piece))):
            if key_of(row) in asked:
                found.setdefault(key_of(row), []).append(row)
    return found


def _among(run: Import, keys: Sequence[Any]) -> Iterator[Any]:
    """The conditions that the rows of those keys fulfil, and few others."""
    names = run.table.key_fields
    by_column = [keys] if len(names) == 1 else zip(*keys, strict=True)
    for name, values in zip(names, by_column, strict=True):
        yield getattr(run.table.row, name).in_(set(values))


class _Settled:
    """Refuses changes of what can no longer change."""

    def __init__(self, session: Session, run: Import) -> None:
        self.run = run
        settled = run.table.kept.settled if run.table.kept else {}
        self.ids = {name: set(session.scalars(query)) for name, query in settled.items()}

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
    if len(todo.added) >= ROWS_PER_STATEMENT:
        learn_size(session, row)
    for piece in chunks(todo.changed, ROWS_PER_STATEMENT):
        session.execute(update(row), list(piece))
        run.progress("writing", done := done + len(piece), total)
