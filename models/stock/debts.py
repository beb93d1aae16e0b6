"""What is decided of old parts that somebody owes: that another owes them, or that nobody does."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.derived import Subject
from models.people import is_active
from models.refusals import Refused
from models.stock.rows import Debt

ASSIGNED = "debt.assigned"

Data = Mapping[str, Any]


def subjects(data: Data) -> list[Subject]:
    """The visit on which the part was taken out."""
    return [Subject("visit", UUID(data["visit"]))]


def check(session: Session, data: Data) -> None:
    """The debt is of that visit, and somebody takes it over or a note says why nobody does."""
    debt = session.get(Debt, UUID(data["debt"]))
    if debt is None or str(debt.visit_id) != data["visit"]:
        raise Refused("unknown", "debt")
    if data["to"] is None and not data["note"].strip():
        raise Refused("wrong_value", "note", "a debt ends with a word on why")
    if data["to"] is not None and not is_active(session, UUID(data["to"])):
        raise Refused("unknown", "to")
