"""What time brings: the functions that cron enqueues, and what each of them sees to."""

from pathlib import Path

import pytest
from redis import Redis
from rq.cron import CronScheduler

from models.findings import Finding
from models.outbox import QUEUE
from models.people import Device
from models.photos import PhotoBytes
from models.uploads import UPLOAD_LIFE, Upload, begin_upload
from tests.pictures import picture
from tests.worker.test_photo import arrive, findings, promise, sha256_of, shown
from tests.world import World
from worker import app
from worker.cron import SCHEDULE

DATA = picture("PNG")


@pytest.fixture(autouse=True)
def at_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's house is the world's."""
    monkeypatch.setattr(app, "house", lambda: world.house)


def begin(world: World) -> Upload:
    """The phone's upload of DATA."""
    return world.house.database.transact(
        lambda session, now: begin_upload(
            session, now, world.ids, session.get_one(Device, world.named["phone"]),
            sha256_of(DATA), len(DATA),
        )
    )  # fmt: skip


def found(world: World) -> set[str]:
    """What a person must look at, but for the phone's clock, which is nobody's concern here."""
    return findings(world).keys() - {"device.clock"}


def test_each_hour_uploads_expire_and_photos_are_missing(world: World) -> None:
    promise(world, DATA)
    file = world.house.uploads / str(begin(world).id)
    file.write_bytes(DATA[:10])
    app.hourly()
    assert found(world) == set()
    assert file.exists()
    world.clock.advance(UPLOAD_LIFE.total_seconds())
    app.hourly()
    assert found(world) == {"photo.missing"}
    assert shown(world) == {sha256_of(DATA): "missing"}
    assert world.rows(Upload) == []
    assert not file.exists()


def test_each_night_what_does_not_hold_is_found_until_it_holds_again(
    world: World, tmp_path: Path
) -> None:
    promise(world, DATA)
    sha256 = arrive(world, tmp_path, DATA)
    world.drain()
    app.nightly()
    assert found(world) == set()
    preview = next(name for name in world.house.blobs.names() if name.endswith(".320.webp"))
    kept = world.house.blobs.path(preview)  # type: ignore[attr-defined]
    kept.rename(tmp_path / "elsewhere")
    app.nightly()
    assert found(world) == {"house.proof"}
    assert sha256 in str(findings(world)["house.proof"])
    (tmp_path / "elsewhere").rename(kept)
    app.nightly()
    assert found(world) == set()
    assert [one.state for one in world.rows(Finding, Finding.code == "house.proof")] == ["gone"]


def test_work_that_nobody_was_told_of_is_done_by_the_relay(world: World, tmp_path: Path) -> None:
    promise(world, DATA)
    arrive(world, tmp_path, DATA)
    app.relay()
    assert [one.state for one in world.rows(PhotoBytes)] == ["present"]


def test_cron_knows_when_each_is_due(redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        scheduler = CronScheduler(connection=redis, logging_level="WARNING")
        for _ in range(2):  # as after a Redis that went and came back
            scheduler = CronScheduler(connection=redis, logging_level="WARNING")
            scheduler.load_config_from_file(SCHEDULE)
        jobs = {job.name: job for job in scheduler.get_jobs()}
        enqueued = [job.enqueue(redis) for job in jobs.values()]
    assert {name: job.interval or job.cron for name, job in jobs.items()} == {
        "relay": 10, "minutely": "* * * * *", "hourly": "5 * * * *", "nightly": "35 2 * * *",
    }  # fmt: skip
    assert {job.queue_name for job in jobs.values()} == {QUEUE}
    assert {job.func for job in enqueued} == {
        app.relay, app.minutely, app.hourly, app.nightly,
    }  # fmt: skip
