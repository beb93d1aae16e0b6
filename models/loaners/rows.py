"""Loaner devices, what was stated of their custody, who has them by replay, and for whom they are
reserved."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.derived import Derived, Job, Source, Subject

OUT, RETURNED, INSPECTED, AVAILABLE = "out", "returned", "inspected", "available"
LOST, SOLD = "lost", "sold"
CUSTODY_STATES = (OUT, RETURNED, INSPECTED, AVAILABLE, LOST, SOLD)
HERE = (RETURNED, INSPECTED, AVAILABLE)  # it lies at a place of ours
OPEN, MET, RELEASED, LAPSED = "open", "met", "released", "lapsed"
RESERVATION_STATES = (OPEN, MET, RELEASED, LAPSED)
CONDITIONS = ("as_new", "worn", "damaged", "not_working")


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
    """A loaner changed hands: to a place of ours, or to a customer's site until a due date.

    `photos` are hashes of photos that show it then; `instead_of` is the loaner that it replaces.
    What nobody said is null.
    """

    __tablename__ = "custody_statement"

    loaner_id: Mapped[UUID]
    cause_id: Mapped[UUID]
    origin_id: Mapped[UUID | None]
    seq: Mapped[int]
    holder_type: Mapped[str]
    holder_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    due: Mapped[date | None] = mapped_column(Date)
    condition: Mapped[str | None]
    accessories: Mapped[list[Any] | None]
    photos: Mapped[list[Any] | None]
    instead_of: Mapped[UUID | None]
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

    `cause_id` is the fact or decision by which it began, `condition` what was signed for then or
    known before. `state` is how the loaner stood last within it; `inspected` when it was last
    looked at, `inspected_as` the condition that was found. One that is lost or sold is told with
    whoever had it last. `reminders` counts how far the due date is passed, `overdue` says that it
    is.
    """

    __tablename__ = "custody"

    loaner_id: Mapped[UUID] = mapped_column(ForeignKey("loaner.id"))
    statement_id: Mapped[UUID]
    cause_id: Mapped[UUID]
    state: Mapped[str]
    holder_type: Mapped[str]
    holder_id: Mapped[UUID]
    user_id: Mapped[UUID | None]
    due: Mapped[date | None] = mapped_column(Date)
    overdue: Mapped[bool]
    reminders: Mapped[int]
    condition: Mapped[str | None]
    accessories: Mapped[list[Any] | None]
    photos: Mapped[list[Any] | None]
    instead_of: Mapped[UUID | None]
    inspected: Mapped[datetime | None]
    inspected_as: Mapped[str | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_custody_loaner_id", "loaner_id"),
            Index("ix_custody_since_id", "since", "id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("loaner", str(self.loaner_id))]

    @property
    def known_condition(self) -> str | None:
        """What was found when it was last looked at; before that, what was signed for."""
        return self.inspected_as or self.condition


class Reservation(Derived):
    """A loaner is promised to a site from its day `starts` on until before its day `until`.

    It is open until it is met by a hand-over there, released, or lapsed because its days are over.
    """

    __tablename__ = "loaner_reservation"

    loaner_id: Mapped[UUID] = mapped_column(ForeignKey("loaner.id"))
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    work_order_id: Mapped[UUID | None]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    starts: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    note: Mapped[str]
    state: Mapped[str]
    since: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("starts < until", name="interval"),
            Index("ix_loaner_reservation_loaner_id", "loaner_id"),
            Index("ix_loaner_reservation_starts_id", "starts", "id"),
            Index("ix_loaner_reservation_state_until", "state", "until"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("loaner", str(self.loaner_id))]
