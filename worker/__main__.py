"""`python -m worker`: one RQ worker on the house's queue."""

import logging
import os
import sys

from redis import Redis
from rq import Queue, Worker

from models.outbox import QUEUE
from models.settings import Settings


def main() -> None:
    """Work until told to stop."""
    settings = Settings.read(os.environ)
    logging.basicConfig(level=settings.log_level)
    logging.getLogger("rq").setLevel(max(logging.WARNING, logging.getLogger().level))
    if settings.redis_url is None:
        sys.exit("REDIS_URL is needed: `onsite run` starts a Redis and sets it")
    redis = Redis.from_url(settings.redis_url)
    queue = Queue(QUEUE, connection=redis)
    worker = Worker([queue], connection=redis)
    worker.work(logging_level="WARNING", with_scheduler=True)


if __name__ == "__main__":
    main()
