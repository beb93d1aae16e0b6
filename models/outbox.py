"""Effects that must follow a commit, as rows of the same transaction.

A row is leased while somebody works on it and deleted in the transaction of its effect; a lease
that ran out is offered again by the relay. So work is done at least once and its effect once.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, delete, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.database import announce
from models.derived import Job, Subject
from models.dialect import insert_rows
from models.types import ROW_NUMBER

QUEUE = "onsite"  # the queue's name, and the mark that a word of waiting work is in it
ANNOUNCED = "onsite:announced"
ANNOUNCED_SECONDS = 60
LEASE = timedelta(seconds=30)
OFFER_MAX = 500


class Outbox(Base):
    """One piece of waiting work: its kind, what it is about, and until when it is leased."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_subject", "kind", "subject_type", "subject_id"),
        Index("ix_outbox_leased", "leased"),
    )
    id: Mapped[int] = mapped_column(ROW_NUMBER, primary_key=True)
    kind: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    created: Mapped[datetime]
    leased: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]


def put(session: Session, now: datetime, jobs: Iterable[Job]) -> None:
    """Add the work to the outbox and have it announced after the commit."""
    ordered = sorted(set(jobs), key=lambda job: (job.kind, job.subject))
    insert_rows(session, Outbox, [_row(now, job) for job in ordered])
    for job in ordered:
        announce(session, f"{job.kind} {job.subject}")


def _row(now: datetime, job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "subject_type": job.subject.type,
        "subject_id": job.subject.id,
        "created": now,
        "attempts": 0,
    }


def waiting(session: Session, kind: str, subject: Subject) -> list[int]:
    """The ids of the rows of that kind about the subject. To be read after the subject's lock."""
    query = select(Outbox.id).where(
        Outbox.kind == kind, Outbox.subject_type == subject.type, Outbox.subject_id == subject.id
    )
    return list(session.scalars(query))


def done(session: Session, row_ids: list[int]) -> None:
    """Take the rows away, in the transaction of their effect."""
    session.execute(delete(Outbox).where(Outbox.id.in_(row_ids)))


def lease(session: Session, now: datetime, row_id: int) -> Outbox | None:
    """Lease one row for 30 s; None if it is done already or somebody else works on it."""
    row = session.get(Outbox, row_id, with_for_update={"skip_locked": True})
    if row is None or (row.leased is not None and row.leased > now):
        return None
    row.leased = now + LEASE
    row.attempts += 1
    return row


def offered(session: Session, now: datetime, kinds: Collection[str]) -> list[str]:
    """What waits of these kinds and is not leased, oldest first, at most 500, as announcements."""
    free = or_(Outbox.leased.is_(None), Outbox.leased <= now)
    query = select(Outbox).where(free, Outbox.kind.in_(kinds)).order_by(Outbox.id)
    rows = session.scalars(query.limit(OFFER_MAX))
    return [f"{row.kind} {row.id}" for row in rows]


def failed(session: Session, row_id: int, error: str) -> None:
    """Keep what went wrong with the row, which stays leased and is offered again afterwards."""
    row = session.get(Outbox, row_id)
    if row is not None:
        row.error = error[:2000]


def summary(session: Session) -> list[dict[str, Any]]:
    """Every waiting row in words, oldest first, at most 500."""
    rows = session.scalars(select(Outbox).order_by(Outbox.id).limit(OFFER_MAX))
    return [row.values() for row in rows]
