"""`onsite sample`: fill an empty database with a company to look at."""

from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from cli.environment import check_there, read_settings
from cli.secrets import SAMPLE_PASSWORD_FILE, keep_secret
from models.clock import ManualClock, SystemClock
from models.customers import Customer
from models.house import House
from models.ids import SeededIds
from models.people import Role, password_hash
from models.settings import Settings

PARTS = 1000  # of the progress bar


@click.command()
@click.option("--seed", default=1, show_default=True, help="Another number, another company.")
@click.option("--small", is_flag=True, help="A fifth of it, in a few seconds.")
@click.option("--quiet", is_flag=True, help="Do not say who can log in.")
def sample(seed: int, small: bool, quiet: bool) -> None:
    """Make the sample company: invented people and three weeks of their work, until now."""
    settings = read_settings()
    check_there(settings)
    known = fill(settings, SystemClock().now(), seed, small)
    if not quiet:
        click.echo(known)


def fill(settings: Settings, now: datetime, seed: int, small: bool) -> str:
    """Fill the database that the settings name; answers who can log in. Raises ClickException."""
    from cli.sampling.story import tell

    house = House.open(settings, clock=ManualClock(now), ids=SeededIds(seed))
    try:
        _check_empty(house)
        password = house.ids.secret()[:20]
        keep_secret(settings.home / SAMPLE_PASSWORD_FILE, password)
        with click.progressbar(length=PARTS, label="Making the sample company") as bar:
            tell(
                house, seed, small, password_hash(password),
                lambda share: bar.update(int(share * PARTS) - bar.pos),
            )  # fmt: skip
    finally:
        house.close()
    return log_ins(settings)


def _check_empty(house: House) -> None:
    try:
        customer = house.database.read(lambda session: session.scalar(select(Customer.id).limit(1)))
    except DBAPIError as error:
        raise click.ClickException(
            "DATABASE_URL names a database without the tables: run `onsite release` first"
        ) from error
    if customer is not None:
        raise click.ClickException(
            "This database has customers already; the sample company wants an empty one"
        )


def log_ins(settings: Settings) -> str:
    """Who there is to try, in the small sample too, and where their password is."""
    from cli.sampling.company import SMALL
    from cli.sampling.tables.people import OFFICE, TECHNICIANS

    lines = [f"Sample log-ins, with the password in {settings.home / SAMPLE_PASSWORD_FILE}:"]
    everybody = (*OFFICE, *TECHNICIANS[: SMALL.technicians])
    for role in (Role.DISPATCHER, Role.WAREHOUSE, Role.TECHNICIAN):
        names = [one.name for one in everybody if one.role == role]
        lines.append(f"  {role}: {', '.join(names[:4])}")
    return "\n".join(lines)
