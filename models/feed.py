"""What devices see: channels of published documents, the marks that lead there, and the windows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, PrimaryKeyConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base
from models.database import announce, instant_of
from models.derived import Source
from models.dialect import insert_rows
from models.types import ROW_NUMBER

SUM_MODULUS = 2**48
VISIT_DAYS_BACK = 30
VISIT_DAYS_AHEAD = 14
STANDING_DAYS = 30
GONE_DAYS = 90


class Life(Base):
    """The database's life: a number that is drawn anew when an older state is restored."""

    __tablename__ = "life"
    id: Mapped[int] = mapped_column(ROW_NUMBER, primary_key=True)
    number: Mapped[UUID]
    began: Mapped[datetime]


class Window(Base):
    """Up to when the windows of documents have been moved. Derivation reads this, not a clock."""

    __tablename__ = "window"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SourceMark(Base):
    """Something changed that documents may be derived from."""

    __tablename__ = "source_mark"
    id: Mapped[int] = mapped_column(ROW_NUMBER, primary_key=True)
    type: Mapped[str]
    source: Mapped[str]
    made: Mapped[datetime]


class DocumentMark(Base):
    """A document of a channel that has to be derived again."""

    __tablename__ = "document_mark"
    __table_args__ = (Index("ix_document_mark_channel", "channel", "id"),)
    id: Mapped[int] = mapped_column(ROW_NUMBER, primary_key=True)
    channel: Mapped[str]
    type: Mapped[str]
    document: Mapped[str]
    made: Mapped[datetime]


class Head(Base):
    """The head of a channel, locked by its publisher: so position order is commit order.

    `count` and `total` are the digest of what a device should hold: documents, and the sum of
    their revisions modulo 2^48. Cursors before `purged` are answered with a reset.
    """

    __tablename__ = "head"
    channel: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    count: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    purged: Mapped[int] = mapped_column(default=0)


class Published(Base):
    """The latest encoded bytes of one document in one channel; None where it is gone."""

    __tablename__ = "published"
    __table_args__ = (
        PrimaryKeyConstraint("channel", "type", "document"),
        Index("ix_published_channel_position", "channel", "position", unique=True),
        Index("ix_published_type_document", "type", "document"),
    )
    channel: Mapped[str]
    type: Mapped[str]
    document: Mapped[str]
    position: Mapped[int]
    revision: Mapped[int]
    body: Mapped[bytes | None]
    changed: Mapped[datetime]


def window_at(session: Session) -> datetime:
    """Up to when the windows have been moved."""
    return session.scalars(WINDOW).one()


WINDOW = select(Window.at).where(Window.name == "visits")


def mark(session: Session, sources: set[Source]) -> None:
    """Mark the sources as changed, in the transaction that changed them."""
    if not sources:
        return
    now = instant_of(session)
    rows = [{"type": type_, "source": id_, "made": now} for type_, id_ in sorted(sources)]
    insert_rows(session, SourceMark, rows)
    announce(session, "publish")


def user_channel(user_id: UUID) -> str:
    """Visits, stock, loaners and records of one user."""
    return f"user:{user_id}"


def device_channel(device_id: UUID) -> str:
    """How the facts of one device stand."""
    return f"device:{device_id}"


CATALOG = "catalog"
