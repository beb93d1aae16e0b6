"""What this process counts for Prometheus: requests by pattern of address, and exchanges.

No label has more values than the program has: never an id, never an address as it was asked.
Under gunicorn the counts of all its processes lie in a folder (see api/serving.py) and are added
up when somebody reads them.
"""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.values import MutexValue, ValueClass

from sync.exchange import Answer

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

OWN = CollectorRegistry()


def _counter(name: str, what: str, *labels: str) -> Counter:
    return Counter(name, what, labels, registry=OWN)


REQUESTS = _counter(
    "onsite_requests",
    "Requests that were answered, by method, route and status.",
    *("method", "route", "status"),
)
SECONDS = Histogram(
    "onsite_request_seconds",
    "How long requests took until their last byte had gone, by method and route.",
    ["method", "route"],
    buckets=BUCKETS,
    registry=OWN,
)
RUNNING = Gauge(
    "onsite_requests_running",
    "Requests that are being answered now; each holds one thread.",
    multiprocess_mode="livesum",
    registry=OWN,
)
RECEIVED = _counter("onsite_received_bytes", "Bytes of bodies that came in, by route.", "route")
SENT = _counter("onsite_sent_bytes", "Bytes of bodies that went out, by route.", "route")
EXCHANGES = _counter(
    "onsite_exchanges", "Exchanges, by what the client was told: ok, upgrade or revoked.", "client"
)
FACTS = _counter(
    "onsite_facts", "Receipts for facts, stored or refused; those of repeats too.", "receipt"
)
DOCUMENTS = _counter("onsite_documents_sent", "Documents that went to devices.")
RESETS = _counter("onsite_resets", "Devices that were told to start anew, by reason.", "reason")


def counted(folder: Path) -> CollectorRegistry:
    """What was counted: by all processes where several share it, else by this one."""
    if ValueClass is MutexValue:
        return OWN
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    return registry


def count_request(
    method: str, route: str, status: int, seconds: float, received: int, sent: int
) -> None:
    """Count a request that was answered."""
    method = method if method in METHODS else "other"
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(method, route).observe(seconds)
    RECEIVED.labels(route).inc(received)
    SENT.labels(route).inc(sent)


def count_exchange(answer: Answer) -> None:
    """Count an exchange: what came up and what went down."""
    EXCHANGES.labels(answer.client).inc()
    for receipt, count in answer.receipts.items():
        FACTS.labels(receipt).inc(count)
    DOCUMENTS.inc(answer.documents)
    if answer.reset is not None:
        RESETS.labels(answer.reset).inc()
