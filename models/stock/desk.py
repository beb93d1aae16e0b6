"""What the warehouse decides of stock: what lay there at the beginning, and what is shipped."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Subject, replace
from models.ids import derived
from models.refusals import Refused
from models.stock.rows import (
    PHYSICAL,
    VIRTUAL,
    Balance,
    Item,
    Part,
    Place,
    StockStatement,
    book_of,
    named_item,
    virtual_place,
)

Data = Mapping[str, Any]


def make_virtual_places(session: Session, zone: str) -> None:
    """Make the one place of each virtual kind where it is missing."""
    for kind in VIRTUAL:
        if session.get(Place, virtual_place(kind)) is None:
            place = Place(id=virtual_place(kind), kind=kind, code=kind, name=kind, zone=zone)
            session.add(place)


def item_of(line: Data) -> Item:
    """What a line is about."""
    return named_item(UUID(line["part"]), line.get("lot"), line.get("serial"))


def opening_subjects(data: Data) -> list[Subject]:
    """The books of the lines."""
    place = UUID(data["place"])
    return [Subject("book", book_of(place, item_of(line))) for line in data["lines"]]


def shipment_subjects(data: Data) -> list[Subject]:
    """The books of the lines, and the transfer."""
    return [*opening_subjects(data), Subject("transfer", UUID(data["transfer"]))]


def check_lines(session: Session, data: Data) -> None:
    """Place and parts exist, and serials are given where they are tracked. Raises Refused."""
    _physical(session, data["place"], "place")
    for number, line in enumerate(data["lines"]):
        part = session.get(Part, UUID(line["part"]))
        if part is None:
            raise Refused("unknown", f"lines.{number}.part")
        _check_tracking(part, line, number)
        if line.get("serial") is not None and Decimal(line["quantity"]) != 1:
            raise Refused("serial_needed", f"lines.{number}.quantity")


def _check_tracking(part: Part, line: Data, number: int) -> None:
    """A serial where each piece has one, a lot where the part has lots, and neither elsewhere."""
    for name, code in (("serial", "serial_needed"), ("lot", "lot_needed")):
        if (part.tracking == name) != (line.get(name) is not None):
            raise Refused(code, f"lines.{number}.{name}", f"tracking: {part.tracking}")


def _physical(session: Session, place_id: str, field: str) -> None:
    place = session.get(Place, UUID(place_id))
    if place is None:
        raise Refused("unknown", field)
    if place.kind not in PHYSICAL:
        raise Refused("wrong_value", field, "nothing can lie at a place of this kind")


def check_shipment(session: Session, data: Data) -> None:
    """The place holds everything that is to be shipped, all lines together. Raises Refused."""
    check_lines(session, data)
    _physical(session, data["to"], "to")
    taken: dict[UUID, Decimal] = {}
    place = UUID(data["place"])
    for number, line in enumerate(data["lines"]):
        book = book_of(place, item_of(line))
        taken[book] = taken.get(book, Decimal(0)) + Decimal(line["quantity"])
        query = select(Balance.quantity).where(Balance.book_id == book, Balance.place_id == place)
        held = session.scalar(query) or Decimal(0)
        if taken[book] > held:
            raise Refused("not_enough", f"lines.{number}.quantity", f"there are {held}")


def write_opening(session: Session, decision: Decision) -> Changes:
    """Parts enter the place from adjustment."""
    place = UUID(decision.data["place"])
    return _write(session, decision, virtual_place("adjustment"), place, None)


def write_shipment(session: Session, decision: Decision) -> Changes:
    """Parts leave the place and are in transit until they are received."""
    place = UUID(decision.data["place"])
    transfer = UUID(decision.data["transfer"])
    return _write(session, decision, place, virtual_place("in_transit"), transfer)


def _write(
    session: Session, decision: Decision, from_: UUID, to: UUID, transfer: UUID | None
) -> Changes:
    """The statements of the decision's lines. Their books are locked and folded at once, so the
    work that would follow is not put off to the outbox."""
    place = UUID(decision.data["place"])
    rows = [
        StockStatement(
            id=derived("decided", decision.id, number),
            cause_id=decision.id,
            origin_id=None,
            seq=0,
            **item_of(line)._asdict(),
            quantity=Decimal(line["quantity"]),
            from_place=from_,
            to_place=to,
            transfer_id=transfer,
            happened=decision.at,
            book_id=book_of(place, item_of(line)),
        )
        for number, line in enumerate(decision.data["lines"], start=1)
    ]
    changes = replace(session, Subject("decision", decision.id), (StockStatement,), rows)
    return Changes(changes.sources, set())
