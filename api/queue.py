"""Telling the queue of waiting work. The work stands in the outbox: a lost word only delays."""

import logging

from redis import Redis, RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from models.database import Nudge

log = logging.getLogger(__name__)

QUEUE = "onsite"
WORK = "worker.app.work"
REDIS_SECONDS = 2
KEPT_SECONDS = 600


def nudge_to(redis_url: str | None) -> Nudge:
    """What announces work to the queue at that address. An unreachable queue refuses nobody."""
    if redis_url is None:
        return lambda jobs: None
    redis = Redis.from_url(
        redis_url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
    )
    queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)

    def nudge(jobs: list[str]) -> None:
        try:
            for job in sorted(set(jobs)):
                queue.enqueue_call(
                    WORK, args=(job,), description=job, result_ttl=0, failure_ttl=KEPT_SECONDS
                )
        except RedisError as error:
            log.warning("the queue was not told of %s; the relay will be: %s", jobs, error)

    return nudge
