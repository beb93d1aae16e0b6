"""What RQ calls: the functions that a queued job names, over one house a process."""

import os
from functools import cache

from redis import Redis

from models.house import House
from models.outbox import ANNOUNCED
from models.settings import Settings
from sync.passing import move_windows, note_overdue, purge_gone
from worker.drain import drain


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
    drain(house())


def relay() -> None:
    """Do what waits and was not announced, or whose lease ran out."""
    drain(house())


def hourly() -> None:
    """What time brings: windows move, loans become overdue, what is long gone is forgotten."""
    move_windows(house())
    note_overdue(house())
    purge_gone(house())
    drain(house())
