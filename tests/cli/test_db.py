"""`onsite db` and `onsite settings`: how things stand, and what is wrong."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, text

from cli.main import COMMANDS, onsite
from cli.redis_server import socket_url
from models import revision
from models.facts import Standing
from models.photos import PhotoBytes
from models.settings import SETTINGS
from sync.invariants import INVARIANTS
from tests.statements import state
from tests.world import World


def typed(world: World, *words: str) -> Result:
    settings = world.house.settings
    environ = {"ONSITE_HOME": str(settings.home), "DATABASE_URL": settings.database_url}
    return CliRunner().invoke(onsite, words, env=environ)


def test_every_command_says_in_one_line_what_it_does() -> None:
    shown = CliRunner().invoke(onsite, ["--help"], terminal_width=100).stdout
    lines = [line.split(maxsplit=1) for line in shown.partition("Commands:")[2].splitlines()]
    told = {words[0]: words[1] for words in lines if words}
    assert set(told) == set(COMMANDS)
    assert all(len(what) > 20 for what in told.values())


def test_it_says_which_version_it_is() -> None:
    result = CliRunner().invoke(onsite, ["--version"], prog_name="onsite")
    assert result.stdout == f"onsite {version('onsite')}\n"


# Where nothing is


@pytest.mark.parametrize(
    "words",
    [
        "db status", "doctor", "device list", "device code ann", "export customers", "jobs list",
        "jobs drain", "user list", "user deactivate ann", "sample",
    ],
)  # fmt: skip
def test_a_command_leaves_nothing_where_nothing_is_and_says_so(tmp_path: Path, words: str) -> None:
    home = tmp_path / "mistyped"
    result = CliRunner().invoke(onsite, words.split(), env={"ONSITE_HOME": str(home)})
    assert result.exit_code == 1
    assert result.output == (
        f"Error: there is no {home}/onsite.sqlite3: `make run` makes it; "
        "or name the folder of another by ONSITE_HOME\n"
    )
    assert not home.exists()


@pytest.mark.parametrize("words", ["settings", "plans coverage", "template customers"])
def test_what_needs_no_database_makes_no_folder(tmp_path: Path, words: str) -> None:
    home = tmp_path / "home"
    result = CliRunner().invoke(onsite, words.split(), env={"ONSITE_HOME": str(home)})
    assert (result.exit_code, home.exists()) == (0, False), result.output


def test_what_only_looks_at_a_server_makes_no_folder(postgresql_url: str, tmp_path: Path) -> None:
    environ = {"ONSITE_HOME": str(tmp_path / "home"), "DATABASE_URL": postgresql_url}
    result = CliRunner().invoke(onsite, ["user", "list"], env=environ)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "home").exists()


# The database


def test_the_status_tells_revision_size_backlog_and_rows(world: World) -> None:
    world.drain()
    world.open_visit()
    told = json.loads(typed(world, "db", "status", "--json").stdout)
    assert told["revision"] == told["wanted_revision"] == revision.expected()
    assert told["bytes"] > 10_000
    assert told["rows"]["visit"] == 1
    assert told["waiting_marks"] > 0
    shown = typed(world, "db", "status").stdout
    assert "user_account" in shown
    assert "upload " not in shown  # a table without rows


def test_the_status_holds_no_password(world: World) -> None:
    told: dict[str, Any] = json.loads(typed(world, "db", "status", "--json").stdout)
    assert "@" not in told["database"].replace("***@", "")


def test_migrating_what_is_up_to_date_does_nothing(world: World) -> None:
    result = typed(world, "db", "migrate")
    assert (result.exit_code, result.stdout) == (0, f"{revision.expected()}: nothing to do\n")


def test_migrating_an_empty_database_makes_its_tables(tmp_path: Path) -> None:
    environ = {"ONSITE_HOME": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/empty"}
    result = CliRunner().invoke(onsite, ["db", "migrate"], env=environ)
    assert result.stdout == f"empty → {revision.expected()}\n"


def test_a_database_of_which_all_holds_passes_the_check(world: World) -> None:
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "visit.arrived", visit)
    ann.sync()
    world.drain()
    result = typed(world, "doctor")
    assert result.exit_code == 0, result.output
    asked = len(INVARIANTS) + 1  # and whether photos have their bytes
    assert result.stderr.count("holds") == asked
    assert result.stderr.splitlines()[-1] == f"All {asked} hold."


def test_the_data_are_proved_while_work_goes_on(world: World) -> None:
    """Each question is asked of one moment, whatever is written meanwhile."""
    visit, ann = world.open_visit(), world.device("ann")
    settings = world.house.settings
    environ = {"ONSITE_HOME": str(settings.home), "DATABASE_URL": settings.database_url}
    command = [sys.executable, "-m", "cli", "doctor"]
    with ThreadPoolExecutor(1) as pool:
        proving = pool.submit(
            subprocess.run, command, env={**os.environ, **environ}, capture_output=True, text=True
        )
        written = 0
        while not proving.done():
            state(ann, world, "visit.arrived", visit)
            state(ann, world, "note.added", visit)
            ann.sync()
            world.drain()
            written += 2
    told = proving.result()
    assert told.returncode == 0, told.stderr
    assert written > 2


def test_photos_that_are_gone_are_told(world: World, tmp_path: Path) -> None:
    photo = PhotoBytes(
        id=world.new("photo"), sha256="ab" * 32, size=9, type="image/jpeg", state="arrived",
        seen={}, reason=None, arrived=world.clock.now(), erased=None, erased_under=None,
    )  # fmt: skip
    world.house.database.transact(lambda session, now: session.add(photo))
    result = typed(world, "doctor")
    assert result.exit_code == 1
    assert f"the store lacks {photo.sha256}" in result.stderr


def test_a_violation_is_told_and_ends_with_an_error(world: World) -> None:
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "visit.arrived", visit)
    ann.sync()
    world.drain()
    world.house.database.transact(lambda session, now: session.execute(delete(Standing)))
    result = typed(world, "doctor", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert "nothing waits to judge it" in found["every_fact_is_judged"][0]
    assert found["books_sum_to_zero"] == []
    assert "has no standing" in result.stderr
    last = result.stderr.splitlines()[-1]
    assert f" of {len(INVARIANTS) + 1} do not hold: " in last
    assert "every fact is judged" in last


def test_what_is_derived_is_derived_again_and_what_changed_is_told(world: World) -> None:
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "visit.arrived", visit)
    ann.sync()
    world.drain()
    world.house.database.transact(lambda session, now: session.execute(delete(Standing)).close())
    result = typed(world, "doctor", "--repair", "--json")
    assert result.exit_code == 0, result.output
    assert "every fact is judged: 1 violations, now 0" in result.stderr
    told = json.loads(result.stdout)
    assert len(told["before"]["every_fact_is_judged"]) == 1
    assert told["after"]["every_fact_is_judged"] == []


def test_another_revision_is_seen(world: World) -> None:
    with world.house.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    told = json.loads(typed(world, "db", "status", "--json").stdout)
    assert told["revision"] == "older" != told["wanted_revision"]


# Settings


def settings(**environ: str) -> Result:
    return CliRunner().invoke(onsite, ["settings", "--json"], env=environ)


def test_the_settings_in_force_are_told_and_where_they_come_from(tmp_path: Path) -> None:
    result = settings(ONSITE_HOME=str(tmp_path), PORT="9000")
    told = {one["variable"]: (one["value"], one["said_by"]) for one in json.loads(result.stdout)}
    assert list(told) == [setting.name for setting in SETTINGS]
    assert told["PORT"] == ("9000", "environment")
    assert told["TLS"] == ("0", "default")
    assert told["BLOB_URL"] == (f"file://{tmp_path}/blobs", "default")
    assert result.exit_code == 0
    shown = CliRunner().invoke(onsite, ["settings"], env={"PORT": "9000"}).stdout
    assert "9000" in shown


def test_what_a_run_decides_by_itself_is_told_beside_what_was_said(tmp_path: Path) -> None:
    def by_run(**environ: str) -> dict[str, str]:
        rows = json.loads(settings(ONSITE_HOME=str(tmp_path / "h"), **environ).stdout)
        return {one["variable"]: one["under_run"] for one in rows if one["under_run"]}

    assert by_run() == {
        "REDIS_URL": socket_url(tmp_path / "h" / "redis") or "one of its own, at a free port",
        "ONSITE_LOG_FORMAT": "text",
        "ONSITE_SECOND_FACTOR": "offered",
    }
    said = {
        "REDIS_URL": "redis://r",
        "ONSITE_LOG_FORMAT": "json",
        "ONSITE_SECOND_FACTOR": "offered",
    }
    assert by_run(**said) == {}


def test_all_that_is_wrong_is_a_line_each_and_no_secret_is_shown(tmp_path: Path) -> None:
    result = settings(
        ONSITE_HOME=str(tmp_path),
        DATABASE_URL="postgresql://me:hunter2@db/x",
        ONSITE_METRICS_TOKEN="hunter2hunter2hunter2",
        PORT="hunter2",
        TLS="hunter2",
        ONSITE_LOGLEVEL="hunter2",
    )
    assert result.exit_code == 1
    assert "hunter2" not in result.output
    assert [line.partition(" must")[0] for line in result.stderr.splitlines()] == [
        "Warning: ONSITE_LOGLEVEL is no setting; ONSITE_LOG_LEVEL is one",
        "Error: PORT",
        "Error: TLS",
    ]
