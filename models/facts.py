"""What was stated: facts as sent, their parts, the subjects they touch, and how they stand."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.bringing import Bringing
from models.derived import Derived, Source, Subject
from models.dialect import insert_missing
from models.ids import derived


def fact_key(origin_id: UUID, fact_id: UUID) -> UUID:
    """The key under which a fact is kept: facts are unique by where they come from and their id."""
    return derived("fact", origin_id, fact_id)


class Fact(Base):
    """An immutable statement. `text` are the bytes that were signed, stored as sent.

    `happened` is the corrected time, `basis` how it was got: measured, reckoned or unanchored.
    `bringing_id` is the exported outbox in which somebody brought it, None where it was sent.
    """

    __tablename__ = "fact"
    __table_args__ = (
        UniqueConstraint("origin_id", "id"),
        Index("ix_fact_origin_seq", "origin_id", "seq"),
    )
    key: Mapped[UUID] = mapped_column(primary_key=True)
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"))
    id: Mapped[UUID]
    seq: Mapped[int]
    kind: Mapped[str]
    version: Mapped[int]
    text: Mapped[bytes]
    signature: Mapped[str]
    happened: Mapped[datetime]
    basis: Mapped[str]
    received: Mapped[datetime]
    bringing_id: Mapped[UUID | None] = mapped_column(ForeignKey(Bringing.id))


class FactPart(Base):
    """A salted part of a fact. Erased, it has neither salt nor text, but says when and why."""

    __tablename__ = "fact_part"
    __table_args__ = (PrimaryKeyConstraint("fact_key", "name"),)
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    name: Mapped[str]
    hash: Mapped[str]
    salt: Mapped[str | None]
    text: Mapped[bytes | None]
    erased: Mapped[datetime | None]
    erased_under: Mapped[str | None]


class Erasure(Base):
    """The journal of erased parts, by hash: one that arrives again is dropped at the door."""

    __tablename__ = "erasure"
    hash: Mapped[str] = mapped_column(primary_key=True)
    erased: Mapped[datetime]
    erased_under: Mapped[str]


class Refusal(Base):
    """A fact that was malformed or forged, by the SHA-256 of fact, signature and parts as sent."""

    __tablename__ = "refusal"
    __table_args__ = (
        PrimaryKeyConstraint("origin_id", "digest"),
        Index("ix_refusal_origin_seq", "origin_id", "seq"),
    )
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"))
    digest: Mapped[str]
    code: Mapped[str]
    field: Mapped[str]
    seq: Mapped[int | None]
    text: Mapped[bytes]
    received: Mapped[datetime]


class LostRange(Base):
    """Numbers, from the first to the last, whose facts the device lost before it could send them:
    nobody waits for them any more. Ranges may overlap; a fact has at most one, however long it is.
    """

    __tablename__ = "lost_range"
    __table_args__ = (PrimaryKeyConstraint("origin_id", "first", "last"),)
    origin_id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"))
    first: Mapped[int]
    last: Mapped[int]


class SubjectRow(Base):
    """A subject, made when first named, known or not: the row that is locked when it is judged.

    `attempts` counts judgements begun and not finished; `facts` are those that were folded when it
    was last judged, by which one knows what the next judgement costs.
    """

    __tablename__ = "subject"
    __table_args__ = (PrimaryKeyConstraint("type", "id"),)
    type: Mapped[str]
    id: Mapped[UUID]
    attempts: Mapped[int] = mapped_column(default=0)
    facts: Mapped[int] = mapped_column(default=0)


class FactSubject(Base):
    """One row per fact and subject it touches; `own` where it is about that subject."""

    __tablename__ = "fact_subject"
    __table_args__ = (
        PrimaryKeyConstraint("subject_type", "subject_id", "fact_key"),
        Index("ix_fact_subject_fact_key", "fact_key"),
    )
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    fact_key: Mapped[UUID] = mapped_column(ForeignKey("fact.key"))
    own: Mapped[bool]


class Moment(Base):
    """What time alone brings (overdue, due), written by a job at the moment it fell due."""

    __tablename__ = "moment"
    __table_args__ = (UniqueConstraint("subject_type", "subject_id", "kind", "at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    at: Mapped[datetime]


def moments_of(session: Session, subject: Subject, kind: str) -> list[datetime]:
    """When moments of that kind fell on the subject."""
    query = select(Moment.at).where(
        Moment.subject_type == subject.type, Moment.subject_id == subject.id, Moment.kind == kind
    )
    return list(session.scalars(query.order_by(Moment.at)))


def note_moment(session: Session, subject: Subject, kind: str, at: datetime) -> None:
    """Write that time brought this on, once however often it is noticed."""
    id_ = derived("moment", kind, subject, at.isoformat())
    values = {"id": id_, "subject_type": subject.type, "subject_id": subject.id}
    insert_missing(session, Moment, [{**values, "kind": kind, "at": at}])


class Standing(Derived):
    """How a fact stands with the subject it is about: effective, or held for a reason.

    A fact without such a row is waiting to be judged. `id` is the fact's key.
    """

    __tablename__ = "standing"

    origin_id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"))
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    state: Mapped[str]
    reason: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_standing_subject", "subject_type", "subject_id"),)

    def sources(self) -> Iterable[Source]:
        return [standing_source(self.origin_id, Subject(self.subject_type, self.subject_id))]


def standing_source(origin_id: UUID, subject: Subject) -> Source:
    """The source of the standing document of one device and subject."""
    return Source("standing", f"{origin_id}/{subject}")
