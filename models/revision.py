"""Which revision the tables have, and which one this code expects.

Told without Alembic, which takes a tenth of the time that a web process needs to start.
"""

import re
from functools import cache
from pathlib import Path

from sqlalchemy import column, inspect, select, table
from sqlalchemy.orm import Session

VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"
REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
FOLLOWS = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)
KEPT = table("alembic_version", column("version_num"))


@cache
def expected() -> str | None:
    """The newest migration that came with the code: the one that no other follows."""
    texts = [file.read_text(encoding="utf-8") for file in VERSIONS.glob("*.py")]
    followed = {one for text in texts for one in FOLLOWS.findall(text)}
    newest = {one for text in texts for one in REVISION.findall(text)} - followed
    return min(newest, default=None)


def found(session: Session) -> str | None:
    """The last migration that the database has seen; None if it has seen none."""
    if not inspect(session.connection()).has_table(KEPT.name):
        return None
    revision: str | None = session.scalar(select(KEPT.c.version_num))
    return revision
