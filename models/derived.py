"""Rows that follow from facts and decisions, and the one function that writes them.

A derived row belongs to an owner, the subject (or single statement) whose fold gave it. Folding
again gives the rows that ought to be there; `replace` makes the table say so and tells what
changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column
from sqlalchemy.schema import Index, SchemaItem

from models.base import Base


class Subject(NamedTuple):
    """What a fact or decision is about: a type (visit, unit, place …) and an id."""

    type: str
    id: UUID

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


class Source(NamedTuple):
    """Something that documents are derived from, by type and id."""

    type: str
    id: str


@dataclass(frozen=True)
class Job:
    """Work for the outbox that a change brings with it: a kind and what it is about.

    `since` is from when on something may be otherwise, None where everything may.
    """

    kind: str
    subject: Subject
    since: datetime | None = None


class Derived(Base):
    """A row that `replace` writes. `id` is given by its cause, never drawn."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_type: Mapped[str]
    owner_id: Mapped[UUID]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[SchemaItem, ...]:
        owner = Index(f"ix_{cls.__tablename__}_owner", "owner_type", "owner_id")
        return (owner, *cls.constraints())

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        """Further constraints and indexes of the table."""
        return ()

    def sources(self) -> Iterable[Source]:
        """The document sources that change with this row."""
        return ()

    def jobs(self) -> Iterable[Job]:
        """The work that has to follow when this row changes."""
        return ()


@dataclass
class Changes:
    """What writing derived rows brought about."""

    sources: set[Source]
    jobs: set[Job]

    def note(self, row: Derived) -> None:
        """Take in what a changed row changes in turn."""
        self.sources.update(row.sources())
        self.jobs.update(row.jobs())

    def miss(self, row: Derived) -> None:
        """Take in what follows from a row that has gone: it may have had its part in any other."""
        self.sources.update(row.sources())
        self.jobs.update(Job(job.kind, job.subject) for job in row.jobs())


def replace(
    session: Session,
    owner: Subject,
    tables: Sequence[type[Derived]],
    wanted: Sequence[Derived],
) -> Changes:
    """Make the rows of `tables` that belong to `owner` equal to `wanted`; answers what changed.

    `tables` are in the order in which rows may be inserted; they are deleted the other way round.
    """
    changes = Changes(set(), set())
    for row in wanted:
        row.owner_type, row.owner_id = owner
    kept = {(type(row), row.id) for row in wanted}
    held = rows_of(session, owner, tables)
    for table in reversed(tables):
        for row in held[table].values():
            if (table, row.id) not in kept:
                changes.miss(row)
                session.delete(row)
        session.flush()
    for table in tables:
        for row in wanted:
            if type(row) is table:
                _put(session, held[table].get(row.id), row, changes)
        session.flush()
    return changes


def rows_of(
    session: Session, owner: Subject, tables: Sequence[type[Derived]]
) -> dict[type[Derived], dict[UUID, Derived]]:
    """The owner's rows by table and id. Most tables have none, which one statement tells of all."""
    mine = {"type": owner.type, "id": owner.id}
    there = session.execute(_any_in(tuple(tables)), mine).one()
    return {
        table: {row.id: row for row in session.scalars(_all_in(table), mine)} if any_ else {}
        for table, any_ in zip(tables, there, strict=True)
    }


# Built once: for such small questions, building the query costs more than running it.


@cache
def _any_in(tables: tuple[type[Derived], ...]) -> Select[*tuple[Any, ...]]:
    # Of the tables: of rows it would cost twice as much.
    return select(*(exists().where(_owned(table.__table__.c)) for table in tables))


@cache
def _all_in(table: type[Derived]) -> Select[Derived]:
    return select(table).where(_owned(table))


def _owned(columns: Any) -> ColumnElement[bool]:
    return and_(columns.owner_type == bindparam("type"), columns.owner_id == bindparam("id"))


def _put(session: Session, held: Derived | None, row: Derived, changes: Changes) -> None:
    if held is None:
        session.add(row)
        changes.note(row)
        return
    different = {
        name: value for name, value in row.values().items() if value != getattr(held, name)
    }
    if different:
        changes.note(held)
        for name, value in different.items():
            setattr(held, name, value)
        changes.note(held)
