"""What tells whether the house is well: waiting work and marks, open findings, devices, room."""

import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.base import Base
from models.feed import DocumentMark, SourceMark
from models.findings import KINDS, Finding
from models.house import House
from models.outbox import Outbox
from models.people import Device, User

SILENT = timedelta(hours=24)
JOBS = "onsite:jobs"  # in Redis: how many jobs ended how, by "kind outcome"
JOB_SECONDS = "onsite:job_seconds"  # and how long they took together


@dataclass(frozen=True)
class Waiting:
    """How much waits, since when its oldest, and how much of it has failed at least once."""

    count: int = 0
    since: datetime | None = None
    failing: int = 0

    def seconds(self, now: datetime) -> float:
        """How long the oldest has waited."""
        return 0.0 if self.since is None else max(0.0, (now - self.since).total_seconds())


def work(session: Session) -> dict[str, Waiting]:
    """What waits in the outbox, by kind."""
    failing = func.count(Outbox.error)
    query = select(Outbox.kind, func.count(), func.min(Outbox.created), failing)
    rows = session.execute(query.group_by(Outbox.kind).order_by(Outbox.kind))
    return {kind: Waiting(count, since, failed) for kind, count, since, failed in rows}


def marks(session: Session) -> dict[str, Waiting]:
    """The marks that wait to be spread (source) or published (document)."""
    return {
        "source": _marks(session, SourceMark),
        "document": _marks(session, DocumentMark),
    }


def _marks(session: Session, table: type[SourceMark] | type[DocumentMark]) -> Waiting:
    count, since = session.execute(select(func.count(), func.min(table.made))).one()
    return Waiting(count, since)


def together(several: Iterable[Waiting]) -> Waiting:
    """All of it as one."""
    listed = list(several)
    since = min((one.since for one in listed if one.since is not None), default=None)
    return Waiting(sum(one.count for one in listed), since, sum(one.failing for one in listed))


def open_findings(session: Session) -> dict[str, int]:
    """How many findings of each kind of the catalogue are open."""
    query = select(Finding.code, func.count()).where(Finding.state == "open")
    found = {code: count for code, count in session.execute(query.group_by(Finding.code))}
    return {code: found.get(code, 0) for code in sorted({*KINDS, *found})}


def devices(session: Session, now: datetime) -> dict[str, int]:
    """Devices in use by people who work here: all, those not heard of for a day, and those on
    which facts or photos are stuck."""
    query = (
        select(Device.last_seen, Device.unsent_facts, Device.unsent_bytes)
        .join(User, User.id == Device.user_id)
        .where(Device.revoked.is_(None), User.active)
    )
    counted = Counter({"in_use": 0, "silent": 0, "unsent": 0})
    for last_seen, facts, size in session.execute(query):
        counted["in_use"] += 1
        counted["silent"] += last_seen is None or now - last_seen > SILENT
        counted["unsent"] += bool(facts or size)
    return dict(counted)


def free_bytes(house: House) -> int:
    """The room that is left for photos."""
    return shutil.disk_usage(house.uploads).free


def rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    tables: list[Any] = Base.metadata.sorted_tables
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in sorted(tables, key=lambda table: table.name)
    }
