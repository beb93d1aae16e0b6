"""Rows of what is wanted, promised and under way: requisitions, claims, transfers, levels."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.derived import Derived, Job, Source, Subject
from models.stock.rows import Item, place_source

STATUSES = ("submitted", "reserved", "picked", "in_transit", "received", "shipped", "refused")
ENDED = ("received", "shipped", "refused")
KINDS = ("sold", "guarantee")
FREIGHT = ("company", "requester")


class Requisition(Derived):
    """Somebody wants parts at a place. Who wants them urgently bears the freight, unless the
    warehouse decides otherwise.

    Or a customer wants them, under a `contract`: the place is then that of all customers, and
    `kind` says whether they are sold or replaced in the guarantee period. It is `cleared` when the
    last of its gates was passed, and from then on promised to be shipped by `ship_due`.
    """

    __tablename__ = "requisition"

    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    visit_id: Mapped[UUID | None]
    asked: Mapped[datetime]
    needed: Mapped[date | None] = mapped_column(Date)
    urgent: Mapped[bool]
    freight: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str | None]
    contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("contract.id"))
    customer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[str | None]
    cleared: Mapped[datetime | None]
    ship_due: Mapped[datetime | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("kind IN ('sold', 'guarantee')", name="kind"),
            CheckConstraint("(contract_id IS NULL) = (kind IS NULL)", name="order"),
            Index("ix_requisition_asked_id", "asked", "id"),
            Index("ix_requisition_place_id_status", "place_id", "status"),
            Index("ix_requisition_user_id", "user_id"),
            Index("ix_requisition_contract_id", "contract_id"),
            Index("ix_requisition_customer_id", "customer_id"),
            Index("ix_requisition_ship_due", "ship_due"),
        )

    def sources(self) -> Iterable[Source]:
        return [place_source(self.place_id)]


class RequisitionLine(Derived):
    """How much of a part is wanted, and how much of it was shipped, a substitute too."""

    __tablename__ = "requisition_line"

    requisition_id: Mapped[UUID] = mapped_column(ForeignKey("requisition.id"))
    part_id: Mapped[UUID]
    wanted: Mapped[Decimal]
    shipped: Mapped[Decimal]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_requisition_line_requisition_id", "requisition_id"),)


class Claim(Derived):
    """So much at a place is promised to a requisition. It stays in the books of the place.

    `instead_of` is the part that was asked for, where this one is a substitute.
    """

    __tablename__ = "claim"

    requisition_id: Mapped[UUID] = mapped_column(ForeignKey("requisition.id"))
    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"))
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"))
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    instead_of: Mapped[UUID | None]
    since: Mapped[datetime]
    book_id: Mapped[UUID]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_claim_book_id", "book_id"),
            Index("ix_claim_requisition_id", "requisition_id"),
            Index("ix_claim_place_id", "place_id"),
            Index("ix_claim_part_id", "part_id"),
        )

    @property
    def item(self) -> Item:
        """What is claimed."""
        return Item(self.part_id, self.lot, self.serial)

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("book", self.book_id), self.since)]


class Transfer(Derived):
    """Parts go from one place to another. `kind`: shipment (the warehouse decided it), handover
    (hands did it), delivery (a supplier announced it, and `announced` says what).

    A shipment to a customer is under way with the carrier of its `waybill`, and not in our books.
    What comes by a delivery may be `repaired`, and answer the removal by which it was sent away.
    """

    __tablename__ = "transfer"

    transfer_id: Mapped[UUID]
    kind: Mapped[str]
    from_place: Mapped[UUID]
    to_place: Mapped[UUID]
    since: Mapped[datetime]
    requisition_id: Mapped[UUID | None]
    supplier: Mapped[str | None]
    waybill: Mapped[str | None]
    due: Mapped[date | None] = mapped_column(Date)
    announced: Mapped[list[Any]]
    repaired: Mapped[bool] = mapped_column(default=False, server_default=false())
    removal_id: Mapped[UUID | None]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        kinds = "kind IN ('shipment', 'handover', 'delivery')"
        return (
            CheckConstraint(kinds, name="kind"),
            Index("ix_transfer_transfer_id", "transfer_id"),
            Index("ix_transfer_to_place_since", "to_place", "since"),
            Index("ix_transfer_since_id", "since", "id"),
            Index("ix_transfer_requisition_id", "requisition_id"),
            Index("ix_transfer_waybill", "waybill"),
            Index("ix_transfer_removal_id", "removal_id"),
        )

    def sources(self) -> Iterable[Source]:
        return [place_source(self.from_place), place_source(self.to_place)]

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("transfer", self.transfer_id))]


class TransferLine(Derived):
    """How much of an item goes, or went, by a transfer: was shipped, or of a delivery announced.

    `written_off` is what nobody waits for any more, less what was received and never shipped.
    `awaited` is what is still to come: nothing of a piece that was seen elsewhere.
    """

    __tablename__ = "transfer_line"

    transfer_id: Mapped[UUID]
    part_id: Mapped[UUID]
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    received: Mapped[Decimal]
    written_off: Mapped[Decimal]
    awaited: Mapped[Decimal]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("awaited >= 0", name="awaited"),
            Index("ix_transfer_line_transfer_id", "transfer_id"),
        )

    @property
    def item(self) -> Item:
        """What goes."""
        return Item(self.part_id, self.lot, self.serial)


class StockLevel(Base):
    """How a part is kept at a place: on which shelf, and between which levels."""

    __tablename__ = "stock_level"
    __table_args__ = (
        UniqueConstraint("place_id", "part_id"),
        CheckConstraint("least >= 0 AND most >= least", name="levels"),
        Index("ix_stock_level_part_id", "part_id"),
        Index("ix_stock_level_shelf", "shelf"),
        Index("ix_stock_level_place_id_shelf_id", "place_id", "shelf", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"))
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"))
    shelf: Mapped[str]
    least: Mapped[Decimal]
    most: Mapped[Decimal]
