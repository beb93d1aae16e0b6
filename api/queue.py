"""Telling the queue of waiting work. The work stands in the outbox: a lost word only delays."""

import logging
from contextlib import suppress
from queue import Full
from queue import Queue as Slot
from threading import Lock, Thread

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue

from models.database import Nudge
from models.outbox import ANNOUNCED, ANNOUNCED_SECONDS, QUEUE

log = logging.getLogger(__name__)

WORK = "worker.app.work"
REDIS_SECONDS = 2
KEPT_SECONDS = 600
TIMEOUT_SECONDS = 600


def nudge_to(redis_url: str | None) -> Nudge:
    """What announces work to the queue at that address. An unreachable queue refuses nobody."""
    return Herald(redis_url).hear if redis_url is not None else lambda jobs: None


class Herald:
    """Tells the queue from a thread of its own, so that no request ever waits for Redis.

    One word is enough: while one waits here or in the queue that nobody has taken up, no second
    one is added.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._queue = Queue(QUEUE, connection=self._redis)
        self._slot: Slot[str] = Slot(maxsize=1)
        self._starting = Lock()
        self._thread: Thread | None = None

    def hear(self, jobs: list[str]) -> None:
        """Pass the word on, soon. Returns at once, whatever Redis does."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():  # not yet, or left by a fork
                self._thread = Thread(target=self._speak, name="herald", daemon=True)
                self._thread.start()
        with suppress(Full):
            self._slot.put_nowait(", ".join(sorted(set(jobs))))

    def _speak(self) -> None:
        while True:
            self._tell(self._slot.get())

    def _tell(self, words: str) -> None:
        try:
            if self._redis.set(ANNOUNCED, words, nx=True, ex=ANNOUNCED_SECONDS):
                self._queue.enqueue_call(
                    WORK,
                    args=(),
                    description=words,
                    timeout=TIMEOUT_SECONDS,
                    result_ttl=0,
                    failure_ttl=KEPT_SECONDS,
                )
        except RedisError as error:
            log.warning("the queue was not told of %s; the relay will see it: %s", words, error)
