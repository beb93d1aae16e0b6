"""What Prometheus reads: what the processes counted, and how things stand at this moment."""

import logging
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from api import figures
from api.readiness import Readiness
from models import vitals
from models.findings import KINDS
from models.vitals import Waiting

log = logging.getLogger(__name__)

FINDINGS = "Findings that wait for a person, by code and by the role that looks at them."
DEVICES = "Devices, by state: in_use, of these silent for a day, and with something unsent."


class Standing(Collector):
    """How things stand, asked anew for each reading. What cannot be told is left out."""

    def __init__(self, readiness: Readiness) -> None:
        self.readiness = readiness

    def collect(self) -> Iterator[Metric]:
        ready = gauge("onsite_ready", "Whether a check of /readyz says yes: 1 or 0.", "check")
        for outcome in self.readiness.outcomes():
            ready.add_metric([outcome.check], float(outcome.ok))
        yield ready
        questions = {
            "figures of the database": self._of_database,
            "figures of the queue": self._of_redis,
            "figures of the disk": self._of_disk,
        }
        for name, answer in self.readiness.patience.ask(questions).items():
            if answer is None or answer.exception() is not None:
                log.warning("there are no %s", name)
            else:
                yield from answer.result()

    def _of_database(self) -> list[Metric]:
        house = self.readiness.house
        return house.database.read(lambda session: list(_stored(session, house.clock.now())))

    def _of_redis(self) -> list[Metric]:
        redis = self.readiness.redis
        if redis is None:
            return []
        jobs = counter("onsite_jobs", "Jobs that were done or failed, by kind.", "kind", "outcome")
        for name, count in redis.hgetall(vitals.JOBS).items():
            jobs.add_metric(str(name).split(" "), float(count))
        seconds = counter("onsite_job_seconds", "How long jobs took together, by kind.", "kind")
        for kind, took in redis.hgetall(vitals.JOB_SECONDS).items():
            seconds.add_metric([str(kind)], float(took))
        return [jobs, seconds]

    def _of_disk(self) -> list[Metric]:
        room = gauge("onsite_blobs_free_bytes", "Room that is left for photos.")
        room.add_metric([], vitals.free_bytes(self.readiness.house))
        return [room]


def _stored(session: Session, now: datetime) -> Iterator[Metric]:
    works = vitals.work(session)
    yield from _waiting("work", "Jobs that wait in the outbox, by kind.", "kind", works, now)
    failing = gauge("onsite_work_failing", "Of these, failed at least once, by kind.", "kind")
    for kind, one in works.items():
        failing.add_metric([kind], one.failing)
    yield failing
    marks = vitals.marks(session)
    yield from _waiting("marks", "Changes that wait to be published, by mark.", "mark", marks, now)
    findings = gauge("onsite_findings_open", FINDINGS, "code", "role")
    for code, count in vitals.open_findings(session).items():
        findings.add_metric([code, KINDS[code].role if code in KINDS else "none"], count)
    yield findings
    devices = gauge("onsite_devices", DEVICES, "state")
    for state, count in vitals.devices(session, now).items():
        devices.add_metric([state], count)
    yield devices


def _waiting(
    name: str, what: str, label: str, waiting: dict[str, Waiting], now: datetime
) -> Iterator[Metric]:
    count = gauge(f"onsite_{name}_waiting", what, label)
    oldest = gauge(f"onsite_{name}_oldest_seconds", f"Age of the oldest. {what}", label)
    for kind, one in waiting.items():
        count.add_metric([kind], one.count)
        oldest.add_metric([kind], one.seconds(now))
    yield from (count, oldest)


def gauge(name: str, what: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=labels)


def counter(name: str, what: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, what, labels=labels)


def exposition(readiness: Readiness) -> bytes:
    """All of it, in the text form of Prometheus."""
    standing = CollectorRegistry()
    standing.register(Standing(readiness))
    counted = figures.counted(readiness.house.settings.figures_folder)
    return generate_latest(counted) + generate_latest(standing)
