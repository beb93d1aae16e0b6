"""What was decided at the desk: rows that are never undone, only followed by another."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, bindparam, func, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.derived import Subject
from models.dialect import insert_rows

TICK = timedelta(milliseconds=1)


class Decision(Base):
    """Who decided what, when, and what they saw. `data` has the shape of its kind."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_at_id", "at", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    seen: Mapped[dict[str, Any]]


class DecisionSubject(Base):
    """One row per decision and subject whose timeline it stands in."""

    __tablename__ = "decision_subject"
    __table_args__ = (
        PrimaryKeyConstraint("subject_type", "subject_id", "decision_id"),
        Index("ix_decision_subject_decision_id", "decision_id"),
    )
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id"))


def record(session: Session, decision: Decision, subjects: Sequence[Subject]) -> None:
    """Write the decision into the timelines of its subjects, which are locked already."""
    insert_rows(session, Decision, [decision.values()])
    about = [
        {"subject_type": type_, "subject_id": id_, "decision_id": decision.id}
        for type_, id_ in subjects
    ]
    insert_rows(session, DecisionSubject, about)


def next_moment(session: Session, now: datetime, subjects: Sequence[Subject]) -> datetime:
    """When a decision on the subjects, which are locked, is taken: now, but after all before it.

    Whoever waited for the lock read their clock before those who had it; what they decide is later
    all the same, or the fold would undo it.
    """
    last = session.scalar(LAST, {"subjects": subjects})
    return now if last is None else max(now, last + TICK)


LAST = (
    select(func.max(Decision.at))
    .join(DecisionSubject)
    .where(
        tuple_(DecisionSubject.subject_type, DecisionSubject.subject_id).in_(
            bindparam("subjects", expanding=True)
        )
    )
)


def decisions_about(session: Session, subject: Subject, kind: str | None = None) -> list[Decision]:
    """The decisions in the subject's timeline, of that kind if one is given, in the order in which
    they were taken."""
    if kind is None:
        return list(session.scalars(ABOUT, subject._asdict()))
    return list(session.scalars(ABOUT_OF_KIND, {**subject._asdict(), "kind": kind}))


# Built once, as every fold asks.
ABOUT = (
    select(Decision)
    .join(DecisionSubject, DecisionSubject.decision_id == Decision.id)
    .where(
        DecisionSubject.subject_type == bindparam("type"),
        DecisionSubject.subject_id == bindparam("id"),
    )
    .order_by(Decision.at, Decision.id)
)
ABOUT_OF_KIND = ABOUT.where(Decision.kind == bindparam("kind"))
