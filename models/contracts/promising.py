"""What was promised for a work order: its rows follow from what was agreed when it was opened and
from what happened since, in corrected time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.clock import instant_from
from models.contracts.calendar import Ground
from models.contracts.clock import Event, Promise, Request, in_force, promises
from models.contracts.desk import ground_at, plans_of
from models.contracts.plan import Plan
from models.contracts.rows import PromiseRow
from models.contracts.warning import DESK, notices
from models.decisions import decisions_about
from models.derived import Subject
from models.dispatch.rows import Assignment, WorkItem
from models.facts import Fact, Standing
from models.findings import Found
from models.ids import derived
from models.people import Device
from models.records.rows import RecordVersion

OPENED, NOTED = "work_order.opened", "work_order.noted"
CHANGED = "work_order.changed"
WARNED, BROKEN = "promise.warned", "promise.broken"  # moments, and findings of the same names

FIELD = {
    "visit.travelling": "departed",
    "visit.arrived": "arrived",
    "loaner.handed_over": "loaned",
    "loaner.taken_back": "returned",
}


class Decision(Protocol):
    """A decision as a timeline has it, or as its row."""

    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def data(self) -> Mapping[str, Any]: ...


class Agreement(NamedTuple):
    """One contract's promises for a work order."""

    contract_id: UUID
    request: Request
    promises: list[Promise]


def agreements(session: Session, order_id: UUID, decisions: Sequence[Decision]) -> list[Agreement]:
    """What each contract promises that held when the work order was opened."""
    opened = _opened(decisions)
    if opened is None or not (agreed := opened.data.get("agreed")):
        return []
    ground = ground_at(session, opened.data["zone"], opened.at)
    events = [*_told(opened, decisions), *_of_the_field(session, order_id)]
    case = {**opened.data["case"], **_changed(decisions)}
    pairs = zip(agreed, plans_of(session, agreed), strict=True)
    return [_agreement(one, plan, case, ground, events) for one, plan in pairs]


def _opened(decisions: Iterable[Decision]) -> Decision | None:
    """How the desk opened the work order; None where a technician did, on the spot."""
    return next((one for one in decisions if one.kind == OPENED), None)


def _changed(decisions: Sequence[Decision]) -> dict[str, Any]:
    """The level as the desk sees it by now: a fault that is worse than it was told has the promise
    of what it is, from the beginning."""
    levels = [one.data["changed"]["level"] for one in decisions if "level" in _changes(one)]
    return {"level": levels[-1]} if levels else {}


def _changes(decision: Decision) -> Mapping[str, Any]:
    changed: Mapping[str, Any] = decision.data["changed"] if decision.kind == CHANGED else {}
    return changed


def _agreement(
    agreed: Mapping[str, Any],
    plan: Plan,
    case: Mapping[str, Any],
    ground: Ground,
    events: Sequence[Event],
) -> Agreement:
    dates = {name: date.fromisoformat(value) for name, value in agreed["dates"].items()}
    request = Request(ground, events, {**case, **agreed["fixed"]}, dates)
    return Agreement(UUID(agreed["contract"]), request, promises(plan, request))


def _told(opened: Decision, decisions: Iterable[Decision]) -> Iterator[Event]:
    """What the desk knows: when the customer reported, and what it noted since."""
    reported = opened.data.get("reported")
    yield Event("reported", opened.at if reported is None else instant_from(reported))
    yield Event("registered", opened.at)
    for one in decisions:
        if one.kind == NOTED:
            data = one.data
            time = None if data["time"] is None else instant_from(data["time"])
            yield Event(data["event"], instant_from(data["at"]), data["reason"] or "", time)


def reopened_at(decisions: Iterable[Decision]) -> datetime | None:
    """When the desk last noted that it was not solved after all."""
    noted = (one for one in decisions if one.kind == NOTED and one.data["event"] == "reopened")
    return max((instant_from(one.data["at"]) for one in noted), default=None)


def _of_the_field(session: Session, order_id: UUID) -> Iterator[Event]:
    """What technicians stated on the work order's visits, as far as it is effective."""
    mine = {"order": order_id}
    if session.scalar(PLANNED, mine) is None:
        return
    for since in session.scalars(DISPATCHED, mine):
        yield Event("dispatched", since)
    for kind, happened in session.execute(STATED, mine):
        yield Event(FIELD[kind], happened)
    for record in session.scalars(RECORDS, mine):
        yield from _of_record(record)


