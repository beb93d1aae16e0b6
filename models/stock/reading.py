"""What was said of one book: lines and counts, and what persons found to be otherwise.

The whole of it, or from the earliest moment on at which something may have changed. A local day of
the place is never cut: what lay there before it is what the books say without the later moves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from models.decisions import Decision, decisions_about
from models.derived import Subject
from models.findings import SETTLED, Found
from models.ids import derived
from models.stock import writing_off
from models.stock.demand import Transfer
from models.stock.replay import ADJUSTMENT, IN_TRANSIT, Line, Seen
from models.stock.rows import (
    PHYSICAL,
    Balance,
    CountLine,
    Item,
    Part,
    Place,
    StockStatement,
    Sweep,
    virtual_place,
)
from models.timeline import Rank, Stating, ranks
from models.types import exact_quantity

SUPPLIER = virtual_place("supplier")
# What the resolutions of a shortage say the missing quantity came from.
EXPLAINS = {
    "bought_locally": SUPPLIER,
    "wrong_part": ADJUSTMENT,
    "written_off": ADJUSTMENT,
}
SETS_ASIDE = {"first_use_holds": "later", "count_set_aside": "count"}


@dataclass(frozen=True)
class Resolved:
    """What persons decided of the book's findings: who is set aside, and what explains what."""

    aside: set[UUID] = field(default_factory=set)
    explained: dict[UUID, list[Decision]] = field(default_factory=dict)  # by line

    def explained_of(self, line_id: UUID) -> Decimal:
        """How much of the line's shortage was explained so far."""
        return sum(map(quantity_of, self.explained.get(line_id, ())), Decimal("0.000"))


@dataclass(frozen=True)
class Said:
    """What was said of a book, as its replay takes it."""

    item: Item
    part: Part | None
    places: dict[UUID, str]  # the physical ones, with their zones
    lines: list[Line]
    counts: list[Seen]
    unknown: list[Found]
    resolved: Resolved
    start: datetime | None  # nothing before it was read

    @property
    def place(self) -> UUID | None:
        """The place of a book that is kept by quantity; None where nothing names one."""
        return min(self.places, default=None)


def quantity_of(settled: Decision) -> Decimal:
    """The quantity of which the settled finding told."""
    return exact_quantity(Decimal(settled.data["evidence"]["quantity"]))


def of_book(session: Session, book_id: UUID, since: datetime | None = None) -> Said | None:
    """What was said of the book from the day of `since` on; None where nothing ever was."""
    item = _item(session, book_id)
    if item is None:
        return None
    whole = since is None or item.serial is not None
    start = None if whole or since is None else _start(session, book_id, since)
    resolved = _resolved(session, book_id)
    statements = [
        one for one in _statements(session, book_id, start) if one.id not in resolved.aside
    ]
    counted = _after(select(CountLine).where(CountLine.book_id == book_id), CountLine, start)
    lines = list(session.scalars(counted))
    part = session.get(Part, item.part_id)
    places = _physical(session, book_id, statements, lines)
    known, unknown = _known(part, places, item, statements, lines)
    known = from_suppliers(session, known, statements)
    counts = [] if part is None else [*_counts(session, book_id, item, places, lines, start)]
    known += writing_off.of_piece(session, item, statements, [*known, *counts])
    return Said(
        item=item,
        part=part,
        places=places,
        lines=_with_explained(known, resolved),
        counts=[one for one in counts if one.id not in resolved.aside],
        unknown=unknown,
        resolved=resolved,
        start=start,
    )


def _item(session: Session, book_id: UUID) -> Item | None:
    """What the book is about, by the first that names it."""
    tables: tuple[Any, ...] = (Balance, StockStatement, CountLine)
    for row in tables:
        query = select(row.part_id, row.lot, row.serial).where(row.book_id == book_id)
        named = session.execute(query.limit(1)).first()
        if named is not None:
            return Item(*named)
    return None


def _after(query: Select[Any], row: Any, start: datetime | None) -> Select[Any]:
    return query if start is None else query.where(row.happened >= start)


def _statements(
    session: Session, book_id: UUID, start: datetime | None
) -> Sequence[StockStatement]:
    query = select(StockStatement).where(StockStatement.book_id == book_id)
    return session.scalars(_after(query, StockStatement, start)).all()


