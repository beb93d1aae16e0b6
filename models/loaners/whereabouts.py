"""Where loaners are or were, for whoever asks as of a moment."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_

from models.customers import Site
from models.grounds import COLUMNS, ground_in, grounded
from models.loaners.rows import AVAILABLE, INSPECTED, RETURNED, Custody
from models.stock.rows import Place

BESIDE: dict[str, Any] = {"holder_name": func.coalesce(Place.name, Site.name), **COLUMNS}


def with_holders(query: Select[Any]) -> Select[Any]:
    """The query with who holds each loaner, and on whose word, beside its custody."""
    query = query.outerjoin(Place, Place.id == Custody.holder_id)
    return grounded(query.outerjoin(Site, Site.id == Custody.holder_id), Custody.cause_id)


def open_at(at: datetime) -> ColumnElement[bool]:
    """The custodies that were open then."""
    return and_(Custody.since <= at, or_(Custody.until.is_(None), Custody.until > at))


def as_told(values: dict[str, Any], at: datetime | None) -> dict[str, Any]:
    """A custody's values as it stood then, or as it stands. Known is how the loaner stood last
    within the custody: before that, nobody had inspected it."""
    told = {**values, "ground": ground_in(values)}
    if at is not None and values["inspected"] is not None and values["inspected"] > at:
        told |= {"inspected": None, "inspected_as": None}
        if values["state"] in (AVAILABLE, INSPECTED):
            told["state"] = RETURNED
    return told
