"""Replaying books, transfers and loaners: the only place where moves are posted from facts."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import outbox
from models.derived import Subject
from models.house import House
from sync import judge
from sync.decide import refold


def reconcile(house: House, subject: Subject) -> None:
    """Replay one book, transfer or loaner, post the difference and mark what changed."""

    def body(session: Session, now: datetime) -> None:
        judge.lock(session, [subject])
        waiting = outbox.waiting(session, "reconcile", subject)
        refold(session, now, subject)
        outbox.done(session, waiting)

    house.database.transact(body)