# From when on


def _start(session: Session, book_id: UUID, since: datetime) -> datetime | None:
    """The beginning of the day, at the place, from which the book has to be replayed."""
    query = select(Place.zone).join(Balance, Balance.place_id == Place.id)
    zone = session.scalar(query.where(Balance.book_id == book_id).limit(1))
    if zone is None:
        return None
    while True:
        day = since.astimezone(ZoneInfo(zone)).date()
        start = datetime.combine(day, time(), ZoneInfo(zone))
        earlier = _pulled(session, book_id, start)
        if earlier is None:
            return start
        since = earlier


def _pulled(session: Session, book_id: UUID, start: datetime) -> datetime | None:
    """The first statement of before that stands behind a later one, as its device said so."""
    here = StockStatement.book_id == book_id
    later = select(StockStatement.origin_id, func.min(StockStatement.seq)).where(
        here, StockStatement.happened >= start, StockStatement.origin_id.is_not(None)
    )
    behind = [
        (StockStatement.origin_id == origin) & (StockStatement.seq > seq)
        for origin, seq in session.execute(later.group_by(StockStatement.origin_id))
    ]
    if not behind:
        return None
    query = select(func.min(StockStatement.happened))
    return session.scalar(query.where(here, StockStatement.happened < start, or_(*behind)))


# What persons decided


def _resolved(session: Session, book_id: UUID) -> Resolved:
    resolved = Resolved()
    for settled in decisions_about(session, Subject("book", book_id), SETTLED):
        way, evidence = settled.data["resolution"], settled.data["evidence"]
        if way in SETS_ASIDE:
            resolved.aside.add(UUID(evidence[SETS_ASIDE[way]]))
        elif way in EXPLAINS:
            resolved.explained.setdefault(UUID(evidence["line"]), []).append(settled)
    return resolved


def _with_explained(lines: list[Line], resolved: Resolved) -> list[Line]:
    """The lines, and before each what was said to explain that it took too much."""
    return [*lines, *(one for line in lines for one in explaining(line, resolved))]


def explaining(line: Line, resolved: Resolved) -> Iterable[Line]:
    """What entered at the moment of the line, as a person said."""
    for settled in resolved.explained.get(line.id, ()):
        yield replace(
            line,
            id=derived("explained", settled.id),
            cause_id=settled.id,
            from_place=EXPLAINS[settled.data["resolution"]],
            to_place=line.from_place,
            quantity=quantity_of(settled),
        )


# As the replay takes it


def _physical(
    session: Session,
    book_id: UUID,
    statements: Sequence[StockStatement],
    lines: Sequence[CountLine],
) -> dict[UUID, str]:
    named = set(session.scalars(select(Balance.place_id).where(Balance.book_id == book_id)))
    named |= {place for one in statements for place in (one.from_place, one.to_place)}
    named |= {one.place_id for one in lines}
    query = select(Place.id, Place.zone).where(Place.id.in_(named), Place.kind.in_(PHYSICAL))
    return {id_: zone for id_, zone in session.execute(query)}


def _known(
    part: Part | None,
    places: dict[UUID, str],
    item: Item,
    statements: Sequence[StockStatement],
    counted: Sequence[CountLine],
) -> tuple[list[Line], list[Found]]:
    """The statements as lines, and a finding for each that names what is not known here."""
    ranked = ranks(map(stating, statements))
    lines, unknown = [], []
    for one in statements:
        ends = {one.from_place, one.to_place}
        if part is not None and ends & places.keys() and len(ends) == 2:
            lines.append(as_line(one, ranked[one.id]))
        else:
            names = {"part": str(item.part_id), "places": sorted(map(str, ends))}
            unknown.append(Found("stock.unknown", (one.id,), one.happened, names))
    both: list[StockStatement | CountLine] = [*statements, *counted]
    if part is None:
        unknown += [_uncounted(one) for one in counted]
    elif not _tracked_as(part, item):
        unknown += [_untracked(one, part) for one in both]
    return lines, unknown


def _uncounted(one: CountLine) -> Found:
    names = {"part": str(one.part_id), "places": [str(one.place_id)]}
    return Found("stock.unknown", (one.id,), one.happened, names)


