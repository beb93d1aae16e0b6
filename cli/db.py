"""`onsite db`: how the database stands, and bringing it up to the code."""

from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy.orm import Session

from cli.environment import read_settings
from cli.house import opened_house
from cli.release import migrate as run_migrations
from cli.showing import AS_JSON, show, show_json, show_one
from models import dialect, revision, vitals
from models.house import House
from models.setting import without_secrets
from models.settings import Settings
from models.vitals import Waiting


@click.group()
def db() -> None:
    """The database: status, migrate."""


@db.command()
@AS_JSON
def status(as_json: bool) -> None:
    """Say revision, size, backlog and rows of every table."""
    with opened_house() as house:
        stand = house.database.read(lambda session: _stand(house, session))
    if as_json:
        show_json(stand)
        return
    rows = stand.pop("rows")
    show_one(stand, as_json=False)
    show([{"table": name, "rows": count} for name, count in rows.items() if count], as_json=False)


def _stand(house: House, session: Session) -> dict[str, Any]:
    now = house.clock.now()
    work, marks = vitals.work(session), vitals.marks(session)
    return {
        "database": without_secrets(house.settings.database_url),
        "revision": revision.found(session),
        "wanted_revision": revision.expected(),
        "bytes": dialect.size(session),
        "waiting_work": vitals.together(work.values()).count,
        "failing_work": vitals.together(work.values()).failing,
        "waiting_marks": vitals.together(marks.values()).count,
        "oldest_seconds": round(max(_ages([*work.values(), *marks.values()], now), default=0)),
        "rows": vitals.rows(session),
    }


def _ages(waiting: list[Waiting], now: Any) -> Iterator[float]:
    return (one.seconds(now) for one in waiting)


@db.command()
def migrate() -> None:
    """Run the migrations that the database has not seen."""
    settings = read_settings()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = _revision(settings)
    run_migrations(settings.database_url)
    after = revision.expected()
    click.echo(f"{after}: nothing to do" if before == after else f"{before or 'empty'} → {after}")


def _revision(settings: Settings) -> str | None:
    file = dialect.file_of(settings.database_url)
    if file is not None and not file.exists():
        return None
    with opened_house(settings) as house:
        return house.database.read(revision.found)
