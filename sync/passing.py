"""What time alone brings: the visit window moves, and loans become overdue."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import outbox
from models.derived import Job, Source, Subject
from models.dispatch.rows import Visit
from models.facts import note_moment
from models.feed import VISIT_DAYS_AHEAD, VISIT_DAYS_BACK, Window, mark
from models.house import House
from models.loaners.custody import OVERDUE, newly_overdue


def move_windows(house: House) -> int:
    """Move the window to now; answers how many visits crossed one of its ends."""

    def body(session: Session, now: datetime) -> int:
        window = session.get_one(Window, "visits", with_for_update=True)
        back, ahead = timedelta(days=VISIT_DAYS_BACK), timedelta(days=VISIT_DAYS_AHEAD)
        left = Visit.ends.between(window.at - back, now - back)
        entered = Visit.starts.between(window.at + ahead, now + ahead)
        crossed = list(session.scalars(select(Visit.id).where(or_(left, entered))))
        window.at = now
        mark(session, {Source("visit", str(id_)) for id_ in crossed})
        return len(crossed)

    return house.database.transact(body)


def note_overdue(house: House) -> int:
    """Write a moment for each loan that is newly overdue; answers how many there are."""

    def body(session: Session, now: datetime) -> int:
        found = newly_overdue(session, now)
        for loaner_id, at in found:
            subject = Subject("unit", loaner_id)
            note_moment(session, subject, OVERDUE, at)
            outbox.put(session, now, [Job("reconcile", subject)])
        return len(found)

    return house.database.transact(body)
