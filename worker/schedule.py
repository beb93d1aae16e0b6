"""What time brings, for `rq cron`. Exactly one process may run it: it has no leader lock."""

from rq import cron

from models.outbox import QUEUE
from worker.app import hourly, relay

RELAY_SECONDS = 10

cron.register(relay, queue_name=QUEUE, interval=RELAY_SECONDS, result_ttl=0, name="relay")
cron.register(hourly, queue_name=QUEUE, cron="5 * * * *", result_ttl=0, name="hourly")
