"""What every command needs from its surroundings."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from models.base import columns_of
from models.database import Violation
from models.dialect import file_of
from models.house import House
from models.refusals import Refused
from models.setting import SettingError
from models.settings import Settings, misspelt

ROOT = Path(__file__).parents[1]


def read_settings() -> Settings:
    """The settings, or one line that says which variable is wrong."""
    try:
        settings = Settings.read(os.environ)
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    for line in misspelt(os.environ).values():
        click.echo(f"Warning: {line}", err=True)
    return settings


def check_there(settings: Settings) -> None:
    """Only what starts Onsite makes a database: a mistyped folder must not leave one behind."""
    file = file_of(settings.database_url)
    if file is not None and not file.exists():
        raise click.ClickException(
            f"there is no {file}: `make run` makes it; or name the folder of another by ONSITE_HOME"
        )


@contextmanager
def opened_house(settings: Settings | None = None) -> Iterator[House]:
    """The house that the environment names, which must be there. What it refuses, and what its
    database says, is one line for whoever typed the command."""
    settings = settings or read_settings()
    check_there(settings)
    house = House.open(settings)
    try:
        yield house
    except Refused as no:
        words = no.detail or f"{no.kind.english} {no.kind.remedy}"
        raise click.ClickException(words) from no
    except Violation as no:
        column = ", ".join(columns_of(no.constraint or "")) or "value"
        raise click.ClickException(f"There is one with this {column} already.") from no
    except (OperationalError, ProgrammingError) as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(
            f"the database says: {reason}; has `onsite release` been run?"
        ) from error
    finally:
        house.close()


def keep_secret(file: Path, secret: str) -> None:
    """Leave a secret in a file that its owner alone may read."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(f"{secret}\n")
