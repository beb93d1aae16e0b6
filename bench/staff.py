"""Many technicians at once, each with a phone and visits: rows copied from what the desk did once.

Deciding thousands of visits one by one would take longer than what is to be measured.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.station import Station
from models.base import Base
from models.decisions import Decision, DecisionSubject
from models.derived import Source
from models.dialect import insert_rows
from models.dispatch.rows import Assignment, Visit, WorkItem, WorkOrder
from models.facts import SubjectRow
from models.feed import mark
from models.ids import derived, secret_hash
from models.people import Device as DeviceRow
from models.people import Origin, Role, User
from sync.device import Device, Json, new_key
from sync.publishing import publish_all

TEMPLATE = "the visit that all others are copies of"
Row = dict[str, Any]


@dataclass
class Worker:
    """A technician's phone, its token, the visits of the day, and what is stated, as sent."""

    user: UUID
    device: Device
    token: str
    visits: list[str] = field(default_factory=list)
    facts: list[bytes] = field(default_factory=list)


def hire(station: Station, number: int, visits: int) -> list[Worker]:
    """So many technicians with so many visits each, whose packets are published."""
    workers = [_hired(station) for _ in range(number)]
    world = station.world
    users = {worker.user: world.user(worker.user.hex, Role.TECHNICIAN) for worker in workers}
    for id_, user in users.items():
        user.id = id_
    phones = [_phone(worker, world.clock.now()) for worker in workers]
    origins = [{"id": one["id"], "kind": "device", "user_id": one["user_id"]} for one in phones]

    def body(session: Session, now: datetime) -> None:
        insert_rows(session, User, [_whole(user.values()) for user in users.values()])
        insert_rows(session, Origin, origins)
        insert_rows(session, DeviceRow, phones)
        mark(session, {Source("user", str(id_)) for id_ in users})

    world.house.database.transact(body)
    give_visits(station, workers, visits)
    return workers


def _hired(station: Station) -> Worker:
    world = station.world
    user, id_ = (world.ids.new(world.clock.now()) for _ in range(2))
    key, _ = new_key(world.ids)
    return Worker(user, Device(id_, world.clock, world.ids, key, _nobody), world.ids.secret())


def _nobody(request: Json) -> Json:
    raise NotImplementedError("these phones speak through bench/lean.py")


def _phone(worker: Worker, now: datetime) -> Row:
    public_key = worker.device.key.public_key().public_bytes_raw().hex()
    row = DeviceRow(
        id=worker.device.id, user_id=worker.user, name="phone", public_key=public_key,
        token_hash=secret_hash(worker.token), enrolled=now, through=0,
        unsent_facts=0, unsent_bytes=0, wipe=False,
    )  # fmt: skip
    return row.values()


def _whole(values: Row) -> Row:
    """With what the database would otherwise be told by default."""
    return {**values, "language": "zh", "active": True}


def give_visits(station: Station, workers: Sequence[Worker], each: int) -> None:
    """Plan and assign so many fresh visits for each of them, and publish the packets."""
    world = station.world
    copying = _Copying.of(station)
    fresh = (str(world.ids.new(world.clock.now())) for _ in count())
    given = [(worker, next(fresh)) for worker in workers for _ in range(each)]
    for worker, visit in given:
        copying.copy(station, worker, UUID(visit))
        worker.visits.append(visit)

    def body(session: Session, now: datetime) -> None:
        for table in _TABLES:
            insert_rows(session, table, copying.copies[table])
        mark(session, {Source("visit", visit) for _, visit in given})

    world.house.database.transact(body)
    publish_all(world.house)


# In the order in which their rows may be inserted.
_TABLES: tuple[type[Base], ...] = (
    SubjectRow,
    WorkOrder,
    Decision,
    DecisionSubject,
    Visit,
    WorkItem,
    Assignment,
)


@dataclass
class _Copying:
    """The rows of one visit, and the copies of them for others."""

    visit: UUID
    order: UUID
    user: UUID
    rows: Mapping[type[Base], list[Row]]
    copies: dict[type[Base], list[Row]]

    @classmethod
    def of(cls, station: Station) -> "_Copying":
        world = station.world
        if TEMPLATE not in world.named:
            world.open_visit(TEMPLATE)
            world.drain()
        visit, order = world.named[TEMPLATE], world.named[f"order of {TEMPLATE}"]
        rows = world.house.database.read(lambda session: dict(_rows_of(session, visit, order)))
        return cls(visit, order, world.named["ann"], rows, {table: [] for table in _TABLES})

    def copy(self, station: Station, worker: Worker, visit: UUID) -> None:
        """One visit more, with all rows that deciding and judging it had made."""
        ids, now = station.world.ids, station.world.clock.now()
        swap = {self.visit: visit, self.order: ids.new(now), self.user: worker.user}
        swap |= {row["id"]: ids.new(now) for row in self.rows[Decision]}
        for item in self.rows[WorkItem]:
            swap[item["id"]] = derived("work_item", visit, str(swap[self.order]))
        for assignment in self.rows[Assignment]:
            cause = next(one for one in self.rows[Decision] if one["kind"] == "visit.assigned")
            assert assignment["id"] == derived("assignment", cause["id"], self.user)
            swap[assignment["id"]] = derived("assignment", swap[cause["id"]], worker.user)
        for table, rows in self.rows.items():
            self.copies[table] += [_swapped(row, swap) for row in rows]


def _rows_of(session: Session, visit: UUID, order: UUID) -> Iterator[tuple[type[Base], list[Row]]]:
    both = [visit, order]
    about = select(DecisionSubject).where(DecisionSubject.subject_id.in_(both))
    subjects = [one.values() for one in session.scalars(about)]
    decided = [one["decision_id"] for one in subjects]
    of_visit = (Visit.id == visit, WorkItem.visit_id == visit, Assignment.visit_id == visit)
    wheres = (SubjectRow.id.in_(both), WorkOrder.id == order, Decision.id.in_(decided), *of_visit)
    tables = (SubjectRow, WorkOrder, Decision, Visit, WorkItem, Assignment)
    yield DecisionSubject, subjects
    for table, where in zip(tables, wheres, strict=True):
        yield table, [one.values() for one in session.scalars(select(table).where(where))]


def _swapped(row: Row, swap: Mapping[UUID, UUID]) -> Row:
    return {name: _swapped_value(value, swap) for name, value in row.items()}


def _swapped_value(value: Any, swap: Mapping[UUID, UUID]) -> Any:
    if isinstance(value, UUID):
        return swap.get(value, value)
    if not isinstance(value, dict | list):
        return value
    text = json.dumps(value)
    for old, new in swap.items():
        text = text.replace(str(old), str(new))
    return json.loads(text)
