"""Every difference between SQLite and PostgreSQL, and nothing else.

SQLite has one writer: a writing transaction takes the lock when it begins (BEGIN IMMEDIATE), as a
read that turns into a write would fail at once. PostgreSQL locks rows; reads that must agree with
one another run as REPEATABLE READ.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from sqlite3 import SQLITE_FULL
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from models.base import Base

BUSY_SECONDS = 15
POOL_SIZE = 20
RETRYABLE_STATES = {"40001", "40P01"}  # serialization failure, deadlock
DISK_FULL = "53100"
ROWS_PER_STATEMENT = 500
HIDE_PARAMETERS = True  # An error's text ends in logs, and parameters hold what people said.


def open_engine(url: str) -> Engine:
    """An engine for a sqlite:/// or postgresql:// URL, set up as this house needs it."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=HIDE_PARAMETERS
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url, pool_size=POOL_SIZE, pool_pre_ping=True, hide_parameters=HIDE_PARAMETERS
    )


def file_of(url: str) -> Path | None:
    """The file that is the database; None where a server has it."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def for_writing(engine: Engine) -> Engine:
    """The engine whose transactions may write."""
    return engine.execution_options(writes=True)


def for_snapshot(engine: Engine) -> Engine:
    """The engine whose transactions see one moment."""
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def is_retryable(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed if it is simply run again."""
    state = getattr(error.orig, "sqlstate", None)
    locked = isinstance(error, OperationalError) and "database is locked" in str(error.orig)
    return state in RETRYABLE_STATES or locked


def has_no_room(error: DBAPIError) -> bool:
    """Whether the database's disk is full."""
    state = getattr(error.orig, "sqlstate", None)
    return state == DISK_FULL or getattr(error.orig, "sqlite_errorcode", None) == SQLITE_FULL


def violated_constraint(error: IntegrityError) -> str | None:
    """The violated constraint's name, or None where the database does not tell (SQLite, FKs)."""
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    if name is not None:
        return str(name)
    kind, _, detail = str(error.orig).partition(" constraint failed")
    if kind == "CHECK":
        return detail.removeprefix(": ")
    if kind == "UNIQUE":
        columns = [column.rpartition(".") for column in detail.removeprefix(": ").split(", ")]
        return _unique_name(columns[0][0], {column for _, _, column in columns})
    return None


def _unique_name(table_name: str, columns: set[str]) -> str | None:
    table = Base.metadata.tables[table_name]
    unique: list[PrimaryKeyConstraint | UniqueConstraint | Index] = [
        *(one for one in table.constraints if isinstance(one, PrimaryKeyConstraint)),
        *(one for one in table.constraints if isinstance(one, UniqueConstraint)),
        *(index for index in table.indexes if index.unique),
    ]
    for one in unique:
        if {column.name for column in one.columns} == columns:
            return str(one.name)
    return None


def size(session: Session) -> int:
    """The bytes that the database takes."""
    if session.get_bind().dialect.name == "sqlite":
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        pages = "SELECT pg_database_size(current_database())"
    return int(session.scalar(text(pages)) or 0)


def _inserting(session: Session, table: Table) -> Any:
    sqlite_bound = session.get_bind().dialect.name == "sqlite"
    return sqlite.insert(table) if sqlite_bound else postgresql.insert(table)


def lock_table(session: Session, row: type[Base]) -> None:
    """Until the transaction ends nobody else writes to the row's table; reading goes on.

    On SQLite a writing transaction has kept the others out since it began.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"LOCK TABLE {row.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def learn_size(session: Session, row: type[Base]) -> None:
    """Have the row's table counted, of which much has been added.

    PostgreSQL would believe it small for a minute, and read all of it for each row it looks for.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {row.__tablename__}"))


def insert_rows(session: Session, row: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows in one go, without asking for the numbers they get."""
    if rows:
        table = row.__table__
        assert isinstance(table, Table)
        session.execute(table.insert(), list(rows))


def insert_missing(session: Session, row: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that are not there yet; those that are stay untouched."""
    table = row.__table__
    assert isinstance(table, Table)
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        values = rows[start : start + ROWS_PER_STATEMENT]
        session.execute(_inserting(session, table).on_conflict_do_nothing(), values)


def insert_or_update(session: Session, row: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; where the primary key exists, every other given column is overwritten."""
    if not rows:
        return
    table = row.__table__
    assert isinstance(table, Table)
    keys = [column.name for column in table.primary_key]
    insert = _inserting(session, table)
    changed = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
