"""The worker's replay: one book is locked, replayed, and the difference posted."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.decisions import decisions_about
from models.derived import Changes, Subject
from models.findings import SETTLED, Found
from models.ids import derived
from models.stock import ledger, replay
from models.stock.replay import Book, Cover, Line, Wanted
from models.stock.rows import (
    PHYSICAL,
    Balance,
    Item,
    Part,
    Place,
    StockStatement,
    place_source,
)
from models.timeline import Rank, Stating, ranks


def reconcile_book(session: Session, now: datetime, book_id: UUID) -> Changes:
    """Replay one book, which is locked, and post what it lacks."""
    changes = Changes(set(), set())
    statements = _statements(session, book_id)
    item = statements[0].item if statements else _posted(session, book_id)
    if item is None:
        return changes
    book, unknown = _replayed(session, item, statements)
    _write(session, now, book_id, item, book, changes)
    found = [*_found(book, item), *unknown]
    changes.sources |= findings.keep(session, Subject("book", book_id), found).sources
    return changes


def _statements(session: Session, book_id: UUID) -> list[StockStatement]:
    """What was stated of the book, without what a person found to have meant another piece."""
    aside = _set_aside(session, book_id)
    query = select(StockStatement).where(StockStatement.book_id == book_id)
    return [one for one in session.scalars(query) if str(one.id) not in aside]


def _set_aside(session: Session, book_id: UUID) -> set[str]:
    return {
        settled.data["evidence"]["later"]
        for settled in decisions_about(session, Subject("book", book_id))
        if settled.kind == SETTLED and settled.data["resolution"] == "first_use_holds"
    }


def as_replayed(session: Session, subject: Subject) -> dict[UUID, list[Wanted]]:
    """The moves that a book, or each book of a transfer, ought to have by replay."""
    if subject.type == "transfer":
        return {
            transit_book(subject.id, item): replay.replay_transfer(lines).moves
            for item, lines in _under_way(session, subject.id).items()
        }
    statements = _statements(session, subject.id)
    if not statements:
        return {}
    return {subject.id: _replayed(session, statements[0].item, statements)[0].moves}


def _posted(session: Session, book_id: UUID) -> Item | None:
    """What a book was about whose statements have all gone."""
    balance = session.scalar(select(Balance).where(Balance.book_id == book_id).limit(1))
    return None if balance is None else balance.item


def _replayed(
    session: Session, item: Item, statements: Sequence[StockStatement]
) -> tuple[Book, list[Found]]:
    """The book's replay, and a finding for each statement that names what is not known here."""
    places = _physical_places(session, statements)
    ranked = ranks(map(_stating, statements))
    part = session.get(Part, item.part_id)
    lines, unknown = [], []
    for one in statements:
        ends = {one.from_place, one.to_place}
        if part is not None and ends & places.keys() and len(ends) == 2:
            lines.append(_line(one, ranked[one.id]))
        else:
            names = {"part": str(item.part_id), "places": sorted(map(str, ends))}
            unknown.append(Found("stock.unknown", (one.id,), one.happened, names))
    if part is not None and not _tracked_as(part, item):
        unknown += [_untracked(one, part) for one in statements]
    if item.serial is not None:
        return replay.replay_serial(lines, {*places, replay.IN_TRANSIT}), unknown
    if not lines:
        return Book([], {}, []), unknown
    place = next(place for place in (lines[0].from_place, lines[0].to_place) if place in places)
    return replay.replay_quantity(place, places[place], lines), unknown


def _tracked_as(part: Part, item: Item) -> bool:
    given = {"serial": item.serial is not None, "lot": item.lot is not None}
    return all(given[name] == (part.tracking == name) for name in given)


def _untracked(one: StockStatement, part: Part) -> Found:
    evidence = {"part": str(part.id), "tracking": part.tracking, "lot": one.lot}
    return Found("stock.tracking", (one.id,), one.happened, {**evidence, "serial": one.serial})


