"""What the warehouse decides of a return: permitted, refused, closed."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models.refusals import Refused
from models.returns.rows import Return

Data = Mapping[str, Any]
# After which statuses each may be decided.
TURNS = {
    "permitted": ("asked",),
    "refused": ("asked",),
    "received": ("permitted", "partly_received", "received"),
    "closed": ("permitted", "received"),
}


def coming(found: Return) -> list[str]:
    """What may be decided of the return next. What goes straight to the supplier never comes."""
    steps = [step for step, statuses in TURNS.items() if found.status in statuses]
    return [step for step in steps if (step, found.outcome) != ("received", "supplier")]


def known(session: Session, data: Data) -> Return:
    """The return. Raises Refused."""
    found = session.get(Return, UUID(data["return"]))
    if found is None:
        raise Refused("unknown", "return")
    return found


def check_turn(*statuses: str) -> Callable[[Session, Data], Return]:
    """What checks that the return stands like one of these. That raises Refused."""

    def look(session: Session, data: Data) -> Return:
        found = known(session, data)
        if found.status not in statuses:
            raise Refused("return_state", "return", f"it is {found.status}")
        return found

    return look


def check_permitting(session: Session, data: Data) -> None:
    """The agreement allows that outcome, and what it wants before is there. Raises Refused."""
    found = check_turn(*TURNS["permitted"])(session, data)
    if data["outcome"] not in found.terms["ends"]:
        allowed = ", ".join(found.terms["ends"])
        raise Refused("wrong_value", "outcome", f"the agreement knows {allowed}")
    for one in found.terms["needs"]:
        field = _lacking(one["need"], found, data)
        if field is not None:
            raise Refused("return_unready", field, f"{one['clause']}: {one['says']['en']}")
    agreed_on = {one["what"]: one["by"] for one in found.terms["bears"]}
    otherwise = any(agreed_on.get(what) != by for what, by in data["bears"].items())
    if otherwise and not data["bears_reason"].strip():
        raise Refused("wrong_value", "bears_reason", "say why it is otherwise than agreed")


def _lacking(need: str, found: Return, data: Data) -> str | None:
    """The field that lacks what the agreement needs. Whoever is to repair it has yet to try."""
    if need == "list":
        return None if found.listed else "lines"
    if need == "repair" and data["outcome"] == "repair":
        return None
    field = {"repair": "repair_tried", "verdict": "verdict"}[need]
    return None if (data[field] or "").strip() else field


def check_closing(session: Session, data: Data) -> None:
    """Nothing of it differs from its list without somebody having said that the count is final.
    Raises Refused."""
    found = check_turn(*TURNS["closed"], "partly_received")(session, data)
    if found.status == "partly_received":
        told = "what came is not what the list says: receive the rest, or settle return.differs"
        raise Refused("return_state", "return", told)
