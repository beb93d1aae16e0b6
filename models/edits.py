"""What people at the desk edit by hand, with who, when, before and after; and undoing it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, inspect, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import outbox
from models.base import Base
from models.feed import mark
from models.ids import Ids
from models.kept import KEPT, Kept
from models.plain import plain, typed
from models.refusals import Refused

Values = Mapping[str, Any]


class Edit(Base):
    """One edit of one row. `before` is null where the row was added, `after` where it was removed;
    where it was changed, both have the changed fields. `undoes` is the edit that this one undid."""

    __tablename__ = "edit"
    __table_args__ = (
        Index("ix_edit_at_id", "at", "id"),
        Index("ix_edit_row_id_at_id", "row_id", "at", "id"),
        Index("ix_edit_user_id_at_id", "user_id", "at", "id"),
        Index("ix_edit_undoes", "undoes", unique=True),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    table: Mapped[str]
    row_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]
    undoes: Mapped[UUID | None] = mapped_column(ForeignKey("edit.id"))


def told(kept: Kept, values: Values) -> dict[str, Any]:
    """A row's values as JSON, without what is secret or changes by itself."""
    hidden = kept.secret | kept.passing
    as_json: dict[str, Any] = plain({n: value for n, value in values.items() if n not in hidden})
    return as_json


def edit_of(
    kept: Kept,
    now: datetime,
    ids: Ids,
    user_id: UUID,
    before: Values | None,
    after: Values | None,
    undoes: UUID | None = None,
) -> dict[str, Any]:
    """The values of an edit's row; of a changed row it keeps the fields that differ."""
    was, now_is = (None if one is None else told(kept, one) for one in (before, after))
    if was is not None and now_is is not None:
        differ = [name for name in now_is if now_is[name] != was[name]]
        was, now_is = ({name: one[name] for name in differ} for one in (was, now_is))
    return {
        "id": ids.new(now),
        "at": now,
        "user_id": user_id,
        "table": kept.name,
        "row_id": (after or before or {})["id"],
        "before": was,
        "after": now_is,
        "undoes": undoes,
    }


def revision_of(values: Values) -> str:
    """A short text that changes with the values; what an ETag tells."""
    text = json.dumps(plain(dict(values)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def look_up(session: Session, row: type[Base], id_: UUID, lock: bool = False) -> Any:
    """The row of that id. Raises Refused if there is none."""
    found = session.get(row, id_, with_for_update=lock, populate_existing=lock)
    if found is None:
        raise Refused("unknown", "id")
    return found


def check_references(session: Session, row: type[Base], values: Values) -> None:
    """Every id names something that exists. SQLite would not say which one does not."""
    for column in inspect(row).columns:
        named = values.get(column.key)
        if named is None:
            continue
        for key in column.foreign_keys:
            if session.scalar(select(key.column).where(key.column == named)) is None:
                raise Refused("unknown", column.key)


@dataclass(frozen=True)
class Editor:
    """Somebody at the desk, within one transaction. Whatever they do raises Refused or is kept."""

    session: Session
    now: datetime
    ids: Ids
    user_id: UUID

    def add(self, kept: Kept, row: Any, undoes: UUID | None = None) -> None:
        """Add the row."""
        check_references(self.session, kept.row, row.values())
        self.session.add(row)
        kept.look_at(self.session, row)
        self.session.flush()
        mark(self.session, kept.source_of(row))
        self._replay(kept, row)
        self._record(kept, None, row.values(), undoes)

    def change(self, kept: Kept, row: Any, values: Values, undoes: UUID | None = None) -> None:
        """Give the row, which is locked, other values."""
        other = {name: value for name, value in values.items() if value != getattr(row, name)}
        if not other:
            return
        check_references(self.session, kept.row, other)
        self._check_settled(kept, row, other)
        before, sources = row.values(), kept.source_of(row)
        for name, value in other.items():
            setattr(row, name, value)
        kept.look_at(self.session, row)
        self.session.flush()
        mark(self.session, sources | kept.source_of(row))
        if kept.shaping & other.keys():
            self._replay(kept, row)
        self._record(kept, before, row.values(), undoes)

    def remove(self, kept: Kept, row: Any, undoes: UUID | None = None) -> None:
        """Remove the row, which is locked, where nothing refers to it."""
        if not kept.removable:
            raise Refused("not_undone", "id", f"{kept.name} stay; deactivate it instead")
        naming = (one.named for one in kept.replays)
        for column in (*_foreign_keys_to(kept.row), *naming, *kept.named_by):
            if self.session.scalar(select(column).where(column == row.id).limit(1)) is not None:
                raise Refused("in_use", "id", f"by {column.table.name}")
        before, sources = row.values(), kept.source_of(row)
        self.session.delete(row)
        self.session.flush()
        mark(self.session, sources)
        self._record(kept, before, None, undoes)

    def undo(self, edit: Edit) -> None:
        """Take the edit back, where nothing has been built on it since.

        What was changed gets its former values, what was added goes, what was removed comes back.
        The undoing is an edit of its own, and can be undone too.
        """
        kept = KEPT[edit.table]
        row = self.session.get(kept.row, edit.row_id, with_for_update=True, populate_existing=True)
        if self.session.scalar(select(Edit.id).where(Edit.undoes == edit.id)) is not None:
            raise Refused("changed_since", "id", "it was undone already")
        stepwise = kept.stepwise.intersection(edit.before or (), edit.after or ())
        if stepwise:
            raise Refused("not_undone", "id", f"{min(stepwise)} has a step of its own")
        if (row is None) != (edit.after is None) or not _stands(kept, row, edit):
            raise Refused("changed_since", "id")
        if edit.before is None:
            self.remove(kept, row, edit.id)
        elif row is None:
            self.add(kept, kept.row(**_typed(kept, edit.before)), edit.id)
        else:
            self.change(kept, row, _typed(kept, edit.before), edit.id)

    def _check_settled(self, kept: Kept, row: Any, other: Values) -> None:
        for name, query in kept.settled.items():
            if name in other and self.session.scalar(select(literal(row.id).in_(query))):
                raise Refused("settled", name, f"it is {getattr(row, name)}")

    def _replay(self, kept: Kept, row: Any) -> None:
        """Have replayed what follows from the row."""
        outbox.put(self.session, self.now, kept.jobs_of(self.session, [row.id]))

    def _record(
        self, kept: Kept, before: Values | None, after: Values | None, undoes: UUID | None
    ) -> None:
        edit = edit_of(kept, self.now, self.ids, self.user_id, before, after, undoes)
        self.session.add(Edit(**edit))
        self.session.flush()


def _stands(kept: Kept, row: Any, edit: Edit) -> bool:
    """Whether the row is still as the edit left it."""
    if row is None:
        return True
    now_is = told(kept, row.values())
    return all(now_is[name] == value for name, value in (edit.after or {}).items())


def _typed(kept: Kept, values: Values) -> dict[str, Any]:
    columns = inspect(kept.row).columns
    return {name: typed(columns[name], value) for name, value in values.items()}


def _foreign_keys_to(row: type[Base]) -> list[Any]:
    """The columns of all tables that refer to the row's."""
    mine = row.__table__
    return [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table is mine
    ]