def _physical_places(session: Session, statements: Sequence[StockStatement]) -> dict[UUID, str]:
    """The zones of the physical places that the statements name."""
    named = {place for one in statements for place in (one.from_place, one.to_place)}
    query = select(Place.id, Place.zone).where(Place.id.in_(named), Place.kind.in_(PHYSICAL))
    return {id_: zone for id_, zone in session.execute(query)}


def _line(one: StockStatement, rank: Rank) -> Line:
    """The statement as the replay sees it."""
    ends = (one.from_place, one.to_place)
    return Line(one.id, one.cause_id, *ends, one.quantity, one.happened, rank)


def _stating(one: StockStatement) -> Stating:
    return Stating(one.id, one.happened, one.origin_id, one.seq, one.id)


def _found(book: Book, item: Item) -> list[Found]:
    found = []
    for cover in book.covers:
        line = cover.line
        if item.serial is None:
            evidence = {"place": str(line.from_place), "quantity": str(cover.quantity)}
            found.append(Found("stock.short", (line.id,), line.happened, evidence))
            continue
        causes = tuple(str(one.cause_id) for one in (cover.before, line) if one is not None)
        evidence = {"serial": item.serial, "from": str(line.from_place), "later": str(line.id)}
        found.append(Found("stock.serial_jump", causes, line.happened, evidence))
    return found


def _write(
    session: Session,
    now: datetime,
    book_id: UUID,
    item: Item,
    book: Book,
    changes: Changes,
) -> None:
    """Post the difference and set the balances; every place that is moved at is a source, also
    where its balance stays: its stock is as of then."""
    for move in ledger.post(session, now, book_id, item, book.moves):
        changes.sources |= {place_source(move.from_place), place_source(move.to_place)}
    query = select(Balance).where(Balance.book_id == book_id)
    held = {balance.place_id: balance for balance in session.scalars(query)}
    for place_id in sorted({*held, *book.balances}):
        quantity = book.balances.get(place_id, Decimal("0.000"))
        row = held.get(place_id)
        if row is not None and row.quantity == quantity:
            continue
        if row is None:
            row = Balance(book_id=book_id, place_id=place_id, **item._asdict())
            session.add(row)
        row.quantity = quantity
        changes.sources.add(place_source(place_id))
    session.flush()


def reconcile_transfer(session: Session, now: datetime, transfer_id: UUID) -> Changes:
    """Replay what is under way of a transfer, which is locked, item by item."""
    changes = Changes(set(), set())
    found: list[Found] = []
    for item, lines in _under_way(session, transfer_id).items():
        book = replay.replay_transfer(lines)
        _write(session, now, transit_book(transfer_id, item), item, book, changes)
        found += [_unshipped(item, cover) for cover in book.covers]
    changes.sources |= findings.keep(session, Subject("transfer", transfer_id), found).sources
    return changes


def transit_book(transfer_id: UUID, item: Item) -> UUID:
    """The book of what is under way of an item in one transfer."""
    return derived("transit", transfer_id, item.words)


def _unshipped(item: Item, cover: Cover) -> Found:
    evidence = {"part": str(item.part_id), "lot": item.lot, "quantity": str(cover.quantity)}
    return Found("stock.received_unshipped", (item.words,), cover.line.happened, evidence)


def _under_way(session: Session, transfer_id: UUID) -> dict[Item, list[Line]]:
    """The lines of a transfer by item; serials have chains of their own."""
    query = (
        select(StockStatement)
        .join(Part, Part.id == StockStatement.part_id)
        .where(StockStatement.transfer_id == transfer_id, StockStatement.serial.is_(None))
        .order_by(StockStatement.part_id, StockStatement.id)
    )
    by_item: dict[Item, list[Line]] = {}
    statements = list(session.scalars(query))
    ranked = ranks(map(_stating, statements))
    for statement in statements:
        line = _line(statement, ranked[statement.id])
        by_item.setdefault(statement.item, []).append(line)
    return by_item
