"""Parts that were sent away for repair, and pieces that came back repaired."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, Select, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.schema import SchemaItem

from models.decisions import Decision
from models.derived import Derived
from models.ids import derived
from models.refusals import Refused
from models.stock.demand import Transfer
from models.stock.replay import IN_TRANSIT
from models.stock.rows import Item, StockStatement


class Repair(Derived):
    """So much of a part was sent away for repair by one decision, its `removal`; `serials` are the
    pieces of it that have a number. It is to be back on the day `due`."""

    __tablename__ = "repair"

    removal_id: Mapped[UUID] = mapped_column(ForeignKey("decision.id"))
    place_id: Mapped[UUID] = mapped_column(ForeignKey("place.id"))
    part_id: Mapped[UUID] = mapped_column(ForeignKey("part.id"))
    return_id: Mapped[UUID | None]
    quantity: Mapped[Decimal]
    serials: Mapped[list[Any]]
    reason: Mapped[str]
    since: Mapped[datetime]
    due: Mapped[date | None] = mapped_column(Date)

    @classmethod
    def constraints(cls) -> tuple[SchemaItem, ...]:
        return (
            Index("ix_repair_removal_id", "removal_id"),
            Index("ix_repair_since_id", "since", "id"),
            Index("ix_repair_due_id", "due", "id"),
            Index("ix_repair_part_id", "part_id"),
            Index("ix_repair_return_id", "return_id"),
        )


def repairs_of(decision: Decision) -> Iterable[Repair]:
    """What the removal sends away for repair, by part."""
    data = decision.data
    if not data.get("repair"):
        return
    for part in sorted({line["part"] for line in data["lines"]}):
        lines = [line for line in data["lines"] if line["part"] == part]
        yield Repair(
            id=derived("repair", decision.id, part),
            removal_id=decision.id,
            place_id=UUID(data["place"]),
            part_id=UUID(part),
            return_id=UUID(data["return"]) if data.get("return") else None,
            quantity=sum((Decimal(line["quantity"]) for line in lines), Decimal("0.000")),
            serials=sorted(line["serial"] for line in lines if line.get("serial")),
            reason=data["reason"],
            since=decision.at,
            due=date.fromisoformat(data["due"]) if data.get("due") else None,
        )


def check_answered(session: Session, removal: str, parts: Iterable[str]) -> None:
    """The removal sent these parts away for repair. Raises Refused."""
    query = select(Repair.part_id).where(Repair.removal_id == UUID(removal))
    sent = {str(part) for part in session.scalars(query)}
    if not sent:
        raise Refused("unknown", "removal", "nothing was sent for repair by that decision")
    for number, part in enumerate(parts):
        if part not in sent:
            raise Refused("wrong_value", f"lines.{number}.part", "it was not sent for repair then")


# What came back, which follows from what was received of repaired deliveries.


def _came_back() -> Select[Any]:
    """What was received of deliveries of repaired pieces."""
    of_it = (Transfer.transfer_id == StockStatement.transfer_id) & (Transfer.kind == "delivery")
    query = select(StockStatement).join(Transfer, of_it)
    return query.where(Transfer.repaired, StockStatement.from_place == IN_TRANSIT)


def back() -> ColumnElement[Decimal]:
    """How much of a repair came back, as a column beside it."""
    query = _came_back().with_only_columns(func.coalesce(func.sum(StockStatement.quantity), 0))
    query = query.where(
        Transfer.removal_id == Repair.removal_id, StockStatement.part_id == Repair.part_id
    )
    return query.correlate(Repair).scalar_subquery()


def serials_back(session: Session, removals: Collection[UUID]) -> dict[tuple[UUID, UUID], set[str]]:
    """By removal and part the numbers of the pieces that came back."""
    query = _came_back().with_only_columns(
        Transfer.removal_id, StockStatement.part_id, StockStatement.serial
    )
    query = query.where(Transfer.removal_id.in_(removals))
    found: dict[tuple[UUID, UUID], set[str]] = {}
    for removal, part, serial in session.execute(query):
        if removal is not None and serial is not None:
            found.setdefault((removal, part), set()).add(serial)
    return found


def repaired_since(session: Session, items: Collection[Item]) -> dict[Item, datetime]:
    """Of the pieces those that ever came back repaired, and when they first did."""
    serials = {item.serial for item in items if item.serial is not None}
    if not serials:
        return {}
    query = _came_back().with_only_columns(
        StockStatement.part_id, StockStatement.serial, func.min(StockStatement.happened)
    )
    query = query.where(StockStatement.serial.in_(serials))
    query = query.group_by(StockStatement.part_id, StockStatement.serial)
    return {Item(part, None, serial): at for part, serial, at in session.execute(query)}
