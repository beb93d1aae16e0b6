"""What the warehouse decides of stock: what lay there at the beginning; and lines in general."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Derived, Subject, replace
from models.dialect import insert_missing
from models.ids import derived
from models.refusals import Refused
from models.stock.demand import Transfer
from models.stock.repairs import Repair
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
OPENED = "stock.opened"
TABLES: tuple[type[Derived], ...] = (Transfer, Repair, StockStatement)


def make_virtual_places(session: Session, zone: str) -> None:
    """Make the one place of each virtual kind where it is missing."""
    rows = [
        {"id": virtual_place(kind), "kind": kind, "code": kind, "name": kind, "zone": zone}
        for kind in VIRTUAL
    ]
    insert_missing(session, Place, rows)


def item_of(line: Data) -> Item:
    """What a line is about."""
    return named_item(UUID(line["part"]), line.get("lot"), line.get("serial"))


def opening_subjects(data: Data) -> list[Subject]:
    """The books of the lines."""
    place = UUID(data["place"])
    return [Subject("book", book_of(place, item_of(line))) for line in data["lines"]]


def check_opening(session: Session, data: Data) -> None:
    """The lines make sense, and nothing is opened twice: no piece that lies somewhere by the books,
    and, unless it is said why `again`, nothing that was opened at the place. Raises Refused."""
    check_lines(session, data)
    place, pieces = UUID(data["place"]), set[Item]()
    for number, line in enumerate(data["lines"]):
        item = item_of(line)
        if item.serial is not None:
            _check_nowhere(session, item, pieces, f"lines.{number}.serial")
        elif not data.get("again") and _was_opened(session, book_of(place, item)):
            raise Refused("opened_before", f"lines.{number}.part")


def _check_nowhere(session: Session, item: Item, pieces: set[Item], field: str) -> None:
    """The piece stands once in the opening, and lies nowhere. Raises Refused."""
    query = select(Place.code).join(Balance, Balance.place_id == Place.id)
    held = (Balance.part_id == item.part_id, Balance.serial == item.serial, Balance.quantity > 0)
    code = session.scalar(query.where(*held).limit(1))
    if code is not None:
        raise Refused("opened_before", field, f"by the books it is at {code}")
    if item in pieces:
        raise Refused("opened_before", field, "it stands here twice")
    pieces.add(item)


def _was_opened(session: Session, book: UUID) -> bool:
    query = select(StockStatement.id).join(Decision, Decision.id == StockStatement.cause_id)
    opened = query.where(StockStatement.book_id == book, Decision.kind == OPENED)
    return session.scalar(opened.limit(1)) is not None


def check_lines(session: Session, data: Data) -> None:
    """Place and parts exist, and serials are given where they are tracked. Raises Refused."""
    check_physical(session, data["place"], "place")
    for number, line in enumerate(data["lines"]):
        check_line(session, line, number)


def check_line(session: Session, line: Data, number: int) -> None:
    """The part exists, and its serial or lot is given where it is tracked. Raises Refused."""
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


def check_physical(session: Session, place_id: str, field: str) -> None:
    """Things can lie at the place. Raises Refused."""
    place = session.get(Place, UUID(place_id))
    if place is None:
        raise Refused("unknown", field)
    if place.kind not in PHYSICAL:
        raise Refused("wrong_value", field, "nothing can lie at a place of this kind")


def write_opening(session: Session, decision: Decision) -> Changes:
    """Parts enter the place from adjustment."""
    place = UUID(decision.data["place"])
    return write_lines(session, decision, virtual_place("adjustment"), place, None)


def write_lines(
    session: Session,
    decision: Decision,
    from_: UUID,
    to: UUID,
    transfer: UUID | None,
    *headers: Derived,
    lines: Sequence[Data] | None = None,
) -> Changes:
    """The statements of the decision's lines, or of some of them, and what goes with these: the
    transfer that they are, the repairs for which they leave."""
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
        for number, line in enumerate(decision.data["lines"] if lines is None else lines, start=1)
    ]
    return replace(session, Subject("decision", decision.id), TABLES, [*headers, *rows])
