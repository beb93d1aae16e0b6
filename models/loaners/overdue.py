"""Loans whose due date has passed: a moment of each site's own days, written down by a job."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.customers import Site
from models.loaners.rows import Custody

OVERDUE = "loan.overdue"


def newly_overdue(session: Session, now: datetime) -> list[tuple[UUID, datetime]]:
    """The loaners whose due date has passed at their site, unnoticed so far, and the moment."""
    query = select(Custody.loaner_id, Custody.due, Custody.since, Site.zone)
    query = query.join(Site, Site.id == Custody.holder_id)
    query = query.where(
        Custody.until.is_(None), Custody.overdue.is_(False), Custody.due <= now.date()
    )
    found = []
    for loaner_id, due, since, zone in session.execute(query):
        assert due is not None
        ended = datetime.combine(due + timedelta(days=1), time(), ZoneInfo(zone))
        if ended <= now:
            found.append((loaner_id, max(ended, since + timedelta(seconds=1))))
    return found