MINE = WorkItem.work_order_id == bindparam("order")
PLANNED = select(WorkItem.id).where(MINE).limit(1)
DISPATCHED = (
    select(Assignment.since).join(WorkItem, WorkItem.visit_id == Assignment.visit_id).where(MINE)
)
STATED = (
    select(Fact.kind, Fact.happened)
    .join(Standing, Standing.id == Fact.key)
    .join(WorkItem, WorkItem.visit_id == Standing.subject_id)
    .where(MINE, Standing.subject_type == "visit", Standing.state == "effective")
    .where(Fact.kind.in_(FIELD))
)
RECORDS = (
    select(RecordVersion)
    .join(WorkItem, WorkItem.visit_id == RecordVersion.visit_id)
    .where(MINE, RecordVersion.stands)
)


def _of_record(record: RecordVersion) -> Iterator[Event]:
    if record.result == "done":
        yield Event("restored", record.sealed)
        yield Event("resolved", record.sealed)
    if record.sign_off == "signed":
        yield Event("signed", record.sealed)


def promise_rows(
    session: Session, order_id: UUID, decisions: Sequence[Decision]
) -> list[PromiseRow]:
    """The rows of everything that is promised for the work order."""
    found = agreements(session, order_id, decisions)
    every = [promise for one in found for promise in one.promises]
    first = list(map(id, in_force(every).values()))
    return [
        _row(order_id, one, promise, id(promise) in first)
        for one in found
        for promise in one.promises
    ]


def _row(order_id: UUID, agreement: Agreement, promise: Promise, first: bool) -> PromiseRow:
    target, plan = promise.target, promise.plan
    week = DESK if plan.duty is None else plan.week(plan.duty)
    told = notices(promise, agreement.request.ground.hours(week))
    return PromiseRow(
        id=derived("promise", order_id, agreement.contract_id, target.key),
        work_order_id=order_id,
        contract_id=agreement.contract_id,
        target=target.key,
        kind=target.kind,
        clause=target.clause,
        says={"en": target.says.en, "zh": target.says.zh},
        due=promise.due.at,
        inclusive=promise.inclusive,
        provisional=promise.due.provisional,
        first=first,
        started=promise.started,
        stopped=promise.stopped,
        warn=told.warning,
        alarm=told.breach,
    )


def next_due(rows: Iterable[PromiseRow]) -> PromiseRow | None:
    """Of what is still to be done the promise that is due first."""
    open_ = [row for row in rows if row.stopped is None and row.due is not None]
    return min(open_, key=lambda row: (row.due, row.target), default=None)


def in_time(row: PromiseRow) -> bool:
    """Whether what is promised was done in time. Where nothing is due, whenever it is done."""
    if row.stopped is None or row.due is None:
        return row.stopped is not None
    return row.stopped <= row.due if row.inclusive else row.stopped < row.due


def findings_of(rows: Iterable[PromiseRow], moments: Mapping[str, set[datetime]]) -> list[Found]:
    """What has to be looked at: promises in danger that are not kept yet, and broken ones.

    Each was told at its moment, once, by the job that watches over them. A fact that comes late
    and says that the promise was kept takes its finding away.
    """
    found = []
    for row in rows:
        if row.due is None or in_time(row):
            continue
        if row.alarm in moments[BROKEN]:
            code, since = BROKEN, row.alarm
        elif row.stopped is None and row.warn in moments[WARNED]:
            code, since = WARNED, row.warn
        else:
            continue
        evidence = {"clause": row.clause, "kind": row.kind, "due": row.due.isoformat()}
        assert since is not None
        found.append(Found(code, (row.id,), since, evidence))
    return found


def reasons_of(session: Session, order_id: UUID) -> set[str]:
    """Why the agreements let the work order's clocks stand still."""
    decisions = decisions_about(session, Subject("work_order", order_id))
    opened = _opened(decisions)
    agreed = [] if opened is None else opened.data.get("agreed", [])
    return {name for plan in plans_of(session, agreed) for name in plan.reasons}


def heard_from(session: Session, order_id: UUID) -> datetime | None:
    """When the phones of whoever is assigned to the work order last spoke; None where nobody is
    who has one."""
    query = (
        select(Device.last_seen)
        .join(Assignment, Assignment.user_id == Device.user_id)
        .join(WorkItem, WorkItem.visit_id == Assignment.visit_id)
        .where(WorkItem.work_order_id == order_id, Assignment.until.is_(None))
        .where(Device.revoked.is_(None), Device.last_seen.is_not(None))
        .order_by(Device.last_seen.desc())
    )
    return session.scalar(query.limit(1))
