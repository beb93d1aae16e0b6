"""What the database has about books: all of it, or from the earliest moment on at which something
may have changed.

A local day of the place is never cut: what lay there before it is what the books say without the
later moves.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, func, or_, select, union
from sqlalchemy.orm import Session

from models.decisions import Decision, DecisionSubject
from models.findings import SETTLED
from models.queries import plain_rows, rows_in
from models.stock import writing_off
from models.stock.demand import Transfer
from models.stock.replay import IN_TRANSIT, Line
from models.stock.rows import (
    PHYSICAL,
    Balance,
    CountLine,
    Item,
    Part,
    Place,
    StockStatement,
    Sweep,
)
from models.stock.said import Rows, Said, Statement, as_line, said, stating
from models.timeline import ranks

ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


def _any(column: Any, of: str = "books") -> Any:
    return column.in_(bindparam(of, expanding=True))


# Built once, as every replay asks. Columns, as a row of the session's costs four times as much.
SINCE: BindParameter[datetime] = bindparam("start")
STATEMENTS = select(*(getattr(StockStatement, name) for name in Statement._fields))
STATED = STATEMENTS.where(_any(StockStatement.book_id), StockStatement.happened >= SINCE)
COUNTED = select(CountLine).where(_any(CountLine.book_id), CountLine.happened >= SINCE)
HELD = select(
    Balance.book_id, Balance.place_id, Balance.part_id, Balance.lot, Balance.serial
).where(_any(Balance.book_id))
ZONES = select(Place.id, Place.zone).where(_any(Place.id, "places"), Place.kind.in_(PHYSICAL))
SWEPT = select(Sweep).where(
    _any(Sweep.place_id, "places"),
    Sweep.part_id.is_(None) | _any(Sweep.part_id, "parts"),
    Sweep.happened >= SINCE,
)
LISTED = select(CountLine.book_id, CountLine.cause_id).where(
    _any(CountLine.book_id), _any(CountLine.cause_id, "sweeps")
)
DELIVERED = (
    select(StockStatement.transfer_id)
    .join(Transfer, Transfer.transfer_id == StockStatement.transfer_id)
    .where(_any(StockStatement.book_id), Transfer.kind == "delivery")
)
DECIDED = (
    select(DecisionSubject.subject_id, Decision)
    .join(Decision, Decision.id == DecisionSubject.decision_id)
    .where(DecisionSubject.subject_type == "book", _any(DecisionSubject.subject_id))
    .where(Decision.kind == SETTLED)
    .order_by(Decision.at, Decision.id)
)
SENT = (
    STATEMENTS.join(Part, Part.id == StockStatement.part_id)
    .where(StockStatement.transfer_id == bindparam("transfer"), StockStatement.serial.is_(None))
    .order_by(StockStatement.part_id, StockStatement.id)
)
ANNOUNCED = select(Transfer.id).where(
    Transfer.transfer_id == bindparam("transfer"), Transfer.kind == "delivery"
)
ZONE = (
    select(Place.zone, Balance.serial)
    .join(Balance, Balance.place_id == Place.id)
    .where(Balance.book_id == bindparam("book"))
    .limit(1)
)


def of_book(session: Session, book_id: UUID, since: datetime | None = None) -> Said | None:
    """What was said of the book from the day of `since` on; None where nothing ever was."""
    start = None if since is None else _start(session, book_id, since)
    return of_books(session, [book_id], start).get(book_id)


def of_books(
    session: Session, books: Collection[UUID], start: datetime | None = None
) -> dict[UUID, Said]:
    """What was said from `start` on of those of the books of which anything ever was. At most so
    many of them as a statement can name."""
    asked = {"books": list(books), "start": start or ALWAYS}
    rows = {book: Rows(book, start) for book in books}
    for values in plain_rows(session, STATED, asked):
        rows[values[0]].statements.append(Statement._make(values))
    for line in session.scalars(COUNTED, asked):
        rows[line.book_id].counted.append(line)
    for book, place, part, lot, serial in session.execute(HELD, asked):
        rows[book].held[place] = Item(part, lot, serial)
    known = {book: one for book, one in rows.items() if one.names_anything}
    _ask_what_is_named(session, known, asked)
    _ask_what_was_decided(session, known, asked)
    return {book: said(one) for book, one in known.items()}


def _ask_what_is_named(session: Session, rows: Mapping[UUID, Rows], asked: dict[str, Any]) -> None:
    """Add the parts, the places, and what was counted there as a whole."""
    ids = {one.item.part_id for one in rows.values()}
    parts = {part.id: part for part in rows_in(session, Part, Part.id, ids)}
    places = set[UUID]().union(*(one.named for one in rows.values()))
    zones = {place: zone for place, zone in session.execute(ZONES, {"places": list(places)})}
    swept = session.scalars(SWEPT, {**asked, "places": list(zones), "parts": list(parts)}).all()
    for one in rows.values():
        one.part = parts.get(one.item.part_id)
        one.places = {place: zones[place] for place in one.named if place in zones}
        one.sweeps = {sweep.cause_id: sweep for sweep in swept if one.is_swept_by(sweep)}
    if swept:
        causes = [sweep.cause_id for sweep in swept]
        for book, cause in session.execute(LISTED, {**asked, "sweeps": causes}):
            rows[book].listed.add(cause)


def _ask_what_was_decided(
    session: Session, rows: Mapping[UUID, Rows], asked: dict[str, Any]
) -> None:
    """Add what persons settled and wrote off, and what suppliers announced."""
    for book, settled in session.execute(DECIDED, asked):
        if book in rows:
            rows[book].settled.append(settled)
    if any(one.transfers for one in rows.values()):
        delivered = {*session.scalars(DELIVERED, asked)}
        pieces = [one for one in rows.values() if one.item.serial is not None]
        sent = set[UUID]().union(*(one.transfers for one in pieces))
        off = writing_off.of_transfers(session, sent)
        for one in rows.values():
            one.delivered = delivered
        for one in pieces:
            one.off = {id_: off[id_].get(one.item.words, []) for id_ in one.transfers}


# From when on


def _start(session: Session, book_id: UUID, since: datetime) -> datetime | None:
    """The beginning of the day, at the place, from which the book has to be replayed; None where
    all of it has to be, as that of a piece."""
    zone, serial = session.execute(ZONE, {"book": book_id}).one_or_none() or (None, None)
    if zone is None or serial is not None:
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


# By place, and by transfer


def books_at(session: Session, place_id: UUID) -> Iterable[UUID]:
    """Every book of which something was said at the place."""
    columns = (StockStatement.from_place, StockStatement.to_place)
    said = [select(StockStatement.book_id).where(column == place_id) for column in columns]
    counted = select(CountLine.book_id).where(CountLine.place_id == place_id)
    return session.scalars(union(*said, counted))


def of_transfer(session: Session, transfer_id: UUID) -> dict[Item, list[Line]]:
    """The lines of a transfer by item, but those of pieces. What arrives of a delivery comes from
    the supplier, and never was under way."""
    statements = [Statement._make(one) for one in session.execute(SENT, {"transfer": transfer_id})]
    ranked = ranks(map(stating, statements))
    delivered = is_delivery(session, transfer_id)
    by_item: dict[Item, list[Line]] = {}
    for one in statements:
        lines = by_item.setdefault(one.item, [])
        if not (delivered and one.from_place == IN_TRANSIT):
            lines.append(as_line(one, ranked[one.id]))
    return by_item


def is_delivery(session: Session, transfer_id: UUID) -> bool:
    """Whether a supplier announced the transfer."""
    return session.scalar(ANNOUNCED, {"transfer": transfer_id}) is not None
