"""How alembic reaches the database: by DATABASE_URL, or by the address a caller hands in."""

import os
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, Engine, NullPool, TypeDecorator, create_engine, event

import models.rows  # noqa: F401  # Importing every row fills the metadata that is compared.
from models.base import Base
from models.settings import Settings
from models.types import Id

BUSY_SECONDS = 60
LOCK_KEY = 7_446_521  # Any number that nothing else in this database locks.


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own types as what they are in the database.

    A migration is history: it must run the same when the code has moved on, so it imports none.
    """
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    if kind == "type" and isinstance(item, Id):
        return "sa.Uuid()"
    return False


def open_engine(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_transactions_to_us)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    # Foreign keys stay off, which is how SQLite starts: batch mode replaces whole tables, and
    # dropping the old one would otherwise take the rows that point to it along.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def lock(connection: Connection) -> None:
    """Let two releases at the same time run one after the other. SQLite's BEGIN did it already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")


def check_foreign_keys(connection: Connection) -> None:
    """With foreign keys off, SQLite tells only when asked whether a migration broke one."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if broken:
            raise RuntimeError(f"a migration broke foreign keys: {broken[:5]}")


def run() -> None:
    handed_in = context.config.attributes.get("database_url")
    url = str(handed_in or Settings.read(os.environ).database_url)
    with open_engine(url).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
            transactional_ddl=True,
            on_version_apply=context.config.attributes.get("on_version_apply"),
        )
        with context.begin_transaction():
            lock(connection)
            context.run_migrations()
            check_foreign_keys(connection)


run()
