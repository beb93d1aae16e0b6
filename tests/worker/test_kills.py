"""Whatever dies, and however often: nothing is lost, nothing is done twice, all of it is done."""

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.database import announce
from models.outbox import LEASE, Outbox
from tests.api.door import Phone
from tests.api.live import Live
from tests.chaos import (
    BACKLOG_MAX,
    CLOCK,
    DRAIN_SECONDS,
    Field,
    Plant,
    photograph,
    plant,
    wait_until,
)
from tests.conftest import Figures
from tests.servers import DatabaseServer, scratch_folder
from tests.statements import state
from worker.patient import RETRY_SECONDS


@pytest.fixture
def running(postgresql: DatabaseServer, tmp_path: Path) -> Iterator[Plant]:
    url = postgresql.fresh()
    with scratch_folder() as folder, plant(url, tmp_path, folder) as running:
        yield running
    postgresql.drop(url)


def job_seconds(running: Plant) -> float:
    """What a photo takes here, from its lease to its end, if nothing holds it up."""

    def one() -> float:
        begun = begun_work(running)
        began = CLOCK.now()
        wait_until(lambda: not begun <= running.leased(), DRAIN_SECONDS)
        return (CLOCK.now() - began).total_seconds()

    return min(one() for _ in range(3))


def kill_at_work(running: Plant, dice: random.Random, seconds: float) -> float:
    """Kill all workers at a random moment of a job that takes so long; answers the share of it.

    Some jobs are let through before, or none would ever end. The one that is hit was under way if
    its lease is still there afterwards, as its end would have taken it.
    """
    cut: set[tuple[int, int]] = set()
    while not cut:
        for _ in range(dice.randint(2, 4)):
            begun = begun_work(running)
        share = dice.random()
        CLOCK.sleep(share * seconds)
        if not begun & running.leased():
            continue  # It has ended already: the next one, then.
        running.kill(*running.workers)
        cut = begun & running.leased()
        running.start(*running.workers)
    return round(share, 2)


def begun_work(running: Plant) -> set[tuple[int, int]]:
    """What somebody has just begun to work on. The phones go on bringing work meanwhile."""
    known = running.leased()
    for _ in range(DRAIN_SECONDS * 50):
        if begun := running.leased() - known:
            return begun
        CLOCK.sleep(0.02)
    raise AssertionError("nobody begins anything")


def as_if_leases_ran_out(running: Plant) -> None:
    """What 30 seconds bring."""

    def body(session: Session, now: datetime) -> None:
        session.execute(update(Outbox).values(leased=None))
        announce(session, "all of it")

    running.world.house.database.transact(body)


def kill_redis_at_work(running: Plant) -> None:
    """Redis is not there when a job ends, nor when its worker looks for it again."""
    begun = begun_work(running)
    running.kill("redis")
    wait_until(lambda: not begun & running.leased())
    CLOCK.sleep(2 * RETRY_SECONDS)
    running.start("redis")
    running.wait_for_redis()


def test_workers_and_a_redis_that_are_killed_at_work_lose_nothing(running: Plant) -> None:
    field, dice = Field(running), random.Random(1)
    with field.busy(pause=0.1, most=BACKLOG_MAX // 2):
        seconds = job_seconds(running)
        for _ in range(2):
            kill_at_work(running, dice, seconds)
        kill_redis_at_work(running)
    as_if_leases_ran_out(running)
    running.wait_until_done()
    running.check(field.photos)


@pytest.mark.proof
def test_a_hundred_kills_of_workers(running: Plant, figures: Figures) -> None:
    """All workers die together, each time while one is at work; the leases are the real ones."""
    kills, field, dice = 100, Field(running), random.Random(2)
    with field.busy(pause=0.1, photos=3, most=2 * BACKLOG_MAX):
        job = job_seconds(running)
        rounds = kills // len(running.workers)
        shares = [kill_at_work(running, dice, job) for _ in range(rounds)]
    seconds = running.wait_until_done()
    running.check(field.photos)
    figures(
        kills=kills, rounds=rounds, photos=field.photos,
        seconds_until_all_done=round(seconds, 1), refused=field.refused,
        earliest_share=min(shares), latest_share=max(shares), job_seconds=round(job, 2),
    )  # fmt: skip


@pytest.mark.proof
def test_twenty_kills_of_redis(running: Plant, figures: Figures) -> None:
    kills, field, dice = 20, Field(running), random.Random(3)
    with field.busy(pause=0.5):
        for _ in range(kills):
            CLOCK.sleep(dice.uniform(0.2, 2))
            running.kill("redis")
            CLOCK.sleep(dice.uniform(0, 1))
            running.start("redis")
            running.wait_for_redis()
    seconds = running.wait_until_done()
    running.check(field.photos)
    assert field.refused == 0
    figures(
        kills=kills, photos=field.photos, exchanges=field.exchanges, refused=field.refused,
        seconds_until_all_done=round(seconds, 1),
    )  # fmt: skip


@pytest.mark.proof
def test_twenty_kills_of_the_web_in_the_middle_of_a_patch(running: Plant, figures: Figures) -> None:
    kills, field, dice = 20, Field(running), random.Random(4)
    for number in range(kills):
        cut_in_a_patch(running, field, dice, number)
    seconds = running.wait_until_done()
    running.check(field.photos)
    figures(kills=kills, photos=field.photos, seconds_until_all_done=round(seconds, 1))


def cut_in_a_patch(running: Plant, field: Field, dice: random.Random, number: int) -> None:
    """The web dies when part of a PATCH has come; the phone goes on when it is there again."""
    world = running.world
    device, token = field.phone()
    visit, data = world.open_visit(f"cut {number}"), photograph(9000 + number)
    sha256 = hashlib.sha256(data).hexdigest()
    promised = {"sha256": sha256, "size": len(data), "type": "image/jpeg"}
    state(device, world, "photo.taken", visit, photo=promised)
    device.sync()
    live = Live(running.port, world.house.settings.home / "log")
    phone = Phone(device, token)

    def cut(place: str) -> None:
        at = live.offset(place, phone)
        if at > 0:
            return
        part = dice.randrange(len(data) // 4, len(data) - 1)
        with live.appending(place, phone, 0, len(data)) as connection:
            connection.sendall(data[:part])
            wait_until(lambda: live.offset(place, phone) > 0)
            running.kill("web")
        running.start("web")
        running.wait_for_web()
        assert live.offset(place, phone) > 0  # what had arrived is kept

    field.upload(token, data, cut)
    field.photos += 1


@pytest.mark.proof
def test_a_minute_without_redis_under_load(running: Plant, figures: Figures) -> None:
    """No exchange is refused, and what piled up is done afterwards."""
    field = Field(running)
    with field.busy(pause=0.5, most=10**6):
        CLOCK.sleep(5)
        before = field.exchanges
        running.kill("redis")
        CLOCK.sleep(60)
        during, backlog = field.exchanges - before, running.waiting()
        running.start("redis")
        running.wait_for_redis()
    seconds = running.wait_until_done()
    running.check(field.photos)
    assert field.refused == 0
    assert min(during, backlog) > 0
    figures(
        exchanges_without_redis=during, refused=field.refused, backlog=backlog,
        slowest_exchange_seconds=round(field.slowest, 2), seconds_until_all_done=round(seconds, 1),
        lease_seconds=LEASE.seconds,
    )  # fmt: skip
