"""Codes of shelves, and what has its place on each."""

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.ids import derived
from models.scanning.match import MATCHES_MAX, Match, at, named, ours
from models.stock.demand import StockLevel
from models.stock.rows import Balance, Part, Place


def shelves(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = select(Place, StockLevel.shelf).join(StockLevel, StockLevel.place_id == Place.id)
    query = query.where(StockLevel.shelf != "", named(Place.code, StockLevel.shelf, code))
    query = ours(query.distinct().order_by(Place.code).limit(MATCHES_MAX), Place.id, owner)
    for place, shelf in session.execute(query):
        id_ = derived("shelf", place.id, shelf)
        whole = f"{place.code}/{shelf}"
        where, holds = [at(place, shelf=shelf)], list(_on_shelf(session, place.id, shelf))
        yield Match("shelf", id_, whole, place.name, where, place.id, holds=holds)


def _on_shelf(session: Session, place_id: UUID, shelf: str) -> Iterator[Mapping[str, Any]]:
    """The parts that have their place on the shelf, and how much of each the place holds."""
    query = (
        select(Part, func.coalesce(func.sum(Balance.quantity), 0))
        .join(StockLevel, StockLevel.part_id == Part.id)
        .outerjoin(Balance, (Balance.part_id == Part.id) & (Balance.place_id == place_id))
        .where(StockLevel.place_id == place_id, StockLevel.shelf == shelf)
        .group_by(Part.id)
        .order_by(Part.code)
    )
    for part, quantity in session.execute(query.limit(MATCHES_MAX)):
        yield {"part": part.id, "part_code": part.code, "part_name": part.name,
               "quantity": quantity}  # fmt: skip
