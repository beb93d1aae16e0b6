"""Every difference between SQLite and PostgreSQL, and nothing else.

SQLite has one writer: a writing transaction takes the lock when it begins (BEGIN IMMEDIATE), as a
read that turns into a write would fail at once. PostgreSQL locks rows; reads that must agree with
one another run as REPEATABLE READ.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from sqlite3 import SQLITE_FULL
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Index,
    Insert,
    PrimaryKeyConstraint,
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
STATEMENTS_PREPARED = 1000  # by a connection to SQLite; to plan one anew takes as long as to run it
POOL_SIZE = 20
RETRYABLE_STATES = {"40001", "40P01"}  # serialization failure, deadlock
DISK_FULL = "53100"
ROWS_PER_STATEMENT = 500
HIDE_PARAMETERS = True  # An error's text ends in logs, and parameters hold what people said.


def open_engine(url: str) -> Engine:
    """An engine for a sqlite:/// or postgresql:// URL, set up as this house needs it."""
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            connect_args={"timeout": BUSY_SECONDS, "cached_statements": STATEMENTS_PREPARED},
            hide_parameters=HIDE_PARAMETERS,
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
    if _dialect(session) == "sqlite":
        pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        pages = "SELECT pg_database_size(current_database())"
    return int(session.scalar(text(pages)) or 0)


# Built once, as building an INSERT costs more than running it.


@cache
def _insert(row: type[Base]) -> Insert:
    return row.metadata.tables[row.__tablename__].insert()


@cache
def _insert_missing(dialect: str, row: type[Base]) -> Insert:
    insert: Insert = _inserting(dialect, row).on_conflict_do_nothing()
    return insert


@cache
def _insert_or_update(dialect: str, row: type[Base], names: tuple[str, ...]) -> Insert:
    plain = _inserting(dialect, row)
    keys = [column.name for column in plain.table.primary_key]
    changed = {name: plain.excluded[name] for name in names if name not in keys}
    insert: Insert = plain.on_conflict_do_update(index_elements=keys, set_=changed)
    return insert


def _inserting(dialect: str, row: type[Base]) -> Any:
    table = row.metadata.tables[row.__tablename__]
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def lock_table(session: Session, row: type[Base]) -> None:
    """Until the transaction ends nobody else writes to the row's table; reading goes on.

    On SQLite a writing transaction has kept the others out since it began.
    """
    if _dialect(session) == "postgresql":
        session.execute(text(f"LOCK TABLE {row.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def learn_size(session: Session, row: type[Base]) -> None:
    """Have the row's table counted, of which much has been added.

    PostgreSQL would believe it small for a minute, and read all of it for each row it looks for.
    """
    if _dialect(session) == "postgresql":
        session.execute(text(f"ANALYZE {row.__tablename__}"))


def insert_rows(session: Session, row: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows in one go, without asking for the numbers they get."""
    if rows:
        session.execute(_insert(row), list(rows))


def insert_missing(session: Session, row: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that are not there yet; those that are stay untouched."""
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        values = rows[start : start + ROWS_PER_STATEMENT]
        session.execute(_insert_missing(_dialect(session), row), values)


def insert_or_update(session: Session, row: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows; where the primary key exists, every other given column is overwritten."""
    if rows:
        statement = _insert_or_update(_dialect(session), row, tuple(rows[0]))
        session.execute(statement, list(rows))
