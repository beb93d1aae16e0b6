"""Work orders, visits, their work items and assignments: derived from facts and decisions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived, Job, Source, Subject

WORK_ORDER_STATUSES = ("received", "planned", "in_progress", "resolved", "cancelled")
VISIT_STATUSES = (
    "planned",
    "assigned",
    "accepted",
    "declined",
    "travelling",
    "on_site",
    "paused",
    "done",
    "incomplete",
    "failed",
    "cancelled",
)


class WorkOrder(Derived):
    """What a customer asked for, on one asset. Its status follows from its visits, and from being
    cancelled; `cancel_reason` says why it was. `changes` counts how often the desk changed it."""

    __tablename__ = "work_order"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("asset.id"))
    request: Mapped[str]
    level: Mapped[str]
    due: Mapped[datetime | None]
    due_basis: Mapped[str]
    opened: Mapped[datetime]
    status: Mapped[str]
    cancel_reason: Mapped[str | None]
    changes: Mapped[int]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_work_order_opened_id", "opened", "id"),
            Index("ix_work_order_due_id", "due", "id"),
            Index("ix_work_order_status_due_id", "status", "due", "id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("work_order", str(self.id))]


class Visit(Derived):
    """One trip to one site. `plan` is what the desk decided last, `epoch` counts assignments and
    `plans` plans. `billed` says that the desk will bill work on it after it was cancelled."""

    __tablename__ = "visit"

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.id"))
    status: Mapped[str]
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    epoch: Mapped[int]
    plan: Mapped[dict[str, Any]]
    plans: Mapped[int]
    billed: Mapped[bool]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("starts <= ends", name="window"),
            Index("ix_visit_starts_id", "starts", "id"),
            Index("ix_visit_ends", "ends"),
            Index("ix_visit_site_id", "site_id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("visit", str(self.id))]


class WorkItem(Derived):
    """One work order as a part of a visit."""

    __tablename__ = "work_item"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    work_order_id: Mapped[UUID] = mapped_column(ForeignKey("work_order.id"))
    position: Mapped[int]
    task: Mapped[str]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_work_item_visit_id", "visit_id"),
            Index("ix_work_item_work_order_id", "work_order_id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("visit", str(self.visit_id))]

    def jobs(self) -> Iterable[Job]:
        return [Job("judge", Subject("work_order", self.work_order_id))]


class Assignment(Derived):
    """Who goes to a visit, as lead or helper, from when until when. Never deleted: it ends."""

    __tablename__ = "assignment"

    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visit.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    epoch: Mapped[int]
    role: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("role IN ('lead', 'helper')", name="role"),
            Index("ix_assignment_visit_id", "visit_id"),
            Index("ix_assignment_user_id", "user_id"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("visit", str(self.visit_id))]


def visits_of(user_id: UUID) -> Select[UUID]:
    """The ids of the visits to which the user was ever assigned."""
    return select(Assignment.visit_id).where(Assignment.user_id == user_id)
