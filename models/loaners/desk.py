"""What the warehouse decides of loaners: at which place one of them is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Changes, Subject, replace
from models.ids import derived
from models.loaners.rows import CustodyStatement, Loaner
from models.refusals import Refused
from models.stock.rows import PHYSICAL, Place

Data = Mapping[str, Any]


def subjects(data: Data) -> list[Subject]:
    """The loaner."""
    return [Subject("unit", UUID(data["loaner"]))]


def check_placing(session: Session, data: Data) -> None:
    """Loaner and place exist, and things can lie there. Raises Refused."""
    if session.get(Loaner, UUID(data["loaner"])) is None:
        raise Refused("unknown", "loaner")
    place = session.get(Place, UUID(data["place"]))
    if place is None:
        raise Refused("unknown", "place")
    if place.kind not in PHYSICAL:
        raise Refused("wrong_value", "place", "nothing can lie at a place of this kind")


def write_placing(session: Session, decision: Decision) -> Changes:
    """The loaner is at the place from now on. It is locked and replayed at once."""
    statement = CustodyStatement(
        id=derived("placed", decision.id),
        loaner_id=UUID(decision.data["loaner"]),
        cause_id=decision.id,
        origin_id=None,
        seq=0,
        holder_type="place",
        holder_id=UUID(decision.data["place"]),
        user_id=None,
        due=None,
        happened=decision.at,
    )
    owner = Subject("decision", decision.id)
    return Changes(replace(session, owner, (CustodyStatement,), [statement]).sources, set())
