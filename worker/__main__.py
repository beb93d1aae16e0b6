"""`python -m worker`: one RQ worker on the house's queue.

With `drain` it does what waits, without a queue, and ends; with `check FOLDER` it tries photos, and
says a line of JSON of each.
"""

import json
import os
import sys
from pathlib import Path

from redis import Redis
from rq import Queue, Worker

from models import logs
from models.clock import SystemClock
from models.house import House
from models.outbox import QUEUE
from models.settings import Settings
from worker.checking import check
from worker.drain import drain


class Patient(Worker):
    """A worker that looks often whether a Redis that went away is there again."""

    max_connection_wait_time = 5.0


def main() -> None:
    """Work until told to stop, or until nothing waits."""
    settings = Settings.read(os.environ)
    logs.set_up(settings)
    if sys.argv[1:] == ["drain"]:
        drain(House.open(settings))
        return
    if sys.argv[1:2] == ["check"]:
        for found in check(Path(sys.argv[2]), SystemClock()):
            sys.stdout.write(json.dumps(found) + "\n")
        return
    if settings.redis_url is None:
        sys.exit("REDIS_URL is needed: `onsite run` starts a Redis and sets it")
    redis = Redis.from_url(settings.redis_url)
    queue = Queue(QUEUE, connection=redis)
    Patient([queue], connection=redis).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
