"""`python -m worker`: one RQ worker on the house's queue.

With `drain` it does what waits, without a queue, and ends; with `check FOLDER` it tries photos, and
says a line of JSON of each.
"""

import json
import os
import sys
from pathlib import Path

from models import logs
from models.clock import SystemClock
from models.house import House
from models.settings import Settings
from worker.drain import drain
from worker.patient import work


def main() -> None:
    """Work until told to stop, or until nothing waits."""
    settings = Settings.read(os.environ)
    logs.set_up(settings)
    if sys.argv[1:] == ["drain"]:
        drain(House.open(settings))
        return
    if sys.argv[1:2] == ["check"]:
        from worker.checking import check

        for found in check(Path(sys.argv[2]), SystemClock()):
            sys.stdout.write(json.dumps(found) + "\n")
        return
    if settings.redis_url is None:
        sys.exit("REDIS_URL is needed: `onsite run` starts a Redis and sets it")
    work(settings.redis_url)


if __name__ == "__main__":
    main()
