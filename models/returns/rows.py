"""Returns: what a customer may send back, what of it came, and which way it went from there."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived
from models.stock.rows import Item

STATUSES = ("asked", "permitted", "refused", "partly_received", "received", "closed")
WAYS = ("repair", "maker", "scrap", "elsewhere")


class Return(Derived):
    """A customer wants to send something back, under a contract and the plan that held when they
    asked. `since` began the case (received,
    sold), `until` is the last day on which it can be claimed. `terms` are what the agreement says
    of it, and who bears which cost in the end."""

    __tablename__ = "customer_return"

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customer.id"))
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("service_plan.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    case: Mapped[str]
    goods: Mapped[str | None]
    since: Mapped[date | None] = mapped_column(Date)
    requested: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    timely: Mapped[bool | None]
    evidence: Mapped[list[Any]]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    note: Mapped[str]
    listed: Mapped[bool]
    asked: Mapped[datetime]
    status: Mapped[str]
    outcome: Mapped[str | None]
    repair_tried: Mapped[str | None]
    verdict: Mapped[str | None]
    reason: Mapped[str | None]
    received: Mapped[datetime | None]
    closed: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint(f"status IN {STATUSES}", name="status"),
            Index("ix_customer_return_asked_id", "asked", "id"),
            Index("ix_customer_return_received_id", "received", "id"),
            Index("ix_customer_return_customer_id", "customer_id"),
            Index("ix_customer_return_contract_id", "contract_id"),
            Index("ix_customer_return_user_id", "user_id"),
        )


class ReturnLine(Derived):
    """Of one item of a return: how much the list says (none where there was no list), how much of
    it was accepted and refused on receipt, whether that count is final, and how much went which
    way since."""

    __tablename__ = "customer_return_line"

    return_id: Mapped[UUID] = mapped_column(ForeignKey("customer_return.id"))
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"))
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    listed: Mapped[Decimal | None]
    received: Mapped[Decimal]
    refused: Mapped[Decimal]
    final: Mapped[bool]
    repair: Mapped[Decimal]
    maker: Mapped[Decimal]
    scrap: Mapped[Decimal]
    elsewhere: Mapped[Decimal]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_customer_return_line_return_id", "return_id"),
            Index("ix_customer_return_line_part_id", "part_id"),
            Index("ix_customer_return_line_serial", "serial"),
        )

    @property
    def item(self) -> Item:
        """What it is about."""
        return Item(self.part_id, self.lot, self.serial)

    @property
    def differs(self) -> bool:
        """Whether what was counted is not what the list says."""
        return self.listed is not None and self.received + self.refused != self.listed

    @property
    def awaited(self) -> Decimal:
        """What the list says and did not come yet."""
        if self.listed is None or self.final:
            return Decimal("0.000")
        return max(self.listed - self.received - self.refused, Decimal("0.000"))

    @property
    def left(self) -> Decimal:
        """What was accepted and went no way yet."""
        return self.received - self.repair - self.maker - self.scrap - self.elsewhere
