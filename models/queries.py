"""Small statements that are asked of many tables all the time, each built once.

Building such a statement costs more than running it. Whatever else every exchange asks is a
constant of its module, with named blanks.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Delete, Select, bindparam, delete, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.base import Base

Row = TypeVar("Row", bound=Base)
Column = InstrumentedAttribute[Any]


def locked(session: Session, row: type[Row], key: object) -> Row | None:
    """The row of that key, locked and as it stands now; None where there is none."""
    return session.scalars(_locked(row), {"key": key}).one_or_none()


def locked_one(session: Session, row: type[Row], key: object) -> Row:
    """The row of that key, which there is, locked and as it stands now."""
    found = locked(session, row, key)
    assert found is not None
    return found


def rows_in(session: Session, row: type[Row], column: Column, values: Collection[Any]) -> list[Row]:
    """The rows in whose column one of the values stands, in the order of their ids."""
    if not values:
        return []
    return list(session.scalars(_rows_in(row, column, len(values) == 1), _given(values)))


def delete_in(session: Session, column: Column, values: Collection[Any]) -> None:
    """Delete the rows in whose column one of the values stands. The session holds none of them."""
    if values:
        session.execute(_delete_in(column, len(values) == 1), _given(values))


@cache
def _locked(row: type[Row]) -> Select[Row]:
    (key,) = row.__mapper__.primary_key
    query = select(row).where(key == bindparam("key")).with_for_update()
    return query.execution_options(populate_existing=True)


@cache
def _rows_in(row: type[Row], column: Column, single: bool) -> Select[Row]:
    return select(row).where(_is_in(column, single)).order_by(*row.__mapper__.primary_key)


@cache
def _delete_in(column: Column, single: bool) -> Delete:
    # Of the table, as to look for the rows among those of the session costs most.
    return delete(column.table).where(_is_in(column.table.c[column.key], single))


def _is_in(column: Any, single: bool) -> Any:
    # Mostly it is one value, and a list has to be written into the statement each time.
    if single:
        return column == bindparam("value")
    return column.in_(bindparam("values", expanding=True))


def _given(values: Collection[Any]) -> dict[str, Any]:
    return {"value": next(iter(values))} if len(values) == 1 else {"values": values}


def plain_rows(session: Session, query: Select[Any], given: Mapping[str, Any]) -> Iterable[Any]:
    """The rows of a query for columns, as the database gives them: where they are very many, what
    the session does for each beside that costs as much as asking."""
    session.flush()
    return session.connection().execute(query, given)
