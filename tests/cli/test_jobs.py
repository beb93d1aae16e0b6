"""`onsite jobs`: what waits is seen, what is dead is run again, and all is done on request."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session

from cli.main import onsite
from models import outbox
from models.clock import SystemClock
from models.derived import Job, Subject
from models.findings import Finding
from models.outbox import Outbox
from sync.dying import note_dead
from tests.statements import state
from tests.world import World

Command = Callable[..., Result]


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(database_url, tmp_path)
    opened.drain()
    yield opened
    opened.close()


@pytest.fixture
def onsite_jobs(world: World, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, told where the world's database is."""
    settings = world.house.settings
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ONSITE_HOME", str(settings.home))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Result:
        return CliRunner().invoke(onsite, ["jobs", *words], catch_exceptions=False)

    return run


def put_dead(world: World) -> int:
    """One piece of work that is dead; answers its id."""

    def body(session: Session, now: datetime) -> None:
        outbox.put(session, now, [Job("reconcile", Subject("book", UUID(int=7)))])

    world.house.database.transact(body)
    (row,) = world.rows(Outbox)

    def die(session: Session, now: datetime) -> None:
        one = session.get_one(Outbox, row.id)
        one.attempts, one.dead = outbox.ATTEMPTS_MAX, now
        one.created = now - timedelta(days=3)
        one.error = "OSError: the disk is full"

    world.house.database.transact(die)
    note_dead(world.house)
    return int(row.id)


def test_nothing_waits(onsite_jobs: Command) -> None:
    assert onsite_jobs().output == onsite_jobs("list").output == "Nothing waits.\n"


def test_the_list_says_what_waits_and_what_is_dead(world: World, onsite_jobs: Command) -> None:
    id_ = put_dead(world)
    said = onsite_jobs("list").output
    line = next(line for line in said.splitlines() if line.split()[:1] == [str(id_)])
    assert "reconcile" in line
    assert "dead" in line
    assert "OSError: the disk is full" in line
    assert "onsite jobs retry --dead" in said


def test_the_list_is_told_to_machines_too(world: World, onsite_jobs: Command) -> None:
    assert json.loads(onsite_jobs("list", "--json").stdout) == []
    id_ = put_dead(world)
    (row,) = json.loads(onsite_jobs("list", "--json").stdout)
    assert (row["id"], row["kind"], row["state"], row["tries"]) == (id_, "reconcile", "dead", 12)
    assert row["last_error"] == "OSError: the disk is full"
    assert row["dead_since"].endswith("Z")
    assert row["next_try"] is None


@pytest.mark.parametrize("by_id", [True, False])
def test_dead_work_is_offered_again(world: World, onsite_jobs: Command, by_id: bool) -> None:
    id_ = put_dead(world)
    result = onsite_jobs("retry", str(id_) if by_id else "--dead")
    assert (result.exit_code, result.output[:2]) == (0, "1 ")
    assert [(row.dead, row.attempts, row.leased) for row in world.rows(Outbox)] == [(None, 0, None)]
    assert {one.state for one in world.rows(Finding)} == {"gone"}


def test_what_is_not_dead_is_not_offered_again(world: World, onsite_jobs: Command) -> None:
    assert onsite_jobs("retry").exit_code == 2
    assert onsite_jobs("retry", "--dead", "3").exit_code == 2
    result = onsite_jobs("retry", "999999")
    assert result.exit_code == 1
    assert "not dead" in result.output


def test_everything_is_done_here_and_now(world: World, onsite_jobs: Command) -> None:
    world.clock.instant = SystemClock().now()  # the worker reads the machine's clock
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "loaner.handed_over", visit)
    ann.sync()
    assert world.rows(Outbox) != []
    result = onsite_jobs("drain")
    assert result.exit_code == 0
    assert "Nothing waits any more." in result.output
    assert world.rows(Outbox) == []
