"""One line in the log and one count for every job: its kind, its subject, how long, how it ended.

The counts lie in Redis, as RQ forks a process for each job and workers run on many machines.
"""

import logging
from collections.abc import Mapping
from functools import cache

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from models import logs, vitals
from models.derived import Subject
from models.house import House
from sync.working import Work

log = logging.getLogger("onsite.job")

REDIS_SECONDS = 1.0


def watched(kinds: Mapping[str, Work]) -> dict[str, Work]:
    """The same kinds of work, each job of which is told of and counted."""
    return {kind: _watched(kind, work) for kind, work in kinds.items()}


def _watched(kind: str, work: Work) -> Work:
    def perform(house: House, subject: Subject) -> None:
        began, outcome = house.clock.seconds(), "failed"
        logs.about(kind=kind, subject=str(subject))
        try:
            work(house, subject)
            outcome = "done"
        finally:
            _tell(house, kind, subject, outcome, house.clock.seconds() - began)
            logs.about()

    return perform


def _tell(house: House, kind: str, subject: Subject, outcome: str, seconds: float) -> None:
    milliseconds = round(seconds * 1000, 1)
    level = logging.INFO if outcome == "done" else logging.ERROR
    extra = {"outcome": outcome, "ms": milliseconds}
    log.log(level, "%s %s %s, %s ms", kind, subject, outcome, milliseconds, extra=extra)
    if house.settings.redis_url is not None:
        _count(house.settings.redis_url, kind, outcome, seconds)


def _count(redis_url: str, kind: str, outcome: str, seconds: float) -> None:
    """Count the job. Without Redis it goes uncounted; the work itself stands in the database."""
    try:
        with _redis(redis_url).pipeline() as together:
            together.hincrby(vitals.JOBS, f"{kind} {outcome}", 1)
            together.hincrbyfloat(vitals.JOB_SECONDS, kind, seconds)
            together.execute()
    except RedisError as error:
        log.warning("a job was not counted: %s", error)


@cache
def _redis(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
