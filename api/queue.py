"""Telling the queue of waiting work. The work stands in the outbox: a lost word only delays."""

import logging

from redis import Redis, RedisError
from rq import Queue

from models.database import Nudge
from models.outbox import ANNOUNCED, ANNOUNCED_SECONDS, QUEUE

log = logging.getLogger(__name__)

WORK = "worker.app.work"
REDIS_SECONDS = 2
KEPT_SECONDS = 600
TIMEOUT_SECONDS = 600


def nudge_to(redis_url: str | None) -> Nudge:
    """What announces work to the queue at that address. An unreachable queue refuses nobody.

    One word is enough: while one waits that no worker has taken up, no second one is queued.
    """
    if redis_url is None:
        return lambda jobs: None
    redis = Redis.from_url(
        redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
    queue = Queue(QUEUE, connection=redis)

    def nudge(jobs: list[str]) -> None:
        words = ", ".join(sorted(set(jobs)))
        try:
            if redis.set(ANNOUNCED, words, nx=True, ex=ANNOUNCED_SECONDS):
                queue.enqueue_call(
                    WORK,
                    args=(),
                    description=words,
                    timeout=TIMEOUT_SECONDS,
                    result_ttl=0,
                    failure_ttl=KEPT_SECONDS,
                )
        except RedisError as error:
            log.warning("the queue was not told of %s; the relay will see it: %s", words, error)

    return nudge
