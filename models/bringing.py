"""What came by another way than the network: an exported outbox, or a paper with its scan."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base


class Bringing(Base):
    """An exported outbox that was brought, for which device, by whom, and how much was in it.

    Each fact that it brought, and that was not there before, names it.
    """

    __tablename__ = "bringing"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("device.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    exported: Mapped[datetime]
    facts: Mapped[int]
    photos: Mapped[int]


class Paper(Base):
    """A paper about a visit, keyed in by somebody: its scan is the proof of what it states.

    It is where its facts come from (their origin, whose user is who wrote it); they are signed with
    the server's own key, whose public half stands here: it proves no more than that nobody has
    changed them since.
    """

    __tablename__ = "paper"
    __table_args__ = (UniqueConstraint("visit_id", "scan"),)
    id: Mapped[UUID] = mapped_column(ForeignKey("origin.id"), primary_key=True)
    visit_id: Mapped[UUID]
    scan: Mapped[str]
    type: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    public_key: Mapped[str]
