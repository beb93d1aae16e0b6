"""Which revision the tables have, and which one this code expects."""

from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@cache
def expected() -> str | None:
    """The newest migration that came with the code."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def found(session: Session) -> str | None:
    """The last migration that the database has seen; None if it has seen none."""
    return MigrationContext.configure(session.connection()).get_current_revision()
