"""The house, as a command opens it."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

from cli.environment import check_there, read_settings
from models.base import columns_of
from models.database import Violation
from models.house import House
from models.refusals import Refused
from models.settings import Settings


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
