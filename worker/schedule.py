"""What time brings, for `python -m worker.cron`, of which exactly one may run: it has no leader.

What nobody took up in time is not kept: the next one does the same.
"""

from functools import partial

from rq import cron

from models.outbox import QUEUE
from worker.app import hourly, minutely, nightly, relay

RELAY_SECONDS = 10
TIMEOUT_SECONDS = 600
PROOF_SECONDS = 6 * 3600
KEPT_SECONDS = 600

due = partial(cron.register, queue_name=QUEUE, result_ttl=0, failure_ttl=KEPT_SECONDS)
short = partial(due, job_timeout=TIMEOUT_SECONDS)

short(relay, interval=RELAY_SECONDS, ttl=2 * RELAY_SECONDS, name="relay")
short(minutely, cron="* * * * *", ttl=60, name="minutely")
short(hourly, cron="5 * * * *", name="hourly")
due(nightly, cron="35 2 * * *", job_timeout=PROOF_SECONDS, name="nightly")
