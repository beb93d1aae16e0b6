"""Rows of what stands before a customer's order is shipped, and of what was shipped of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models.derived import Derived


class RequisitionGate(Derived):
    """A gate of the contract before a customer's order, in the words of its plan; and who passed it
    when, by which number or answer. It is open while nobody has."""

    __tablename__ = "requisition_gate"

    requisition_id: Mapped[UUID] = mapped_column(ForeignKey("requisition.id"))
    gate: Mapped[str]
    position: Mapped[int]
    clause: Mapped[str]
    says: Mapped[dict[str, Any]]
    answers: Mapped[dict[str, Any]]
    passed: Mapped[datetime | None]
    passed_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    number: Mapped[str | None]
    answer: Mapped[str | None]
    note: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_requisition_gate_requisition_id", "requisition_id"),
            Index("ix_requisition_gate_passed_by", "passed_by"),
        )


def open_gates(session: Session, requisition_id: UUID) -> Sequence[RequisitionGate]:
    """The gates of the order that nobody passed yet, in their order."""
    query = select(RequisitionGate).where(
        RequisitionGate.requisition_id == requisition_id, RequisitionGate.passed.is_(None)
    )
    return session.scalars(query.order_by(RequisitionGate.position)).all()


class CustomerShipment(Derived):
    """What left for the customer at once: by when the customer has to be told, and when they
    were."""

    __tablename__ = "customer_shipment"

    requisition_id: Mapped[UUID] = mapped_column(ForeignKey("requisition.id"))
    transfer_id: Mapped[UUID]
    shipped: Mapped[datetime]
    waybill: Mapped[str]
    tell_due: Mapped[datetime | None]
    told: Mapped[datetime | None]
    told_by: Mapped[UUID | None] = mapped_column(ForeignKey("user_account.id"))
    note: Mapped[str | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_customer_shipment_requisition_id", "requisition_id"),
            Index("ix_customer_shipment_tell_due", "tell_due"),
            Index("ix_customer_shipment_told_by", "told_by"),
        )


ORDER_TABLES: tuple[type[Derived], ...] = (RequisitionGate, CustomerShipment)
