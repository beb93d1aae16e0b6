"""Doing what waits, with everything that this door can do."""

from datetime import timedelta

from models.house import House
from sync import working
from sync.working import Watch
from worker.kinds import KINDS
from worker.photo import DARKROOM
from worker.watching import watched

SHIFT = timedelta(minutes=5)  # less than RQ gives a job: what is left then is the relay's


class WorkFailed(Exception):
    """Some of the work failed. It is tried again; this is for whoever looks at the queue."""


def drain(house: House) -> int:
    """Do everything that waits and is free, and what follows from it; answers how much it was."""
    try:
        return working.drain(house, watched(KINDS))
    finally:
        DARKROOM.close()


def shift(house: House, watch: Watch) -> int:
    """Do what waits, for five minutes at most. Raises WorkFailed at the end if something did."""
    failures: list[str] = []
    watch.failed = lambda job, error: failures.append(f"{job}: {error!r}")
    watch.until = house.clock.now() + SHIFT
    try:
        done = working.drain(house, watched(KINDS), watch)
    finally:
        DARKROOM.close()
    if failures:
        raise WorkFailed("; ".join(failures[:5]))
    return done
