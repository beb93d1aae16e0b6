"""`onsite user`: accounts, from the machine's own keyboard."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from sqlalchemy.orm import Session

from cli.environment import opened_house
from cli.showing import AS_JSON, show
from models import console
from models.house import House
from models.ids import Ids
from models.people import PASSWORD_LENGTH_MIN, Role, password_hash

COLUMNS = ("name", "full_name", "role", "territory", "active", "devices", "created")
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
    """Let somebody log in again."""
    _do(lambda session, now, house: console.set_active(session, now, house.ids, name, True))
    click.echo(f"{name} may log in")


@user.command()
@NAME
def deactivate(name: str) -> None:
    """Let somebody log in no longer; their devices are revoked by `onsite device revoke`."""
    _do(lambda session, now, house: console.set_active(session, now, house.ids, name, False))
    click.echo(f"{name} is logged out and cannot log in")


def _do(body: Callable[[Session, datetime, House], Any]) -> None:
    with opened_house() as house:
        house.database.transact(lambda session, now: body(session, now, house))


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
