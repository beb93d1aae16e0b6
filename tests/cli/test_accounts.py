"""`onsite user` and `onsite device`, typed by somebody at the machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update
from sqlalchemy.orm import Session

from cli.main import onsite
from models import sessions
from models.people import StaffSession, User
from tests.api.door import Door
from tests.servers import DatabaseServer
from tests.world import World


class Keyboard:
    """Types commands about one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def type(self, *words: str, stdin: str | None = None) -> Result:
        settings = self.world.house.settings
        environ = {"ONSITE_HOME": str(settings.home), "DATABASE_URL": settings.database_url}
        return CliRunner().invoke(onsite, words, input=stdin, env=environ)

    def told(self, *words: str) -> Any:
        """What a command tells machines."""
        result = self.type(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def logs_in(self, name: str, password: str) -> bool:
        now = self.world.clock.now()

        def find(session: Session) -> bool:
            return sessions.user_by_password(session, now, name, password) is not None

        return self.world.house.database.read(find)


@pytest.fixture
def keyboard(sqlite: DatabaseServer, tmp_path: Path) -> Iterator[Keyboard]:
    url = sqlite.fresh()
    world = World.open(url, tmp_path)
    yield Keyboard(world)
    world.close()
    sqlite.drop(url)


def refused(result: Result) -> str:
    """The one line with which a command ended."""
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")


# Users


def test_everybody_is_listed_for_people_and_machines(keyboard: Keyboard) -> None:
    table = keyboard.type("user", "list").stdout
    rows = keyboard.told("user", "list")
    assert [row["name"] for row in rows] == ["ann", "bob", "dora", "eve", "sue", "wang"]
    assert all(row["name"] in table and row["role"] in table for row in rows)
    assert set(rows[0]) >= {"full_name", "role", "territory", "active", "devices", "id"}
    assert "password" not in json.dumps(rows)


def test_a_password_is_made_and_told_once(keyboard: Keyboard) -> None:
    result = keyboard.type("user", "add", "new", "--role", "dispatcher", "--territory", "E")
    password = result.stdout.split()[-1]
    assert len(password) == 20
    assert keyboard.logs_in("new", password)
    assert password not in keyboard.type("user", "list").stdout
    (added,) = [row for row in keyboard.told("user", "list") if row["name"] == "new"]
    assert (added["role"], added["territory"], added["full_name"]) == ("dispatcher", "E", "new")


def test_a_password_can_be_piped_in_or_asked_for(keyboard: Keyboard) -> None:
    piped = keyboard.type("user", "password", "ann", "--password-stdin", stdin="correct horse\n")
    assert (piped.exit_code, keyboard.logs_in("ann", "correct horse")) == (0, True)
    asked = keyboard.type("user", "password", "ann", "--ask", stdin="battery staple\n" * 2)
    assert (asked.exit_code, keyboard.logs_in("ann", "battery staple")) == (0, True)
    for result in (piped, asked):
        assert "horse" not in result.output
        assert "staple" not in result.output


def test_no_option_takes_a_password_where_every_process_could_read_it(keyboard: Keyboard) -> None:
    assert keyboard.type("user", "password", "ann", "--password", "correct horse").exit_code == 2


def test_another_password_logs_out_whoever_had_the_old_one(keyboard: Keyboard) -> None:
    Door(keyboard.world).log_in("ann")
    assert len(keyboard.world.rows(StaffSession)) == 1
    assert keyboard.type("user", "password", "ann").exit_code == 0
    assert keyboard.world.rows(StaffSession) == []


def test_who_lost_their_second_factor_enters_without_it(keyboard: Keyboard) -> None:
    Door(keyboard.world).log_in("ann")
    since = update(User).where(User.name == "ann").values(second_factor=keyboard.world.clock.now())
    keyboard.world.house.database.transact(lambda session, now: session.execute(since))
    assert keyboard.type("user", "second-factor", "ann").exit_code == 0
    (ann,) = keyboard.world.rows(User, User.name == "ann")
    assert ann.second_factor is None
    assert keyboard.world.rows(StaffSession) == []


def test_somebody_leaves_and_returns(keyboard: Keyboard) -> None:
    phone = keyboard.world.device("eve")
    keyboard.type("user", "password", "eve", "--password-stdin", stdin="correct horse\n")
    assert keyboard.type("user", "deactivate", "eve").exit_code == 0
    assert not keyboard.logs_in("eve", "correct horse")
    assert phone.once()["client"] == "revoked"
    assert refused(keyboard.type("device", "code", "eve")) == "eve is not active"
    assert keyboard.type("user", "activate", "eve").exit_code == 0
    assert keyboard.logs_in("eve", "correct horse")


def test_nobody_leaves_of_whom_something_stands_open(keyboard: Keyboard) -> None:
    keyboard.type("user", "password", "ann", "--password-stdin", stdin="correct horse\n")
    visit = keyboard.world.open_visit(lead="ann")
    result = keyboard.type("user", "deactivate", "ann")
    assert visit in result.stdout
    assert keyboard.world["van-a"] in result.stdout
    assert "so ann has not left" in refused(result)
    assert keyboard.logs_in("ann", "correct horse")


def test_the_last_supervisor_does_not_leave(keyboard: Keyboard) -> None:
    assert "Make another supervisor first." in refused(keyboard.type("user", "deactivate", "sue"))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("user", "password", "anna"), "no user 'anna'; there is ann"),
        (("user", "deactivate", "zzz"), "no user 'zzz'; there is ann, bob, dora, eve, sue, wang"),
        (
            ("user", "add", "x", "--role", "warehouse", "--territory", "W"),
            "no territory 'W'; there is E",
        ),
        (("user", "add", "ann", "--role", "warehouse"), "There is one with this name already."),
        (("device", "list", "--user", "bobb"), "no user 'bobb'; there is bob"),
        (("device", "show", "ff"), "no id begins with 'ff'"),
        (("device", "revoke", "ff"), "no id begins with 'ff'"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_what_there_is(
    keyboard: Keyboard, words: tuple[str, ...], line: str
) -> None:
    assert refused(keyboard.type(*words)) == line


def test_a_short_password_is_refused(keyboard: Keyboard) -> None:
    result = keyboard.type("user", "password", "ann", "--password-stdin", stdin="short\n")
    assert refused(result) == "a password has at least 10 characters"


def test_a_database_without_tables_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    environ = {"ONSITE_HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/empty"}
    result = CliRunner().invoke(onsite, ["user", "list"], env=environ)
    assert "has `onsite release` been run?" in refused(result)


# Devices


def test_a_device_is_listed_shown_and_revoked(keyboard: Keyboard) -> None:
    phone = keyboard.world.device("ann")
    phone.sync()
    (row,) = keyboard.told("device", "list", "--user", "ann")
    assert (row["id"], row["user"], row["revoked"]) == (str(phone.id), "ann", None)
    shown = keyboard.told("device", "show", str(phone.id)[:20])
    assert (shown["facts"], shown["complete_through"], shown["open_findings"]) == (0, 0, 0)
    assert str(phone.id) in keyboard.type("device", "list").stdout
    assert keyboard.type("device", "revoke", str(phone.id), stdin="n\n").exit_code == 1
    assert keyboard.told("device", "list")[0]["revoked"] is None
    assert keyboard.type("device", "revoke", str(phone.id), "--yes").exit_code == 0
    assert keyboard.told("device", "list")[0]["revoked"] is not None
    assert phone.once()["client"] == "revoked"


def test_the_beginning_of_an_id_must_name_one_device(keyboard: Keyboard) -> None:
    for user in ("ann", "bob"):
        keyboard.world.device(user)
    assert refused(keyboard.type("device", "show", "0")) == "2 ids begin with '0'"


def test_a_code_lets_a_device_in(keyboard: Keyboard) -> None:
    code = keyboard.told("device", "code", "ann")["code"]
    assert code[:5].isalnum()
    typed = keyboard.type("device", "code", "ann").stdout
    assert "for ann, once, within 15 minutes" in typed
