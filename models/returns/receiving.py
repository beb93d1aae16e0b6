"""What comes of a return into a defective store, and what leaves there on its behalf."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Subject
from models.refusals import Refused
from models.returns.asking import subjects
from models.returns.deciding import known
from models.returns.rows import ReturnLine
from models.stock.desk import check_line, check_physical, item_of, opening_subjects, write_lines
from models.stock.rows import Item, Part, Place, virtual_place

REFUSED_AS = ("messy", "incomplete", "not_listed", "other")  # why a piece is not taken in

Data = Mapping[str, Any]


def accepted(data: Data) -> list[Data]:
    """The lines that are taken in."""
    return [line for line in data["lines"] if not line["refused"]]


def receiving_subjects(data: Data) -> list[Subject]:
    """The return, and the books that its accepted pieces enter."""
    return [*subjects(data), *opening_subjects({**data, "lines": accepted(data)})]


def check_receiving(session: Session, data: Data) -> None:
    """What was permitted comes into a defective store. Raises Refused."""
    found = known(session, data)
    if found.status in ("asked", "refused"):
        raise Refused("return_not_permitted", "return", f"it is {found.status}")
    if found.status == "closed":
        raise Refused("return_state", "return", "it is closed")
    if found.outcome == "supplier":
        raise Refused("return_state", "return", "it goes straight to the supplier")
    check_physical(session, data["place"], "place")
    if session.get_one(Place, UUID(data["place"])).kind != "defective":
        raise Refused("wrong_value", "place", "what comes back goes into a defective store")
    for number, line in enumerate(data["lines"]):
        if not line["refused"]:
            check_line(session, line, number)
        elif session.get(Part, UUID(line["part"])) is None:
            raise Refused("unknown", f"lines.{number}.part")
    _check_once(session, data)


def _check_once(session: Session, data: Data) -> None:
    """No piece comes in twice."""
    query = select(ReturnLine).where(ReturnLine.return_id == UUID(data["return"]))
    there = {line.item for line in session.scalars(query) if line.serial and line.received}
    for number, line in enumerate(data["lines"]):
        item = item_of(line)
        if item.serial is not None and not line["refused"]:
            if item in there:
                raise Refused("wrong_value", f"lines.{number}.serial", "it was received before")
            there.add(item)


def write_receiving(session: Session, decision: Decision) -> Changes:
    """What was accepted comes from the customer into the defective store."""
    place = UUID(decision.data["place"])
    lines = accepted(decision.data)
    return write_lines(session, decision, virtual_place("customer"), place, None, lines=lines)


def named(data: Data) -> list[Subject]:
    """The return of which something leaves, where the decision names one."""
    return subjects(data) if data.get("return") else []


def check_leaving(session: Session, data: Data) -> None:
    """What leaves on behalf of a return was accepted of it and is still there. Raises Refused."""
    if not data.get("return"):
        return
    known(session, data)
    query = select(ReturnLine).where(ReturnLine.return_id == UUID(data["return"]))
    left = defaultdict[Item, Decimal](
        Decimal, {one.item: one.left for one in session.scalars(query)}
    )
    for number, line in enumerate(data["lines"]):
        item, quantity = item_of(line), Decimal(line["quantity"])
        if quantity > left[item]:
            raise Refused("not_enough", f"lines.{number}.quantity", f"{left[item]} of the return")
        left[item] -= quantity
