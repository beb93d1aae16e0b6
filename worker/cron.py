"""`python -m worker.cron`: RQ's scheduler, which also outlives a Redis that goes and comes back."""

import logging
import os
import sys

from redis import ConnectionError as NoConnection
from redis import Redis, RedisError
from redis import TimeoutError as NoAnswer
from rq.cron import CronScheduler
from rq.exceptions import StopRequested

from models import logs
from models.clock import SystemClock
from models.settings import Settings

RETRY_SECONDS = 2
SCHEDULE = "worker.schedule"

log = logging.getLogger(__name__)


def main() -> None:
    """Enqueue what is due until told to stop."""
    settings = Settings.read(os.environ)
    logs.set_up(settings)
    if settings.redis_url is None:
        sys.exit("REDIS_URL is needed: `onsite run` starts a Redis and sets it")
    try:
        while not _scheduled(settings.redis_url):
            SystemClock().sleep(RETRY_SECONDS)
    except StopRequested:
        pass


def _scheduled(redis_url: str) -> bool:
    """Run the schedule until somebody stops it; False if Redis went away."""
    with Redis.from_url(redis_url) as redis:
        scheduler = CronScheduler(connection=redis, logging_level="WARNING")
        scheduler.load_config_from_file(SCHEDULE)
        try:
            scheduler.start()  # type: ignore[no-untyped-call]
        except (NoConnection, NoAnswer, RedisError) as error:
            log.warning("Redis does not answer, and is asked again soon: %s", error)
            return False
    return True


if __name__ == "__main__":
    main()
