"""What may still be reserved or shipped for a requisition: what was asked for, or a substitute."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.refusals import Refused
from models.stock.demand import ENDED, Claim, Requisition, RequisitionLine
from models.stock.order_rows import open_gates
from models.stock.rows import Part

Data = Mapping[str, Any]
Wanted = dict[UUID, Decimal]


def to_ship(session: Session, requisition_id: UUID) -> Wanted:
    """By part that was asked for, how much of it was not shipped yet."""
    query = select(RequisitionLine).where(RequisitionLine.requisition_id == requisition_id)
    wanted: Wanted = {}
    shipped: Wanted = {}
    for line in session.scalars(query):
        wanted[line.part_id] = wanted.get(line.part_id, Decimal(0)) + line.wanted
        shipped[line.part_id] = line.shipped  # each line tells it of its part, not of itself
    return {part: max(wanted[part] - shipped[part], Decimal(0)) for part in wanted}


def to_reserve(session: Session, requisition_id: UUID) -> Wanted:
    """By part that was asked for, how much of it was neither shipped yet nor is reserved."""
    left = to_ship(session, requisition_id)
    for claim in session.scalars(select(Claim).where(Claim.requisition_id == requisition_id)):
        part = claim.instead_of or claim.part_id
        if part in left:
            left[part] = max(left[part] - claim.quantity, Decimal(0))
    return left


def coming(session: Session, found: Requisition) -> list[str]:
    """What the warehouse may decide of the requisition next."""
    if found.status in ENDED:
        return []
    steps, claimed = ["refused"], select(Claim.id).where(Claim.requisition_id == found.id)
    if any(to_reserve(session, found.id).values()):
        steps.append("reserved")
    if any(to_ship(session, found.id).values()) and not open_gates(session, found.id):
        steps.append("shipped")
    if session.scalar(claimed.limit(1)) is not None:
        steps += ["released", "picked"]
    return steps


def check_wanted(session: Session, data: Data, left: Wanted) -> None:
    """Each line is wanted or stands for what is, and together they are not more than is left.
    Raises Refused."""
    taken = defaultdict[UUID, Decimal](Decimal)
    for number, line in enumerate(data["lines"]):
        part = _stands_for(session, line, f"lines.{number}", left)
        taken[part] += Decimal(line["quantity"])
        if taken[part] > left[part]:
            told = f"{left[part]} are still wanted"
            raise Refused("not_wanted", f"lines.{number}.quantity", told)


def _stands_for(session: Session, line: Data, field: str, left: Wanted) -> UUID:
    """The part that was asked for, and that the line is or stands for. Raises Refused."""
    name = "instead_of" if line.get("instead_of") else "part"
    part = UUID(line[name])
    if session.get(Part, part) is None:
        raise Refused("unknown", f"{field}.{name}")
    if part not in left:
        raise Refused("not_wanted", f"{field}.{name}", "nobody asked for this part")
    return part
