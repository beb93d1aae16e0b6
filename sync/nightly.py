"""What is looked at each night, beside the proof: what is stuck on its way, what is owed for too
long, and which places are below their levels. What no longer holds is gone within the hour."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import findings, outbox
from models.derived import Job, Subject
from models.facts import note_moment
from models.findings import Finding, Found
from models.house import House
from models.stock import ageing, lateness, levels
from models.stock.demand import StockLevel
from models.stock.fitted import Debt
from sync import judge

TRANSFER, LEVELS, DEBTS = "transfer", "levels", "debts"  # the latter a place's, and a user's
CODES = {TRANSFER: "stock.stuck_in_transit", LEVELS: "stock.below_level", DEBTS: "debt.old"}

Looking = Callable[[Session, datetime, UUID], Sequence[Found]]


def note_stuck(house: House) -> int:
    """Write a moment for each transfer that has been under way for too long, and look again at
    those that were; answers how many are new."""

    def body(session: Session, now: datetime) -> int:
        found = ageing.newly_stuck(session, house.settings.transit_days, now)
        for id_, at in found:
            subject = Subject(TRANSFER, id_)
            note_moment(session, subject, ageing.STUCK, at)
            outbox.put(session, now, [Job("reconcile", subject)])
        again = {Subject(TRANSFER, id_) for id_ in session.scalars(_found_of(TRANSFER))}
        outbox.put(session, now, [Job("reconcile", subject) for subject in again])
        return len(found)

    return house.database.transact(body)


def note_late(house: House) -> int:
    """Write a moment for each customer's order that was not shipped in time, and for each shipment
    of which the customer was not told in time; answers how many are new. They end by themselves."""

    def body(session: Session, now: datetime) -> int:
        found = lateness.newly_late(session, now)
        for id_, kind, at in found:
            subject = Subject("requisition", id_)
            note_moment(session, subject, kind, at)
            outbox.put(session, now, [Job("judge", subject)])
        return len(found)

    return house.database.transact(body)


def look_at_everything(house: House) -> None:
    """Look at every place that has levels, and at everybody who owes something."""
    places = select(StockLevel.place_id).where(StockLevel.least > 0).distinct()
    owing = select(Debt.user_id).distinct()
    for type_, query in ((LEVELS, places), (DEBTS, owing)):
        _look(house, type_, _ids(house, query) | _ids(house, _found_of(type_)))


def look_again(house: House) -> None:
    """Look at the places and users of which something was found: it may hold no longer."""
    for type_ in LOOKS:
        _look(house, type_, _ids(house, _found_of(type_)))


def _found_of(type_: str) -> Select[UUID]:
    """Of what something is found by now."""
    query = select(Finding.subject_id).where(
        Finding.state == "open", Finding.code == CODES[type_], Finding.subject_type == type_
    )
    return query.distinct()


def _ids(house: House, query: Select[UUID]) -> set[UUID]:
    return house.database.read(lambda session: set(session.scalars(query)))


def _look(house: House, type_: str, ids: set[UUID]) -> None:
    for id_ in sorted(ids):
        house.database.transact(partial(_look_at, subject=Subject(type_, id_)))


def _look_at(session: Session, now: datetime, subject: Subject) -> None:
    judge.lock(session, [subject])
    found = LOOKS[subject.type](session, now, subject.id)
    judge.follow(session, now, findings.keep(session, subject, found))


def _below(session: Session, now: datetime, place_id: UUID) -> Sequence[Found]:
    """One finding with everything that the place lacks by its levels; it stands since the first
    night on which anything was lacking."""
    wanted = select(StockLevel.part_id).where(StockLevel.place_id == place_id)
    lacking, kept = levels.lacking(session, place_id), set(session.scalars(wanted))
    lines = {str(part): str(lacking[part]) for part in sorted(lacking.keys() & kept)}
    if not lines:
        return []
    one = Found(CODES[LEVELS], (), now, {"place": str(place_id), "lacking": lines})
    held = session.get(Finding, one.id_about(Subject(LEVELS, place_id)))
    return [replace(one, since=held.since) if held and held.state == "open" else one]


def _owed(session: Session, now: datetime, user_id: UUID) -> Sequence[Found]:
    return list(ageing.old_debts(session, user_id, now))


LOOKS: dict[str, Looking] = {LEVELS: _below, DEBTS: _owed}
