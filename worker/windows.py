"""Moving the visit window: visits that enter or leave it are marked, and published as always."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.derived import Source
from models.dispatch.rows import Visit
from models.feed import VISIT_DAYS_AHEAD, VISIT_DAYS_BACK, Window, mark
from models.house import House


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
