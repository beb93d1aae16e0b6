"""What time alone brings: windows move, notices end, loans become overdue, and what is long gone is
purged."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import enrolment, outbox, sessions, throttle
from models.contracts.promising import BROKEN, WARNED
from models.contracts.watching import certain_by_now, newly
from models.derived import Job, Source, Subject
from models.dispatch.rows import Visit
from models.facts import Fact, FactSubject, note_moment, standing_source
from models.feed import (
    GONE_DAYS,
    STANDING_DAYS,
    VISIT_DAYS_AHEAD,
    VISIT_DAYS_BACK,
    Window,
    mark,
)
from models.house import House
from models.loaners.overdue import newly_brought
from models.notices import Notice
from models.queries import locked_one
from sync import feed


def move_windows(house: House) -> int:
    """Move the windows to now; answers how many documents' sources crossed one of their ends."""

    def body(session: Session, now: datetime) -> int:
        window = locked_one(session, Window, "visits")
        back, ahead = timedelta(days=VISIT_DAYS_BACK), timedelta(days=VISIT_DAYS_AHEAD)
        left = Visit.ends.between(window.at - back, now - back)
        entered = Visit.starts.between(window.at + ahead, now + ahead)
        crossed = list(session.scalars(select(Visit.id).where(or_(left, entered))))
        settled = _long_settled(session, window.at, now)
        ended = select(Notice.id).where(Notice.valid_until.between(window.at, now))
        over = {Source("notice", str(id_)) for id_ in session.scalars(ended)}
        window.at = now
        sources = {Source("visit", str(id_)) for id_ in crossed} | settled | over
        mark(session, sources)
        return len(sources)

    return house.database.transact(body)


def _long_settled(session: Session, before: datetime, now: datetime) -> set[Source]:
    """The standings of facts that were received just so long ago."""
    days = timedelta(days=STANDING_DAYS)
    query = (
        select(Fact.origin_id, FactSubject.subject_type, FactSubject.subject_id)
        .join(FactSubject, FactSubject.fact_key == Fact.key)
        .where(FactSubject.own, Fact.received.between(before - days, now - days))
    )
    rows = session.execute(query.distinct())
    return {standing_source(origin, Subject(type_, id_)) for origin, type_, id_ in rows}


def purge_gone(house: House) -> int:
    """Forget what has been gone for 90 days, channel by channel; answers how many rows went.

    A device that was away for longer gets a reset.
    """
    before = house.clock.now() - timedelta(days=GONE_DAYS)
    channels = house.database.read(lambda session: feed.channels_gone_before(session, before))
    return sum(_purge(house, channel, before) for channel in channels)


def _purge(house: House, channel: str, before: datetime) -> int:
    return house.database.transact(lambda session, now: feed.purge(session, channel, before))


def note_overdue(house: House) -> int:
    """Write a moment for each loan that is due soon, overdue, or overdue for longer, and for each
    reservation of a loaner whose days are over; answers how many there are."""

    def body(session: Session, now: datetime) -> int:
        brought = newly_brought(session, now)
        for one in brought:
            note_moment(session, Subject("unit", one.loaner_id), one.kind, one.at)
        loaners = {one.loaner_id for one in brought}
        outbox.put(session, now, [Job("reconcile", Subject("unit", id_)) for id_ in loaners])
        return len(brought)

    return house.database.transact(body)


def sweep(house: House) -> None:
    """Forget log-ins that ended, codes that are spent, and attempts that are long past."""

    def body(session: Session, now: datetime) -> None:
        for one in (sessions, enrolment, throttle):
            one.sweep(session, now)

    house.database.transact(body)


def note_promises(house: House) -> int:
    """Write a moment for each promise that came in danger or was broken, once, when its people are
    at work; and count again what was provisional until holidays were published. Answers how many
    work orders are looked at again."""

    def body(session: Session, now: datetime) -> int:
        told = [*newly(session, now, WARNED), *newly(session, now, BROKEN)]
        for kind, row in told:
            at = row.warn if kind == WARNED else row.alarm
            assert at is not None
            note_moment(session, Subject("work_order", row.work_order_id), kind, at)
        orders = {row.work_order_id for _, row in told} | certain_by_now(session)
        outbox.put(session, now, [Job("judge", Subject("work_order", id_)) for id_ in orders])
        return len(orders)

    return house.database.transact(body)
