"""Plans as they were at each version, contracts that pin one, days of the company's own, and what
was promised for each work order."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.derived import Derived, Source


class ServicePlan(Base):
    """One version of a plan, as its file says. It never changes: there is another version then."""

    __tablename__ = "service_plan"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    title: Mapped[dict[str, Any]]
    text: Mapped[str]
    content: Mapped[dict[str, Any]]
    added: Mapped[datetime]


class Contract(Base):
    """An agreement with a customer: a plan's version, its term, what fills the blanks, its dates.

    It covers all of the customer's sites and assets, or one site, or one asset. `fixed` is what is
    so in every case: the stage of the project, the level of maintenance.
    """

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("ends IS NULL OR starts <= ends", name="term"),
        Index("ix_contract_customer_id", "customer_id"),
        Index("ix_contract_starts_id", "starts", "id"),
        Index("ix_contract_ends_id", "ends", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    site_id: Mapped[UUID | None] = mapped_column(ForeignKey("site.id"))
    asset_id: Mapped[UUID | None] = mapped_column(ForeignKey("asset.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("service_plan.id"))
    starts: Mapped[date] = mapped_column(Date)
    ends: Mapped[date | None] = mapped_column(Date)
    parameters: Mapped[dict[str, Any]]
    dates: Mapped[dict[str, Any]]
    fixed: Mapped[dict[str, Any]]


class CompanyDay(Base):
    """A day on which the company is closed, or works, other than the holidays say.

    It counts for what began between `since` and `until`, so that no running clock is moved.
    """

    __tablename__ = "company_day"
    __table_args__ = (
        CheckConstraint("kind IN ('off', 'work')", name="kind"),
        Index(
            "uq_company_day_day",
            "day",
            unique=True,
            sqlite_where=text("until IS NULL"),
            postgresql_where=text("until IS NULL"),
        ),
        Index("ix_company_day_day_id", "day", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str]
    name: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class PromiseRow(Derived):
    """One promise for one work order: when it is due, and when it was kept.

    `says` is what is promised, in English and Chinese. `first` is the one of its kind that is due
    before the others. `warn` and `alarm` are when its people are told that it is in danger, or
    broken.
    """

    __tablename__ = "promise"

    work_order_id: Mapped[UUID] = mapped_column(ForeignKey("work_order.id"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    target: Mapped[str]
    kind: Mapped[str]
    clause: Mapped[str]
    says: Mapped[dict[str, Any]] = mapped_column(JSON)
    due: Mapped[datetime | None]
    inclusive: Mapped[bool]
    provisional: Mapped[bool]
    first: Mapped[bool]
    started: Mapped[datetime | None]
    stopped: Mapped[datetime | None]
    warn: Mapped[datetime | None]
    alarm: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_promise_work_order_id", "work_order_id"),
            Index("ix_promise_contract_id", "contract_id"),
            Index("ix_promise_warn", "warn"),
            Index("ix_promise_alarm", "alarm"),
        )

    def sources(self) -> Iterable[Source]:
        return [Source("work_order", str(self.work_order_id))]
