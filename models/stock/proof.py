"""What lay where at a past moment, by the moves that happened until then.

Within a local day what came in counts from the day's beginning, as the replay has it; so what was
taken before it was signed for shows as taken *early*, and nothing as less than none.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import serials
from models.stock.rows import PHYSICAL, Move, Place

HOLDING = (*PHYSICAL, "in_transit")


class Held(NamedTuple):
    """How much of a part a place held, and how much was taken before it came in that day."""

    place: UUID
    place_code: str
    kind: str
    quantity: Decimal
    early: Decimal


def held_at(
    session: Session,
    part_id: UUID,
    at: datetime,
    known: datetime,
    places: Select[UUID] | None = None,
    lot: str | None = None,
    serial: str | None = None,
) -> Sequence[Held]:
    """By place what it held of the part at the moment, as the books knew it by then or later; of a
    lot or a piece alone where it is named."""
    wanted = [] if lot is None else [Move.lot == lot]
    if serial is not None:
        wanted.append(serials.is_numbered(Move.serial, serial))
    ends = (Move.to_place, Move.quantity), (Move.from_place, -Move.quantity)
    entered, left = (
        select(place.label("place"), Move.lot, Move.serial, quantity.label("quantity")).where(
            Move.part_id == part_id, Move.happened <= at, Move.posted <= known, *wanted
        )
        for place, quantity in ends
    )
    both = entered.union_all(left).subquery()
    query = (
        select(Place.id, Place.code, Place.kind, func.sum(both.c.quantity))
        .join(both, both.c.place == Place.id)
        .where(Place.kind.in_(HOLDING))
        .group_by(Place.id, Place.code, Place.kind, both.c.lot, both.c.serial)
        .order_by(Place.code)
    )
    if places is not None:
        query = query.where(Place.id.in_(places))
    sums: dict[tuple[UUID, str, str], list[Decimal]] = defaultdict(list)
    for id_, code, kind, quantity in session.execute(query):
        sums[id_, code, kind].append(quantity)
    return [Held(*key, _positive(some), _positive([-one for one in some]))
            for key, some in sums.items() if any(some)]  # fmt: skip


def _positive(quantities: Sequence[Decimal]) -> Decimal:
    return sum((one for one in quantities if one > 0), Decimal("0.000"))
