"""Loaner devices, what was stated of their custody, and who has them by replay."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.derived import Derived, Job, Source, Subject


class Loaner(Base):
    """A device of ours that customers get while theirs is being repaired."""

    __tablename__ = "loaner"
    __table_args__ = (
        UniqueConstraint("model", "serial"),
        Index("ix_loaner_serial_id", "serial", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    model: Mapped[str]
    serial: Mapped[str]
    accessories: Mapped[str] = mapped_column(default="")


class CustodyStatement(Derived):
    """A loaner changed hands: to a place of ours, or to a customer's site until a due date."""

    __tablename__ = "custody_statement"

    loaner_id: Mapped[UUID]
    cause_id: Mapped[UUID]
    origin_id: Mapped[UUID | None]
    seq: Mapped[int]
    holder_type: Mapped[str]
    holder_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    due: Mapped[date | None] = mapped_column(Date)
    happened: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("holder_type IN ('place', 'site')", name="holder_type"),
            Index("ix_custody_statement_loaner_id", "loaner_id"),
        )

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("unit", self.loaner_id))]


class Custody(Derived):
    """Who has a loaner from when until when. The open one has no `until`.

    It is `overdue` once a moment said that its due date has passed at the site.
    """

    __tablename__ = "custody"

    loaner_id: Mapped[UUID] = mapped_column(ForeignKey("loaner.id"))
    holder_type: Mapped[str]
    holder_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    due: Mapped[date | None] = mapped_column(Date)
    overdue: Mapped[bool]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_custody_loaner_id", "loaner_id"),)

    def sources(self) -> Iterable[Source]:
        return [Source("loaner", str(self.loaner_id))]
