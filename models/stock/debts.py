"""What is decided of old parts that somebody owes: that another owes them, that nobody does, or
that they lie in a defective store by now."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Subject
from models.people import is_active
from models.refusals import Refused
from models.stock.desk import check_lines, opening_subjects, write_lines
from models.stock.fitted import Debt
from models.stock.rows import Place, virtual_place

ASSIGNED = "debt.assigned"
RECEIVED = "debt.received"
VERDICTS = ("repair", "maker", "scrap", "open")  # what is to become of it, as it was looked at

Data = Mapping[str, Any]


def subjects(data: Data) -> list[Subject]:
    """The visit on which the part was taken out."""
    return [Subject("visit", UUID(data["visit"]))]


def check(session: Session, data: Data) -> None:
    """The debt is of that visit, and somebody takes it over or a note says why nobody does."""
    _owed(session, data)
    if data["to"] is None and not data["note"].strip():
        raise Refused("wrong_value", "note", "a debt ends with a word on why")
    if data["to"] is not None and not is_active(session, UUID(data["to"])):
        raise Refused("unknown", "to")


def _owed(session: Session, data: Data) -> Debt:
    debt = session.get(Debt, UUID(data["debt"]))
    if debt is None or str(debt.visit_id) != data["visit"]:
        raise Refused("unknown", "debt")
    return debt


def receiving_subjects(data: Data) -> list[Subject]:
    """The visit, and the book that the part enters."""
    return [*subjects(data), *opening_subjects(data)]


def check_receiving(session: Session, data: Data) -> None:
    """The old part that is owed, and no other, comes into a defective store. Raises Refused."""
    debt = _owed(session, data)
    (line,) = data["lines"]
    if line["part"] != str(debt.part_id):
        raise Refused("wrong_value", "lines.0.part", f"owed is {debt.part_id}")
    if debt.serial is not None and line["serial"] not in (None, debt.serial):
        raise Refused("wrong_value", "serial", f"owed is {debt.serial}")
    check_lines(session, data)
    place = session.get_one(Place, UUID(data["place"]))
    if place.kind != "defective":
        raise Refused("wrong_value", "place", "old parts go into a defective store")


def write_receiving(session: Session, decision: Decision) -> Changes:
    """The part comes from the customer into the defective store. Its debt ends with the visit's
    fold."""
    place = UUID(decision.data["place"])
    return write_lines(session, decision, virtual_place("customer"), place, None)
