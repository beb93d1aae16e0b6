"""What a code is that somebody scanned or typed: of a label of ours, or the bare code itself.

A label says `onsite:` and then what it is about and its code, such as `onsite:part:R-200`. A shelf
is named with its place, a device with its model: `onsite:shelf:main/A-03-2`. A bare code may be
several things at once; then all of them are answered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from models.customers import Asset, Site
from models.dispatch.rows import WorkItem, WorkOrder, visits_of
from models.ids import derived
from models.loaners.rows import Custody, Loaner
from models.people import User
from models.stock.demand import Requisition, StockLevel, Transfer
from models.stock.rows import Balance, Move, Part, Place, kept_by

PREFIX = "onsite"
ONE = Decimal("1.000")
MATCHES_MAX = 50  # of each type: a serial number need not be of one part alone

Where = Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """Something that the code names: what it is, how it is called, and where it is."""

    type: str
    id: UUID
    code: str
    name: str
    where: list[Where] = field(default_factory=list)
    about: UUID | None = None  # what its actions name, where that is not the id

    @property
    def label(self) -> str:
        """What a label of it says."""
        return label(self.type, self.code)


Finder = Callable[[Session, str, UUID | None], Iterable[Match]]


def label(type_: str, code: str) -> str:
    """The text of a label."""
    return f"{PREFIX}:{type_}:{code}"


def find(session: Session, text: str, owner: UUID | None) -> tuple[list[Match], list[str]]:
    """What the text names, and as what it was tried; of one user only what is theirs."""
    types, code = _read(text.strip())
    return [match for type_ in types for match in FINDERS[type_](session, code, owner)], types


def _read(text: str) -> tuple[list[str], str]:
    """As what a text is tried, and the code in it."""
    prefix, _, rest = text.partition(":")
    type_, _, code = rest.partition(":")
    if prefix == PREFIX and type_ in FINDERS and code:
        return [type_], code
    return list(FINDERS), text


def _split(code: str) -> Iterator[tuple[str, str]]:
    """Every way in which the code is two words with a slash between, as either may have one."""
    for at, letter in enumerate(code):
        if letter == "/":
            yield code[:at], code[at + 1 :]


def _named(first: Any, second: Any, code: str) -> ColumnElement[bool]:
    """The rows whose second column is the code, or both columns with a slash between them."""
    both = [(first == one) & (second == other) for one, other in _split(code)]
    return or_(second == code, *both)


def _ours(query: Any, place: Any, owner: UUID | None) -> Any:
    return query if owner is None else query.where(place.in_(kept_by(owner)))


def _at(place: Place, **more: Any) -> Where:
    told = {"type": "place", "id": place.id, "code": place.code, "name": place.name}
    return {**told, "shelf": None, "quantity": None, **more}


# Parts, and where they lie


def _parts(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    for part in session.scalars(select(Part).where(Part.code == code)):
        yield Match("part", part.id, part.code, part.name, _lying(session, part.id, owner))


def _lying(session: Session, part_id: UUID, owner: UUID | None) -> list[Where]:
    """Where the part lies, how much of it, and on which shelf."""
    query = select(Place, Balance.quantity).join(Balance, Balance.place_id == Place.id)
    query = query.where(Balance.part_id == part_id, Balance.quantity > 0)
    total: dict[UUID, Decimal] = {}
    places: dict[UUID, Place] = {}
    for place, quantity in session.execute(_ours(query.order_by(Place.code), Place.id, owner)):
        places[place.id] = place
        total[place.id] = total.get(place.id, Decimal(0)) + quantity
    levels = select(StockLevel.place_id, StockLevel.shelf).where(StockLevel.part_id == part_id)
    shelves = {place: shelf for place, shelf in session.execute(levels)}
    return [
        _at(place, quantity=total[id_], shelf=shelves.get(id_) or None)
        for id_, place in places.items()
    ]


def _pieces(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    """A piece by its serial: where it lies, or where it went to."""
    query = select(Part, Balance.book_id).join(Balance, Balance.part_id == Part.id)
    query = query.where(Balance.serial == code).distinct().order_by(Part.code).limit(MATCHES_MAX)
    for part, book in session.execute(query):
        place = _of_piece(session, book)
        if place is not None and _is_reached(session, place, owner):
            where = [_at(place, quantity=ONE)]
            yield Match("piece", book, code, f"{part.code} {part.name}", where, part.id)


def _of_piece(session: Session, book: UUID) -> Place | None:
    here = select(Place).join(Balance, Balance.place_id == Place.id)
    place = session.scalar(here.where(Balance.book_id == book, Balance.quantity > 0))
    if place is not None:
        return place
    last = select(Place).join(Move, Move.to_place == Place.id).where(Move.book_id == book)
    return session.scalar(last.order_by(Move.posted.desc(), Move.happened.desc()).limit(1))


def _is_reached(session: Session, place: Place, owner: UUID | None) -> bool:
    return owner is None or place.id in set(session.scalars(kept_by(owner)))


def _places(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = _ours(select(Place).where(Place.code == code), Place.id, owner)
    for place in session.scalars(query):
        yield Match("place", place.id, place.code, place.name, [_at(place)])


def _shelves(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = select(Place, StockLevel.shelf).join(StockLevel, StockLevel.place_id == Place.id)
    query = query.where(StockLevel.shelf != "", _named(Place.code, StockLevel.shelf, code))
    query = _ours(query.distinct().order_by(Place.code).limit(MATCHES_MAX), Place.id, owner)
    for place, shelf in session.execute(query):
        id_ = derived("shelf", place.id, shelf)
        named = f"{place.code}/{shelf}"
        yield Match("shelf", id_, named, place.name, [_at(place, shelf=shelf)], place.id)


# Devices


def _loaners(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = (
        select(Loaner, Place, Site)
        .outerjoin(Custody, (Custody.loaner_id == Loaner.id) & Custody.until.is_(None))
        .outerjoin(Place, Place.id == Custody.holder_id)
        .outerjoin(Site, Site.id == Custody.holder_id)
        .where(_named(Loaner.model, Loaner.serial, code))
    )
    if owner is not None:
        sites = select(WorkOrder.site_id).where(WorkOrder.id.in_(_orders_of(owner)))
        theirs = (Custody.user_id == owner, Place.id.in_(kept_by(owner)), Site.id.in_(sites))
        query = query.where(or_(*theirs))
    for loaner, place, site in session.execute(query.order_by(Loaner.model).limit(MATCHES_MAX)):
        where = [*map(_at, _there(place)), *map(_at_site, _there(site))]
        yield Match("loaner", loaner.id, f"{loaner.model}/{loaner.serial}", loaner.model, where)


def _there(row: Any) -> list[Any]:
    """What an outer join found, if anything."""
    return [] if row is None else [row]


def _assets(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    query = select(Asset, Site).join(Site, Site.id == Asset.site_id)
    query = query.where(_named(Asset.model, Asset.serial, code))
    if owner is not None:
        worked_on = select(WorkOrder.asset_id).where(WorkOrder.id.in_(_orders_of(owner)))
        query = query.where(Asset.id.in_(worked_on))
    for asset, site in session.execute(query.order_by(Asset.model).limit(MATCHES_MAX)):
        code = f"{asset.model}/{asset.serial}"
        yield Match("asset", asset.id, code, asset.name, [_at_site(site)])


def _orders_of(owner: UUID) -> Select[Any]:
    """The work orders of the visits to which the user was ever assigned."""
    return select(WorkItem.work_order_id).where(WorkItem.visit_id.in_(visits_of(owner)))


def _at_site(site: Site) -> Where:
    told = {"type": "site", "id": site.id, "code": None, "name": site.name}
    return {**told, "shelf": None, "quantity": None}


# What is under way, and what is wanted


def _transfers(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    id_ = _as_id(code)
    query = select(Transfer).where(Transfer.transfer_id == id_)
    if owner is not None:
        ends = (Transfer.from_place, Transfer.to_place)
        query = query.where(or_(*(end.in_(kept_by(owner)) for end in ends)))
    for one in session.scalars(query.order_by(Transfer.since)) if id_ is not None else ():
        goal = session.get(Place, one.to_place)
        yield Match(
            "transfer", one.transfer_id, code, one.kind, [] if goal is None else [_at(goal)]
        )


def _requisitions(session: Session, code: str, owner: UUID | None) -> Iterator[Match]:
    id_ = _as_id(code)
    query = select(Requisition, Place, User.full_name).where(Requisition.id == id_)
    query = query.join(Place, Place.id == Requisition.place_id)
    query = query.join(User, User.id == Requisition.user_id)
    if owner is not None:
        query = query.where(Requisition.user_id == owner)
    for one, place, name in session.execute(query) if id_ is not None else ():
        yield Match("requisition", one.id, code, f"{name} ({one.status})", [_at(place)])


def _as_id(code: str) -> UUID | None:
    try:
        return UUID(code)
    except ValueError:
        return None


FINDERS: Mapping[str, Finder] = {
    "part": _parts,
    "piece": _pieces,
    "place": _places,
    "shelf": _shelves,
    "loaner": _loaners,
    "asset": _assets,
    "transfer": _transfers,
    "requisition": _requisitions,
}
