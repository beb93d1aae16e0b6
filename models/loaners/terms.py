"""Until when a loaner may stay where nobody wrote a due date: as the agreement says."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from models.contracts.calendar import Hours
from models.contracts.counting import Endless, Figure, due_of
from models.contracts.desk import ground_at, plans_of
from models.contracts.promising import OPENED
from models.decisions import Decision, decisions_about
from models.derived import Subject
from models.loaners.rows import CustodyStatement

LOAN_RETURN = "loan_return"  # the kind of target that says how long a loan may last


def agreed_dues(session: Session, statements: Sequence[CustodyStatement]) -> dict[UUID, date]:
    """By statement, the last day that the agreement allows, where the hand-over named none."""
    silent = [one for one in statements if one.holder_type == "site" and one.due is None]
    dues = {one.id: list(_dues(session, one.owner_id, one.happened)) for one in silent}
    return {id_: min(some) for id_, some in dues.items() if some}


def _dues(session: Session, visit_id: UUID, at: datetime) -> Iterator[date]:
    for order_id in _orders(session, visit_id, at):
        for opened in decisions_about(session, Subject("work_order", order_id), OPENED):
            yield from _agreed(session, opened, at)


def _orders(session: Session, visit_id: UUID, at: datetime) -> list[UUID]:
    """The work orders for which the visit was planned then. Whatever is planned later, the loan was
    made on those terms."""
    plans = decisions_about(session, Subject("visit", visit_id), "visit.planned")
    before = [one for one in plans if one.at <= at] or plans[:1]
    return [UUID(item["work_order"]) for item in before[-1].data["items"]] if before else []


def _agreed(session: Session, opened: Decision, at: datetime) -> Iterator[date]:
    agreed = opened.data.get("agreed", [])
    if not agreed:
        return
    ground = ground_at(session, opened.data["zone"], opened.at)
    for plan in plans_of(session, agreed):
        for target in plan.targets:
            if target.kind != LOAN_RETURN or target.figure is None:
                continue
            hours = ground.hours(plan.week(target.counts))
            last = _last_moment(target.figure, hours, at)
            if last is not None:
                yield hours.date_of(last)


def _last_moment(figure: Figure, hours: Hours, at: datetime) -> datetime | None:
    try:
        due = due_of(figure, hours, at).at
    except Endless:
        return None
    return None if due is None else due - timedelta(microseconds=1)
