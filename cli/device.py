"""`onsite device`: phones and tablets, from the machine's own keyboard."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from cli.house import opened_house
from cli.showing import AS_JSON, show, show_json, show_one
from models import console, enrolment
from models.refusals import Refused

COLUMNS = ("id", "user", "name", "last_seen", "unsent_facts", "unsent_bytes", "revoked")
ID = click.argument("id_", metavar="ID")


@click.group()
def device() -> None:
    """Phones and tablets: list, show, code, revoke."""


@device.command("list")
@click.option("--user", help="Only those of one user.")
@AS_JSON
def list_(user: str | None, as_json: bool) -> None:
    """List the devices, the one heard of last first."""
    with opened_house() as house:
        rows = house.database.read(lambda session: console.devices(session, user))
    show(rows, as_json, COLUMNS)


@device.command("show")
@ID
@AS_JSON
def show_(id_: str, as_json: bool) -> None:
    """Show one device; the beginning of its id is enough."""

    def body(session: Session) -> dict[str, Any]:
        return console.device(session, console.device_called(session, id_))

    with opened_house() as house:
        show_one(house.database.read(body), as_json)


@device.command()
@click.argument("user")
@AS_JSON
def code(user: str, as_json: bool) -> None:
    """Make a one-time code with which a device of the user can enrol."""
    with opened_house() as house:

        def body(session: Session, now: datetime) -> str:
            owner = console.user_named(session, user)
            if not owner.active:
                raise Refused("unknown", "user", f"{user} is not active")
            return enrolment.issue_code(session, now, house.ids, owner.id)

        made = house.database.transact(body)
    minutes = enrolment.CODE_LIFE.seconds // 60
    if as_json:
        show_json({"user": user, "code": made, "minutes": minutes})
    else:
        click.echo(f"{made}  (for {user}, once, within {minutes} minutes)")


@device.command()
@ID
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wipe", is_flag=True, help="Have it wiped at once, unsent facts and all.")
def revoke(id_: str, yes: bool, wipe: bool) -> None:
    """Revoke a lost device: nothing more goes to it, what it states is held."""
    with opened_house() as house:
        found = house.database.read(lambda session: console.device_called(session, id_))
        shown = house.database.read(lambda session: console.device(session, found))
        if not yes:
            click.confirm(f"Revoke {shown['name']!r} of {shown['user']}, {found}?", abort=True)
        house.database.transact(
            lambda session, now: enrolment.revoke(session, now, found, wipe=wipe)
        )
    click.echo(f"{found} is revoked")
