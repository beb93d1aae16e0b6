"""Endpoints for what the desk simply keeps: list, look up, add. Sources of documents are marked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from api.auth import OFFICE, house, staff
from api.blueprint import Blueprint
from api.schemas import PageArgs, page, page_of
from models.base import Base
from models.derived import Source
from models.feed import mark
from models.people import Role
from models.refusals import Refused

Values = dict[str, Any]
Make = Callable[[Session, datetime, Values], Any]


@dataclass(frozen=True)
class Table:
    """One table that the desk keeps: its row, its schema, who may add to it, and which source of
    documents changes with a row, by type and the column that names it."""

    path: str
    row: Any
    schema: type[Schema]
    writers: Sequence[Role]
    source: str | None = None
    source_id: str = "id"

    def register(self, blp: Blueprint, make: Make | None = None) -> None:
        """Add the endpoints; `make` builds the row where its values alone do not."""
        self._list(blp)
        self._add(blp, make or self._make)

    def _list(self, blp: Blueprint) -> None:
        name = self.path.strip("/").replace("-", "_")

        @blp.route(self.path, methods=["GET"], endpoint=f"list_{name}")
        @staff(*OFFICE)
        @blp.arguments(PageArgs, location="query")
        @blp.response(200, page_of(self.schema))
        @blp.doc(summary=f"List {name.replace('_', ' ')} by page")
        def list_(args: Values) -> Values:
            return house().database.read(lambda session: page(session, self.row, args))

        @blp.route(f"{self.path}/<uuid:id_>", methods=["GET"], endpoint=f"get_{name}")
        @staff(*OFFICE)
        @blp.response(200, self.schema)
        @blp.doc(summary=f"One of the {name.replace('_', ' ')}")
        def get(id_: UUID) -> Values:
            return house().database.read(lambda session: look_up(session, self.row, id_))

    def _add(self, blp: Blueprint, make: Make) -> None:
        name = self.path.strip("/").replace("-", "_")

        @blp.route(self.path, methods=["POST"], endpoint=f"add_{name}")
        @staff(*self.writers)
        @blp.arguments(self.schema)
        @blp.response(201, self.schema)
        @blp.doc(summary=f"Add to the {name.replace('_', ' ')}")
        def add(values: Values) -> Values:
            def body(session: Session, now: datetime) -> Values:
                check_references(session, self.row, values)
                row = make(session, now, values)
                session.add(row)
                session.flush()
                if self.source is not None:
                    mark(session, {Source(self.source, str(getattr(row, self.source_id)))})
                kept: Values = row.values()
                return kept

            return house().database.transact(body)

    def _make(self, session: Session, now: datetime, values: Values) -> Any:
        return self.row(id=house().ids.new(now), **values)


def check_references(session: Session, row: type[Base], values: Values) -> None:
    """Every id names something that exists. SQLite would not say which one does not."""
    for column in inspect(row).columns:
        named = values.get(column.key)
        if named is None:
            continue
        for key in column.foreign_keys:
            if session.scalar(select(key.column).where(key.column == named)) is None:
                raise Refused("unknown", column.key)


def look_up(session: Session, row: Any, id_: UUID) -> Values:
    """The row as values. Raises Refused if there is none."""
    found = session.get(row, id_)
    if found is None:
        raise Refused("unknown", "id")
    values: Values = found.values()
    return values
