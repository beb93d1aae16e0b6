"""What RQ calls: the functions that a queued job names, over one house a process."""

import os
from contextlib import suppress
from functools import cache

from redis import Redis, RedisError
from rq import get_current_job

from models.house import House
from models.outbox import ANNOUNCED
from models.settings import Settings
from sync.arriving import expire_uploads
from sync.nightly import look_again, look_at_everything, note_late, note_stuck
from sync.passing import move_windows, note_overdue, note_promises, purge_gone, sweep
from sync.photos import note_missing
from sync.proof import prove
from sync.restocking import open_monthly
from sync.working import Watch
from worker.drain import shift


@cache
def house() -> House:
    """This process's house, opened when first needed: RQ forks a process for each job."""
    return House.open(Settings.read(os.environ))


def work() -> None:
    """Do what waits. The word for it is taken back first, so that whatever is announced from now
    on is announced again."""
    redis_url = house().settings.redis_url
    if redis_url is not None:
        with Redis.from_url(redis_url) as redis:
            redis.delete(ANNOUNCED)
    _shift()


def relay() -> None:
    """Do what waits and was not announced, or whose lease ran out."""
    _shift()


def minutely() -> None:
    """What falls due from one minute to the next: promises come in danger, or are broken."""
    note_promises(house())
    _shift()


def hourly() -> None:
    """What time brings: windows move, loans become overdue, photos are missing, uploads expire,
    what is long gone is forgotten, a month begins."""
    move_windows(house())
    note_overdue(house())
    note_missing(house())
    expire_uploads(house())
    purge_gone(house())
    sweep(house())
    look_again(house())
    open_monthly(house())
    _shift()


def nightly() -> None:
    """Look at what has been lacking, owed, under way or due for too long, and prove that everything
    is as it must be. What is not is a finding."""
    note_stuck(house())
    note_late(house())
    look_at_everything(house())
    _shift()
    prove(house())


def _shift() -> None:
    shift(house(), Watch(before=_show))


def _show(job: str) -> None:
    """Let whoever looks at the queue see what is being done. Work goes on without a queue."""
    current = get_current_job()
    if current is not None:
        current.meta["doing"] = job
        with suppress(RedisError):
            current.save_meta()  # type: ignore[no-untyped-call]
