"""Noticing loaners whose due date has passed where they are."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import outbox
from models.derived import Job, Subject
from models.facts import note_moment
from models.house import House
from models.loaners.custody import OVERDUE, newly_overdue


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
