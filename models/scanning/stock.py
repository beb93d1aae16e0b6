"""Codes of stock: parts, pieces, places and shelves, and where they are."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import serials
from models.scanning.match import MATCHES_MAX, Match, Where, at, ours
from models.stock import levels
from models.stock.demand import StockLevel
from models.stock.rows import Balance, Move, Part, Place, keeps

ONE = Decimal("1.000")


def parts(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    for part in session.scalars(select(Part).where(Part.code == code)):
        yield Match("part", part.id, part.code, part.name, _lying(session, part.id, owner))


def _lying(session: Session, part_id: UUID, owner: UUID | None) -> list[Where]:
    """Where the part lies, how much of it, and on which shelf."""
    query = select(Place, Balance.quantity).join(Balance, Balance.place_id == Place.id)
    query = query.where(Balance.part_id == part_id, Balance.quantity > 0)
    total: dict[UUID, Decimal] = {}
    found: dict[UUID, Place] = {}
    for place, quantity in session.execute(ours(query.order_by(Place.code), Place.id, owner)):
        found[place.id] = place
        total[place.id] = total.get(place.id, Decimal(0)) + quantity
    shelved = select(StockLevel.place_id, StockLevel.shelf).where(StockLevel.part_id == part_id)
    shelves = {place: shelf for place, shelf in session.execute(shelved)}
    return [
        at(place, quantity=total[id_], shelf=shelves.get(id_) or None)
        for id_, place in found.items()
    ]


def pieces(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    """A piece by its serial: where it lies, or where it went to."""
    query = select(Part, Balance.book_id).join(Balance, Balance.part_id == Part.id)
    query = (
        query.where(serials.is_numbered(Balance.serial, code))
        .distinct()
        .order_by(Part.code)
        .limit(MATCHES_MAX)
    )
    for part, book in session.execute(query):
        place = _of_piece(session, book)
        if place is not None and _is_reached(session, place, owner):
            where = [at(place, quantity=ONE)]
            yield Match("piece", book, code, f"{part.code} {part.name}", where, part.id)


def _of_piece(session: Session, book: UUID) -> Place | None:
    here = select(Place).join(Balance, Balance.place_id == Place.id)
    place = session.scalar(here.where(Balance.book_id == book, Balance.quantity > 0))
    if place is not None:
        return place
    last = select(Place).join(Move, Move.to_place == Place.id).where(Move.book_id == book)
    return session.scalar(last.order_by(Move.posted.desc(), Move.happened.desc()).limit(1))


def _is_reached(session: Session, place: Place, owner: UUID | None) -> bool:
    return owner is None or keeps(session, owner, place.id)


def places(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = ours(select(Place).where(Place.code == code), Place.id, owner)
    for place in session.scalars(query):
        steps = ["asked"] if any(levels.lacking(session, place.id).values()) else []
        yield Match("place", place.id, place.code, place.name, [at(place)], steps=steps)
