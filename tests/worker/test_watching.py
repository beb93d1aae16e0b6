"""Every job leaves one line and one count, however it ends."""

import logging
from dataclasses import replace

import pytest
from redis import Redis

from models import vitals
from models.derived import Subject
from models.house import House
from models.settings import Settings
from sync.working import drain
from tests.statements import state
from tests.world import World
from worker.kinds import KINDS
from worker.watching import watched


def with_redis(world: World, url: str) -> House:
    said = {"ONSITE_HOME": str(world.house.settings.home), "REDIS_URL": url}
    said |= {"DATABASE_URL": world.house.settings.database_url}
    return replace(world.house, settings=Settings.read(said))


@pytest.fixture
def busy(world: World) -> World:
    """A world in which a loaner's custody has to be derived."""
    world.drain()
    visit, ann = world.open_visit(), world.device("ann")
    state(ann, world, "loaner.handed_over", visit)
    ann.sync()
    return world


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "onsite.job"]


def test_a_job_leaves_a_line_and_a_count(
    busy: World, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    house = with_redis(busy, redis_url)
    drain(house, watched(KINDS))
    (line,) = [one for one in lines(caplog) if one.getMessage().startswith("reconcile ")]
    assert line.getMessage() == f"reconcile unit:{busy['loaner']} done, {line.__dict__['ms']} ms"
    assert (line.__dict__["outcome"], line.levelname) == ("done", "INFO")
    with Redis.from_url(redis_url) as redis:
        assert redis.hget(vitals.JOBS, "reconcile done") == b"1"
        assert redis.hexists(vitals.JOB_SECONDS, "reconcile")


def test_a_job_that_fails_is_told_and_counted_as_such(
    busy: World, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(house: House, subject: Subject) -> None:
        raise RuntimeError("the disk is full")

    drain(with_redis(busy, redis_url), watched({**KINDS, "reconcile": fail}))
    (line,) = [one for one in lines(caplog) if one.getMessage().startswith("reconcile ")]
    assert (line.__dict__["outcome"], line.levelname) == ("failed", "ERROR")
    with Redis.from_url(redis_url) as redis:
        assert redis.hget(vitals.JOBS, "reconcile failed") == b"1"
    assert busy.house.database.read(vitals.work)["reconcile"].failing == 1


def test_without_a_redis_that_answers_the_work_is_done_all_the_same(
    busy: World, caplog: pytest.LogCaptureFixture
) -> None:
    drain(with_redis(busy, "redis://:hunter2@127.0.0.1:1/0"), watched(KINDS))
    assert busy.house.database.read(vitals.work) == {}
    assert "a job was not counted" in caplog.text
    assert "hunter2" not in caplog.text
