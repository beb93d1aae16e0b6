"""Bring the database up to the code, before any process of the new code starts."""

import sys
from datetime import datetime

import click
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cli.environment import ROOT, read_settings
from cli.plans import plan_files
from cli.secrets import PASSWORD_FILE, keep_secret
from models import people
from models.contracts.desk import keep_plan
from models.house import House
from models.refusals import Refused
from models.settings import Settings


@click.command()
def release() -> None:
    """Migrate the database, keep the service plans, and make the first supervisor if nobody can
    log in yet."""
    settings = read_settings()
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        migrate(settings.database_url)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"DATABASE_URL names a database that says: {reason}") from error
    first_supervisor(settings)
    keep_plans(settings)


def migrate(database_url: str) -> None:
    """Run the migrations that this database has not seen, under a progress bar."""
    config = alembic_config(database_url)
    all_ = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    with click.progressbar(
        length=all_, label="Bringing the tables up to date", file=sys.stderr
    ) as bar:
        config.attributes["on_version_apply"] = lambda **_: bar.update(1)
        command.upgrade(config, "head")
        bar.update(all_ - bar.pos)


def alembic_config(database_url: str) -> Config:
    """What alembic reads from pyproject.toml, for one given database."""
    config = Config(toml_file=ROOT / "pyproject.toml")
    config.attributes["database_url"] = database_url
    return config


def first_supervisor(settings: Settings) -> None:
    """Furnish the database, and make a supervisor with a random password if there is no user.

    The password is left in the home, readable by its owner only.
    """
    house = House.open(settings)
    house.furnish()
    password = house.ids.secret()[:20]
    made = house.database.transact(
        lambda session, now: people.first_supervisor(session, now, house.ids, password)
    )
    house.close()
    if made is not None:
        keep_secret(settings.home / PASSWORD_FILE, password)


def keep_plans(settings: Settings) -> None:
    """Keep the versions of plans that came with the code and are not in the database yet."""
    house = House.open(settings)

    def body(session: Session, now: datetime) -> None:
        with click.progressbar(
            plan_files(), label="Keeping the service plans", file=sys.stderr
        ) as files:
            for file in files:
                try:
                    keep_plan(session, now, house.ids, file.read_text(encoding="utf-8"))
                except Refused as refused:
                    raise click.ClickException(f"{file}: {refused.detail}") from refused

    house.database.transact(body)
    house.close()
