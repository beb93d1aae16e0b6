"""`python -m worker`: one RQ worker on the house's queue.

With `drain` it does what waits, without a queue, and ends; with `check FOLDER` it tries photos, and
says a line of JSON of each.
"""

import json
import os
import sys
from pathlib import Path

from sqlalchemy.orm import configure_mappers

from models import code, logs
from models.settings import Settings


def main() -> None:
    """Work until told to stop, or until nothing waits."""
    settings = Settings.read(os.environ)
    logs.set_up(settings)
    match sys.argv[1:]:
        case ["drain"]:
            _drain(settings)
        case ["check", folder]:
            _check(Path(folder))
        case _:
            _work(settings)


def _drain(settings: Settings) -> None:
    with code.reading():
        from models.house import House
        from worker.drain import drain
    drain(House.open(settings))


def _check(folder: Path) -> None:
    from models.clock import SystemClock
    from worker.checking import check

    for found in check(folder, SystemClock()):
        sys.stdout.write(json.dumps(found) + "\n")


def _work(settings: Settings) -> None:
    if settings.redis_url is None:
        sys.exit("REDIS_URL is needed: `onsite run` starts a Redis and sets it")
    with code.reading():
        import worker.app  # noqa: F401  # Here, once for the processes that RQ forks for each job.
        from worker.patient import work

        configure_mappers()
    work(settings.redis_url)


if __name__ == "__main__":
    main()
