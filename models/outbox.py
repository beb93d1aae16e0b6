"""Effects that must follow a commit, as rows of the same transaction.

A row is leased while somebody works on it, who renews the lease, and deleted in the transaction of
its effect; a lease that ran out is offered again by the relay. So work is done at least once and
its effect once.
What fails is offered again later and later, and after 12 attempts no more: it is dead, until a
person has it run again.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, bindparam, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.database import announce
from models.derived import Job, Subject
from models.dialect import insert_rows
from models.queries import delete_in, locked
from models.types import ROW_NUMBER

QUEUE = "onsite"  # the queue's name, and the mark that a word of waiting work is in it
ANNOUNCED = "onsite:announced"
ANNOUNCED_SECONDS = 60
LEASE = timedelta(seconds=30)
PAUSE_MAX = timedelta(hours=1)
ATTEMPTS_MAX = 12
OFFER_MAX = 500


class Outbox(Base):
    """One piece of waiting work: its kind, what it is about, and until when it is leased.

    `dead` says since when it is not offered any more, `since` from when on its subject may be
    otherwise: null where it is to be looked at whole.
    """

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
    since: Mapped[datetime | None]
    leased: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    dead: Mapped[datetime | None]

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(self.subject_type, self.subject_id)


def put(session: Session, now: datetime, jobs: Iterable[Job]) -> None:
    """Add the work to the outbox, each piece once, and have it announced after the commit."""
    earliest: dict[tuple[str, Subject], Job] = {}
    for job in jobs:
        held = earliest.setdefault((job.kind, job.subject), job)
        if held.since is not None and (job.since is None or job.since < held.since):
            earliest[job.kind, job.subject] = job
    ordered = [earliest[key] for key in sorted(earliest)]
    insert_rows(session, Outbox, [_row(now, job) for job in ordered])
    for job in ordered:
        announce(session, f"{job.kind} {job.subject}")


def _row(now: datetime, job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "subject_type": job.subject.type,
        "subject_id": job.subject.id,
        "created": now,
        "since": job.since,
        "attempts": 0,
    }


def waiting(session: Session, kind: str, subject: Subject) -> list[int]:
    """The ids of the rows of that kind about the subject. To be read after the subject's lock."""
    given = {"kind": kind, "type": subject.type, "id": subject.id}
    return list(session.scalars(WAITING, given))


WAITING = select(Outbox.id).where(
    Outbox.kind == bindparam("kind"),
    Outbox.subject_type == bindparam("type"),
    Outbox.subject_id == bindparam("id"),
)  # every judgement asks


def subjects_waiting(session: Session, kind: str) -> set[Subject]:
    """What work of that kind waits to be done about."""
    query = select(Outbox.subject_type, Outbox.subject_id).where(Outbox.kind == kind)
    return {Subject(type_, id_) for type_, id_ in session.execute(query)}


def earliest(session: Session, row_ids: list[int]) -> datetime | None:
    """From when on the rows want their subject looked at again; None if one wants all of it."""
    since = list(session.scalars(select(Outbox.since).where(Outbox.id.in_(row_ids))))
    known = [one for one in since if one is not None]
    return min(known) if known and len(known) == len(since) else None


def done(session: Session, row_ids: list[int]) -> None:
    """Take the rows away, in the transaction of their effect."""
    delete_in(session, Outbox.id, row_ids)


def lease(session: Session, now: datetime, row_id: int) -> Outbox | None:
    """Lease one row for 30 s; None if it is done or dead, or somebody else works on it."""
    row = session.scalars(FREE, {"id": row_id}).one_or_none()
    if row is None or row.dead is not None or (row.leased is not None and row.leased > now):
        return None
    if row.attempts >= ATTEMPTS_MAX:
        row.dead = now  # Whoever worked on it died each time, and could not say so.
        return None
    row.leased = now + LEASE
    row.attempts += 1
    return row


FREE = select(Outbox).where(Outbox.id == bindparam("id")).with_for_update(skip_locked=True)


def renew(session: Session, now: datetime, row_id: int, attempt: int) -> bool:
    """Lease the row for 30 s from now; False if it is done, or another attempt has it."""
    row = _held(session, row_id, attempt)
    if row is not None:
        row.leased = now + LEASE
    return row is not None


def _held(session: Session, row_id: int, attempt: int) -> Outbox | None:
    """The row, while it is that attempt's."""
    row = locked(session, Outbox, row_id)
    return row if row is not None and row.attempts == attempt else None


def offered(session: Session, now: datetime, kinds: Collection[str]) -> list[str]:
    """What waits of these kinds and is not leased, oldest first, at most 500, as announcements."""
    free = or_(Outbox.leased.is_(None), Outbox.leased <= now)
    query = select(Outbox).where(free, Outbox.dead.is_(None), Outbox.kind.in_(kinds))
    rows = session.scalars(query.order_by(Outbox.id).limit(OFFER_MAX))
    return [f"{row.kind} {row.id}" for row in rows]


def failed(session: Session, now: datetime, row_id: int, attempt: int, error: str) -> None:
    """Keep what went wrong with the row, which is offered again after a pause, or is dead.

    An attempt whose lease ran out, and which another has followed, says nothing.
    """
    row = _held(session, row_id, attempt)
    if row is None:
        return
    row.error = error[:2000]
    row.leased = now + pause(row.attempts)
    if row.attempts >= ATTEMPTS_MAX:
        row.dead = now


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 30 s, twice as long each time, at most an hour."""
    return min(LEASE * (1 << min(attempts - 1, 10)), PAUSE_MAX)


def retry(session: Session, row_ids: Collection[int]) -> int:
    """Have the dead rows of those ids offered again, as if they were new; answers how many."""
    query = select(Outbox).where(Outbox.id.in_(row_ids), Outbox.dead.is_not(None))
    rows = session.scalars(query.with_for_update()).all()
    for row in rows:
        row.dead, row.leased, row.attempts = None, None, 0
        announce(session, f"{row.kind} {row.subject}")
    return len(rows)


def dead_rows(session: Session) -> list[Outbox]:
    """The work that is not offered any more, oldest first."""
    return list(session.scalars(select(Outbox).where(Outbox.dead.is_not(None)).order_by(Outbox.id)))


def count(session: Session) -> int:
    """How much waits to be done, the dead not counted."""
    return session.scalar(select(func.count(Outbox.id)).where(Outbox.dead.is_(None))) or 0


def listed(session: Session) -> list[Outbox]:
    """Every waiting or dead row, oldest first, at most 500."""
    return list(session.scalars(select(Outbox).order_by(Outbox.id).limit(OFFER_MAX)))
