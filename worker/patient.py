"""A worker of RQ that goes on when Redis comes back. RQ's own quits when it misses Redis anywhere
but in its waiting for work."""

import logging
from types import FrameType

from redis import Redis, RedisError
from rq import Queue, Worker
from rq.exceptions import StopRequested

from models.clock import SystemClock
from models.outbox import QUEUE

RETRY_SECONDS = 2

log = logging.getLogger(__name__)


class Patient(Worker):
    """A worker that looks often whether Redis is there again, and knows if it was told to stop."""

    max_connection_wait_time = 5.0
    told = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.told = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def work(redis_url: str) -> None:
    """Do what is queued until told to stop, whatever Redis does."""
    try:
        while not _worked(redis_url):
            SystemClock().sleep(RETRY_SECONDS)
    except StopRequested:
        pass


def _worked(redis_url: str) -> bool:
    """Work until told to stop; False if RQ gave up before."""
    worker = None
    with Redis.from_url(redis_url) as redis:
        try:
            worker = Patient([Queue(QUEUE, connection=redis)], connection=redis)
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("Redis does not answer, and is asked again soon: %s", error)
    if worker is None:
        return False
    if worker.horse_pid:
        worker.wait_for_horse()  # It goes on with its shift meanwhile: the work needs no Redis.
    return worker.told
