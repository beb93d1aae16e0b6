"""The statement 对账单 of somebody who keeps places, for one month: what they held, got, used,
handed on and returned, by part.

A move belongs to the month in which it was *posted*, in the company's zone: so a month that is over
never changes, and what is stated late stands in the next one, as from the period in which it
happened. Once somebody confirmed it, its content and hash are kept by that decision.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.people import User
from models.refusals import Refused
from models.stock.fitted import Debt
from models.stock.rows import Part, Place
from models.stock.statement.keeper_moves import Line, lines_of, windows
from models.stock.statement.month import Month, month_of
from models.types import exact_quantity

Data = Mapping[str, Any]


def content_of(session: Session, user_id: UUID, name: str) -> dict[str, Any]:
    """What the statement says, as JSON. Raises Refused for nobody, and for no month."""
    if session.get(User, user_id) is None:
        raise Refused("unknown", "user")
    month = month_of(session, name)
    lines: list[dict[str, Any]] = []
    earlier: list[dict[str, Any]] = []
    for window in windows(session, user_id, month):
        now, before = lines_of(session, window, month)
        lines += _told(session, window.place, now)
        for period in sorted(before):
            told = _told(session, window.place, before[period])
            earlier += [{"period": period, **_without_ends(one)} for one in told]
    return {
        "user": str(user_id),
        "month": name,
        "since": instant_text(month.since),
        "until": instant_text(month.until),
        "lines": lines,
        "earlier": earlier,
        "debts": [_owed(debt, part) for debt, part in _debts(session, user_id, month)],
    }


def _told(session: Session, place: Place, lines: Mapping[UUID, Line]) -> list[dict[str, Any]]:
    """The lines by the code of their part, but those of which there was nothing."""
    query = select(Part).where(Part.id.in_(lines)).order_by(Part.code)
    return [
        {
            "place": str(place.id),
            "place_code": place.code,
            "part": str(part.id),
            "part_code": part.code,
            "part_name": part.name,
            "unit": part.unit,
            "opening": str(exact_quantity(lines[part.id].opening)),
            **lines[part.id].told(),
            "closing": str(exact_quantity(lines[part.id].closing)),
        }
        for part in session.scalars(query)
        if lines[part.id].opening or any(lines[part.id].columns.values())
    ]


def _without_ends(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("opening", "closing")}


def _debts(session: Session, user_id: UUID, month: Month) -> Any:
    """What the user still owes of what they took out until the month ended."""
    query = select(Debt, Part).outerjoin(Part, Part.id == Debt.part_id)
    query = query.where(Debt.user_id == user_id, Debt.since < month.until)
    return session.execute(query.order_by(Debt.since, Debt.id))


def _owed(debt: Debt, part: Part | None) -> dict[str, Any]:
    return {
        "debt": str(debt.id),
        "visit": str(debt.visit_id),
        "part": str(debt.part_id),
        "part_code": None if part is None else part.code,
        "part_name": None if part is None else part.name,
        "serial": debt.serial,
        "quantity": str(debt.quantity),
        "since": instant_text(debt.since),
    }
