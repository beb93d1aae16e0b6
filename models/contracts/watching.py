"""Which promises have to be looked at again, as time alone goes by."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from models.clock import EARLIEST
from models.contracts.holidays import china
from models.contracts.promising import BROKEN, WARNED
from models.contracts.rows import PromiseRow
from models.facts import Moment

TOLD_AT_ONCE = 1000
TOLD_LATE_MAX = timedelta(days=30)  # what is older is found in reports, not told any more
Told = tuple[str, PromiseRow]


def newly(session: Session, now: datetime, kind: str) -> list[Told]:
    """Promises of which people are to be told by now and were not; at most 1000, the rest the next
    time. A promise that is broken is no longer in danger."""
    told = {WARNED: PromiseRow.warn, BROKEN: PromiseRow.alarm}[kind]
    noted = exists().where(
        Moment.subject_type == "work_order",
        Moment.subject_id == PromiseRow.work_order_id,
        Moment.kind == kind,
        Moment.at == told,
    )
    query = select(PromiseRow).where(told <= now, told > now - TOLD_LATE_MAX, ~noted)
    if kind == WARNED:
        query = query.where(PromiseRow.stopped.is_(None), PromiseRow.alarm > now)
    else:
        query = query.where(or_(PromiseRow.stopped.is_(None), *_too_late()))
    return [(kind, row) for row in session.scalars(query.order_by(told).limit(TOLD_AT_ONCE))]


def _too_late() -> list[ColumnElement[bool]]:
    """It was done, but not in time."""
    strictly = PromiseRow.stopped > PromiseRow.due
    return [strictly, ~PromiseRow.inclusive & (PromiseRow.stopped == PromiseRow.due)]


def certain_by_now(session: Session) -> set[UUID]:
    """Work orders with a due time that was provisional, and whose holidays are published by now."""
    through = china().through
    published = EARLIEST.replace(year=through.year, month=through.month, day=through.day)
    query = select(PromiseRow.work_order_id).where(
        PromiseRow.provisional,
        PromiseRow.stopped.is_(None),
        PromiseRow.due < published - timedelta(days=1),
    )
    return set(session.scalars(query.distinct()))
