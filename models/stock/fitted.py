"""What was fitted on visits, and the old parts that came out and are owed."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived
from models.stock.rows import Item

CONDITIONS = ("new", "repaired", "used")


class Installed(Derived):
    """A part that a technician fitted on a visit, and what came out for it. `work_order_id` says on
    whose machine, where a visit is about several; `condition` is new, repaired or used."""

    __tablename__ = "installed"

    visit_id: Mapped[UUID]
    work_order_id: Mapped[UUID | None]
    part_id: Mapped[UUID]
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    condition: Mapped[str]
    removed_part: Mapped[UUID | None]
    removed_serial: Mapped[str | None]
    since: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_installed_visit_id", "visit_id"),)

    @property
    def item(self) -> Item:
        """What was fitted."""
        return Item(self.part_id, self.lot, self.serial)

    def condition_with(self, repaired: datetime | None) -> str:
        """Its condition: what the record calls new is repaired if it came back so before."""
        known = repaired is not None and repaired <= self.since
        return "repaired" if known and self.condition == "new" else self.condition


class Debt(Derived):
    """An old part that a technician took out and owes until it lies in the defective store."""

    __tablename__ = "debt"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    part_id: Mapped[UUID]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    visit_id: Mapped[UUID]
    since: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_debt_user_id", "user_id"),)
