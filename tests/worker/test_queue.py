"""A word to the queue makes work happen soon; without the queue it happens all the same."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job

from api.queue import nudge_to
from models.clock import SystemClock
from models.derived import Subject
from models.house import House
from models.outbox import ANNOUNCED, QUEUE, Outbox
from tests.statements import state
from tests.world import World
from worker import app
from worker.kinds import KINDS
from worker.patient import RETRY_SECONDS, work

PROMPT_SECONDS = 1.0


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def worker_house(world: World, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The worker's own house, as its environment names it."""
    settings = world.house.settings
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ONSITE_HOME", str(settings.home))
    monkeypatch.setenv("REDIS_URL", redis_url)
    app.house.cache_clear()
    yield
    app.house().close()
    app.house.cache_clear()


def make_work(world: World, name: str = "visit") -> None:
    """A visit at which a loaner changes hands: the worker has to derive its custody."""
    visit, ann = world.open_visit(name), world.device("ann")
    state(ann, world, "loaner.handed_over", visit)
    ann.sync()
    assert world.rows(Outbox) != []


def wait_for(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        SystemClock().sleep(0.01)
    raise AssertionError("it did not come true in time")


def work_off(redis: Redis) -> None:
    """A worker that goes home when the queue is empty."""
    queue = Queue(QUEUE, connection=redis)
    SimpleWorker([queue], connection=redis).work(burst=True, logging_level="WARNING")


def test_a_word_makes_the_worker_do_what_waits(
    world: World, redis: Redis, redis_url: str, worker_house: None
) -> None:
    world.house.database.nudge = nudge_to(redis_url)
    queue = Queue(QUEUE, connection=redis)
    for name in ("first", "second"):
        make_work(world, name)
        wait_for(lambda: len(queue) == 1)
        work_off(redis)
        assert world.rows(Outbox) == []
        assert len(queue) == 0


def test_while_one_word_waits_no_second_one_is_queued(
    world: World, redis: Redis, redis_url: str, worker_house: None
) -> None:
    world.house.database.nudge = nudge_to(redis_url)
    queue = Queue(QUEUE, connection=redis)
    for number in range(5):
        make_work(world, f"visit {number}")
    wait_for(lambda: len(queue) == 1)
    SystemClock().sleep(0.2)
    assert len(queue) == 1
    assert redis.exists(ANNOUNCED)
    work_off(redis)
    assert world.rows(Outbox) == []
    assert not redis.exists(ANNOUNCED)


def test_work_that_was_never_announced_is_done_by_the_relay(
    world: World, worker_house: None
) -> None:
    make_work(world)
    app.relay()
    assert world.rows(Outbox) == []


def test_a_word_that_was_lost_is_given_again(
    world: World, redis: Redis, redis_url: str, worker_house: None
) -> None:
    """The mark that a word waits goes by itself, so a queue that was emptied heals."""
    world.house.database.nudge = nudge_to(redis_url)
    make_work(world)
    wait_for(lambda: redis.exists(ANNOUNCED) == 1)
    assert 0 < redis.ttl(ANNOUNCED) <= 60


def test_the_tools_of_rq_show_what_failed_and_what_was_done_last(
    world: World, redis: Redis, redis_url: str, worker_house: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(house: House, subject: Subject) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setitem(KINDS, "reconcile", fail)
    world.house.database.nudge = nudge_to(redis_url)
    make_work(world)
    queue = Queue(QUEUE, connection=redis)
    wait_for(lambda: len(queue) == 1)
    work_off(redis)
    (id_,) = queue.failed_job_registry.get_job_ids()
    failed = Job.fetch(id_, connection=redis)
    result = failed.latest_result()
    assert result is not None
    assert "the disk is full" in str(result.exc_string)
    assert failed.meta["doing"].split()[0] in KINDS
    info = Path(sys.executable).with_name("rq")
    done = subprocess.run([info, "info", "--url", redis_url], capture_output=True, check=False)
    assert QUEUE.encode() in done.stdout


def test_a_worker_waits_for_a_redis_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = []

    def pause(clock: SystemClock, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise StopRequested

    monkeypatch.setattr(SystemClock, "sleep", pause)
    work("unix:///nowhere/redis.sock")
    assert pauses == [RETRY_SECONDS] * 3


@pytest.fixture
def hanging() -> Iterator[str]:
    """A Redis that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("kind", ["down", "hanging", "full"])
def test_nobody_waits_for_a_queue_that_does_not_answer(
    world: World, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "hanging":
        url = request.getfixturevalue("hanging")
    else:
        url = "redis://127.0.0.1:1/0" if kind == "down" else "unix:///nowhere/redis.sock"
    nudge = nudge_to(url)
    began = perf_counter()
    for number in range(1000):
        nudge([f"judge {number}"])
    assert perf_counter() - began < PROMPT_SECONDS
    world.house.database.nudge = nudge
    make_work(world)
    world.drain()
    assert world.rows(Outbox) == []


def test_without_a_queue_nothing_is_told() -> None:
    nudge_to(None)(["judge 1"])
