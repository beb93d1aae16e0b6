"""What time brings, for `python -m worker.cron`, of which exactly one may run: it has no leader.

What nobody took up in time is not kept: the next one does the same. Cron calls nothing, so the
functions of `worker/app.py` are only named to it, and none of their code is read.
"""

from collections.abc import Callable
from functools import partial

from rq import cron

from models.outbox import QUEUE

RELAY_SECONDS = 10
TIMEOUT_SECONDS = 600
PROOF_SECONDS = 6 * 3600
KEPT_SECONDS = 600

due = partial(cron.register, queue_name=QUEUE, result_ttl=0, failure_ttl=KEPT_SECONDS)
short = partial(due, job_timeout=TIMEOUT_SECONDS)


def named(name: str) -> Callable[[], None]:
    """What RQ takes for the worker's function of that name."""

    def stands_for_it() -> None:
        raise NotImplementedError

    stands_for_it.__module__, stands_for_it.__name__ = "worker.app", name
    stands_for_it.__qualname__ = name
    return stands_for_it


short(named("relay"), interval=RELAY_SECONDS, ttl=2 * RELAY_SECONDS, name="relay")
short(named("minutely"), cron="* * * * *", ttl=60, name="minutely")
short(named("hourly"), cron="5 * * * *", name="hourly")
due(named("nightly"), cron="35 2 * * *", job_timeout=PROOF_SECONDS, name="nightly")
