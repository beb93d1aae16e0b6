"""`onsite user`: accounts, from the machine's own keyboard."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.orm import Session

from cli.house import opened_house
from cli.showing import AS_JSON, show
from models import console
from models.edits import Editor
from models.house import House
from models.ids import Ids
from models.people import PASSWORD_LENGTH_MIN, Role, password_hash
from sync import leaving

COLUMNS = ("name", "full_name", "role", "territory", "active", "devices", "created")
TOLD = {  # of what stands open, by its part
    "visits": ("starts", "site_name"),
    "places": ("code", "name"),
    "debts": ("quantity", "part_code"),
    "loaners": ("model", "serial"),
    "devices": ("name", "unsent_facts"),
}
NAME = click.argument("name")
ASKED = click.option("--ask", is_flag=True, help="Ask for the password here; else one is made.")
FROM_STDIN = click.option("--password-stdin", "stdin", is_flag=True, help="Read it from stdin.")


@click.group()
def user() -> None:
    """Accounts: list, add, password, second-factor, activate, deactivate."""


@user.command("list")
@AS_JSON
def list_(as_json: bool) -> None:
    """List everybody who works or worked here."""
    with opened_house() as house:
        show(house.database.read(console.users), as_json, COLUMNS)


@user.command()
@NAME
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True)
@click.option("--full-name", help="What others read; by default the name.")
@click.option("--territory", help="A territory's code.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@ASKED
@FROM_STDIN
def add(
    name: str,
    role: str,
    full_name: str | None,
    territory: str | None,
    language: str,
    ask: bool,
    stdin: bool,
) -> None:
    """Add somebody; the password is asked for, read, or made and told once."""
    password, made = _password(ask, stdin)
    values = {
        "name": name,
        "full_name": full_name or name,
        "role": role,
        "language": language,
        "password_hash": password_hash(password),
    }
    _do(lambda session, now, house: console.add_user(session, now, house.ids, territory, values))
    _tell(f"{name} is added as {role}", password, made)


@user.command()
@NAME
@ASKED
@FROM_STDIN
def password(name: str, ask: bool, stdin: bool) -> None:
    """Give somebody another password and log them out."""
    chosen, made = _password(ask, stdin)
    hashed = password_hash(chosen)
    _do(lambda session, now, house: console.change_password(session, now, house.ids, name, hashed))
    _tell(f"{name} has another password", chosen, made)


@user.command("second-factor")
@NAME
def second_factor(name: str) -> None:
    """Take away somebody's second factor and log them out, as their phone is lost."""
    _do(lambda session, now, house: console.take_second_factor(session, now, house.ids, name))
    click.echo(f"{name} logs in with the password alone, until another second factor is set up")


@user.command()
@NAME
def activate(name: str) -> None:
    """Let somebody who left log in again, with the password of before."""
    _do(lambda session, now, house: leaving.come_back(*_named(session, now, house, name)))
    click.echo(f"{name} may log in")


@user.command()
@NAME
def deactivate(name: str) -> None:
    """Let somebody leave of whom nothing stands open, and shut their devices out."""

    def body(session: Session, now: datetime, house: House) -> Mapping[str, Any]:
        editor, user_id = _named(session, now, house, name)
        left = leaving.left_open(session, user_id)
        if not left:
            leaving.leave(editor, user_id, leaving.NOTHING)
        return left

    left = _do(body)
    if left:
        show([_open(part, row) for part, rows in left.items() for row in rows], as_json=False)
        raise click.ClickException(
            f"this stands open, so {name} has not left; say what becomes of it by "
            "POST /users/{id}/leaving (docs/people.md). To shut them out until then: "
            f"onsite user password {name}"
        )
    click.echo(f"{name} has left: logged out, and shut out with all their devices")


def _open(part: str, row: Mapping[str, Any]) -> dict[str, Any]:
    what = " ".join(str(row[name]) for name in TOLD[part])
    return {"open": part, "id": row["id"], "what": what}


def _named(session: Session, now: datetime, house: House, name: str) -> tuple[Editor, UUID]:
    """The user of that name, and an editor whose trail names them, as nobody is logged in here."""
    user_id = console.user_named(session, name).id
    return Editor(session, now, house.ids, user_id), user_id


def _do(body: Callable[[Session, datetime, House], Any]) -> Any:
    with opened_house() as house:
        return house.database.transact(lambda session, now: body(session, now, house))


def _password(ask: bool, stdin: bool) -> tuple[str, bool]:
    """A password that nobody else sees: never an argument, which every process could read."""
    if stdin:
        chosen = sys.stdin.readline().rstrip("\n")
    elif ask:
        chosen = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        return Ids().secret()[:20], True
    if len(chosen) < PASSWORD_LENGTH_MIN:
        raise click.ClickException(f"a password has at least {PASSWORD_LENGTH_MIN} characters")
    return chosen, False


def _tell(what: str, password: str, made: bool) -> None:
    click.echo(f"{what}; the password, told only now: {password}" if made else what)
