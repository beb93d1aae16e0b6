"""Parts, places, what hands and desk stated of them, and the double-entry moves that follow."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models.base import Base
from models.derived import Derived, Job, Source, Subject
from models.ids import derived

PHYSICAL = ("warehouse", "van", "defective", "workshop")
VIRTUAL = ("in_transit", "customer", "supplier", "adjustment", "discrepancy", "scrap")


class Item(NamedTuple):
    """What moves: a part or a lot of it by quantity, or one piece by its serial."""

    part_id: UUID
    lot: str | None = None
    serial: str | None = None

    @property
    def words(self) -> str:
        """The item as ids and findings tell it: part, lot, serial."""
        return "/".join([str(self.part_id), self.lot or "", self.serial or ""])


def named_item(part_id: UUID, lot: str | None, serial: str | None) -> Item:
    """What a line is about. A piece is known by its serial alone, whatever lot it is said to be of:
    with two names it would lie in two places."""
    return Item(part_id, None if serial is not None else lot, serial)


class Part(Base):
    """A spare part of the catalogue. `tracking`: none (by quantity), by lot, or by serial.

    A count that differs from the books by more than `count_limit` has to be approved. What is sold
    and fitted of it new has a warranty of `warranty_months`: 12, of a print head 3, of what is
    consumed none.
    """

    __tablename__ = "part"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_part_name_id", "name", "id"),
        CheckConstraint("tracking IN ('none', 'lot', 'serial')", name="tracking"),
        CheckConstraint("warranty_months BETWEEN 0 AND 1200", name="warranty_months"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    unit: Mapped[str]
    tracking: Mapped[str]
    count_limit: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    warranty_months: Mapped[int] = mapped_column(default=12, server_default="12")


class Place(Base):
    """Where parts can be. Physical places are replayed; of the others there is one each.

    What a `monthly` place lacks is asked for each month.
    """

    __tablename__ = "place"
    __table_args__ = (UniqueConstraint("code"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    zone: Mapped[str]
    monthly: Mapped[bool] = mapped_column(default=False, server_default=false())


class PlaceKeeper(Base):
    """Who keeps a place, from when until when."""

    __tablename__ = "place_keeper"
    __table_args__ = (Index("ix_place_keeper_user_id", "user_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


def kept_by(user_id: UUID) -> Select[UUID]:
    """The ids of the places that the user keeps now."""
    return select(PlaceKeeper.place_id).where(
        PlaceKeeper.user_id == user_id, PlaceKeeper.until.is_(None)
    )


def keeps(session: Session, user_id: UUID, place_id: UUID) -> bool:
    """Whether the user keeps the place now."""
    return session.scalar(kept_by(user_id).where(PlaceKeeper.place_id == place_id)) is not None


def virtual_place(kind: str) -> UUID:
    """The id of the one place of a virtual kind."""
    return derived("place", kind)


class StockStatement(Derived):
    """One line of what a fact or decision says about stock: so much went from here to there.

    One end is the place that is replayed (for a serial, the chain of its places), the other is
    virtual. `transfer_id` ties what was shipped to what was received. What a statement
    names need not be known here: then it waits, with a finding.
    """

    __tablename__ = "stock_statement"

    cause_id: Mapped[UUID]
    origin_id: Mapped[UUID | None]
    seq: Mapped[int]
    part_id: Mapped[UUID]
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    from_place: Mapped[UUID]
    to_place: Mapped[UUID]
    transfer_id: Mapped[UUID | None]
    happened: Mapped[datetime]
    book_id: Mapped[UUID]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("quantity > 0", name="quantity"),
            Index("ix_stock_statement_book_id_happened", "book_id", "happened"),
            Index("ix_stock_statement_book_id_origin_id_seq", "book_id", "origin_id", "seq"),
            Index("ix_stock_statement_transfer_id", "transfer_id"),
            Index("ix_stock_statement_part_id", "part_id"),
            Index("ix_stock_statement_from_place", "from_place"),
            Index("ix_stock_statement_to_place", "to_place"),
        )

    @property
    def item(self) -> Item:
        """What was moved."""
        return Item(self.part_id, self.lot, self.serial)

    def jobs(self) -> Iterable[Job]:
        jobs = [Job("reconcile", Subject("book", self.book_id), self.happened)]
        if self.transfer_id is not None:
            jobs.append(Job("reconcile", Subject("transfer", self.transfer_id)))
        return jobs


class CountLine(Derived):
    """What somebody counted at a place of a part: at that moment so much was there."""

    __tablename__ = "count_line"

    cause_id: Mapped[UUID]
    origin_id: Mapped[UUID]
    seq: Mapped[int]
    place_id: Mapped[UUID]
    part_id: Mapped[UUID]
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    happened: Mapped[datetime]
    book_id: Mapped[UUID]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            CheckConstraint("quantity >= 0", name="quantity"),
            Index("ix_count_line_book_id_happened", "book_id", "happened"),
            Index("ix_count_line_place_id_happened", "place_id", "happened"),
            Index("ix_count_line_part_id", "part_id"),
        )

    @property
    def item(self) -> Item:
        """What was counted."""
        return Item(self.part_id, self.lot, self.serial)

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("book", self.book_id), self.happened)]


class Sweep(Derived):
    """A count that was whole: of one part at a place, or without a part of everything there.

    What it does not list was not there.
    """

    __tablename__ = "sweep"

    cause_id: Mapped[UUID]
    origin_id: Mapped[UUID]
    seq: Mapped[int]
    place_id: Mapped[UUID]
    part_id: Mapped[UUID | None]
    happened: Mapped[datetime]

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (Index("ix_sweep_place_id_happened", "place_id", "happened"),)

    def jobs(self) -> Iterable[Job]:
        return [Job("reconcile", Subject("shelves", self.place_id), self.happened)]


class Move(Base):
    """A posted move; never changed. `role`: stated; cover (from discrepancy); lost (to it, by a
    piece that turns up elsewhere); counted or missed (from adjustment and to it, by a count).

    What turns out otherwise is reversed and posted anew; `ordinal` counts the moves of one line.
    `stated_by` is the fact or decision that said it.
    """

    __tablename__ = "move"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("from_place <> to_place", name="places"),
        UniqueConstraint("book_id", "cause_id", "role", "ordinal"),
        Index("ix_move_part_id_posted", "part_id", "posted"),
        Index("ix_move_posted_id", "posted", "id"),
        Index("ix_move_happened_id", "happened", "id"),
        Index("ix_move_book_id_happened", "book_id", "happened"),
        Index("ix_move_part_id_happened_id", "part_id", "happened", "id"),
        Index("ix_move_from_place_posted", "from_place", "posted"),
        Index("ix_move_to_place_posted", "to_place", "posted"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    book_id: Mapped[UUID]
    cause_id: Mapped[UUID]
    role: Mapped[str]
    ordinal: Mapped[int]
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"))
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]
    from_place: Mapped[UUID] = mapped_column(ForeignKey("place.id"))
    to_place: Mapped[UUID] = mapped_column(ForeignKey("place.id"))
    happened: Mapped[datetime]
    posted: Mapped[datetime]
    stated_by: Mapped[UUID]


class Balance(Base):
    """What lies at a physical place by one book: a cache that moves and replay prove."""

    __tablename__ = "balance"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        Index("ix_balance_place_id_part_id_book_id", "place_id", "part_id", "book_id"),
        Index("ix_balance_serial", "serial"),
    )
    book_id: Mapped[UUID] = mapped_column(primary_key=True)
    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"), primary_key=True)
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"))
    lot: Mapped[str | None]
    serial: Mapped[str | None]
    quantity: Mapped[Decimal]

    @property
    def item(self) -> Item:
        """What lies there."""
        return Item(self.part_id, self.lot, self.serial)


def place_source(place_id: UUID) -> Source:
    """The source of a place's stock document."""
    return Source("place", str(place_id))


def book_of(place_id: UUID, item: Item) -> UUID:
    """The book in which a line is replayed: a serial's own chain, else place, part and lot."""
    if item.serial is not None:
        return derived("book", item.words)
    return derived("book", place_id, item.words)