def _tracked_as(part: Part, item: Item) -> bool:
    given = {"serial": item.serial is not None, "lot": item.lot is not None}
    return all(given[name] == (part.tracking == name) for name in given)


def _untracked(one: StockStatement | CountLine, part: Part) -> Found:
    evidence = {"part": str(part.id), "tracking": part.tracking, "lot": one.lot}
    return Found("stock.tracking", (one.id,), one.happened, {**evidence, "serial": one.serial})


def as_line(one: StockStatement, rank: Rank) -> Line:
    """The statement as the replay sees it."""
    ends, quantity = (one.from_place, one.to_place), exact_quantity(one.quantity)
    return Line(one.id, one.cause_id, *ends, quantity, one.happened, rank)


def stating(one: StockStatement) -> Stating:
    """What decides where the statement stands among others."""
    return Stating(one.id, one.happened, one.origin_id, one.seq, one.id)


# Counts


def _counts(
    session: Session,
    book_id: UUID,
    item: Item,
    places: dict[UUID, str],
    lines: Sequence[CountLine],
    start: datetime | None,
) -> Iterable[Seen]:
    """What was counted, and what a whole count did not list. Counts stand at their exact time."""
    for one in lines:
        yield _seen(one.id, one, one.quantity)
    either = (Sweep.part_id == item.part_id) | Sweep.part_id.is_(None)
    query = _after(select(Sweep).where(Sweep.place_id.in_(places), either), Sweep, start)
    sweeps = {sweep.cause_id: sweep for sweep in session.scalars(query)}
    listed = select(CountLine.cause_id).where(
        CountLine.book_id == book_id, CountLine.cause_id.in_(sweeps)
    )
    for cause in sweeps.keys() - set(session.scalars(listed)):
        yield _seen(derived("missed", cause, book_id), sweeps[cause], Decimal("0.000"))


def _seen(id_: UUID, one: CountLine | Sweep, quantity: Decimal) -> Seen:
    rank = (one.happened, 2, str(one.origin_id), one.seq, str(id_))
    exact = exact_quantity(quantity)
    return Seen(id_, one.cause_id, one.place_id, exact, one.happened, rank)


def books_at(session: Session, place_id: UUID) -> Iterable[UUID]:
    """Every book of which something was said at the place."""
    columns = (StockStatement.from_place, StockStatement.to_place)
    said = [select(StockStatement.book_id).where(column == place_id) for column in columns]
    counted = select(CountLine.book_id).where(CountLine.place_id == place_id)
    return session.scalars(union(*said, counted))


def of_transfer(session: Session, transfer_id: UUID) -> dict[Item, list[Line]]:
    """The lines of a transfer by item, but those of pieces. Of a delivery nothing is under way:
    what arrives comes from the supplier."""
    query = (
        select(StockStatement)
        .join(Part, Part.id == StockStatement.part_id)
        .where(StockStatement.transfer_id == transfer_id, StockStatement.serial.is_(None))
        .order_by(StockStatement.part_id, StockStatement.id)
    )
    by_item: dict[Item, list[Line]] = {}
    statements = session.scalars(query).all()
    ranked = ranks(map(stating, statements))
    delivered = bool(deliveries(session, {transfer_id}))
    for one in statements:
        lines = by_item.setdefault(one.item, [])
        if not delivered:
            lines.append(as_line(one, ranked[one.id]))
    return by_item


# Deliveries


def deliveries(session: Session, transfers: Iterable[UUID]) -> set[UUID]:
    """Of the transfers those that a supplier announced."""
    query = select(Transfer.transfer_id).where(
        Transfer.transfer_id.in_(transfers), Transfer.kind == "delivery"
    )
    return set(session.scalars(query))


def from_suppliers(
    session: Session, lines: list[Line], statements: Sequence[StockStatement]
) -> list[Line]:
    """The lines; what arrived of a delivery comes from the supplier, and not from in transit."""
    of = {one.id: one.transfer_id for one in statements if one.transfer_id is not None}
    if not of:
        return lines
    delivered = deliveries(session, set(of.values()))
    return [
        replace(line, from_place=SUPPLIER)
        if line.from_place == IN_TRANSIT and of.get(line.id) in delivered
        else line
        for line in lines
    ]
