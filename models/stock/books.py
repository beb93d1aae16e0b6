"""The worker's replay: one book is locked, replayed, and the difference posted."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import findings
from models.derived import Changes, Subject
from models.findings import Found
from models.ids import derived
from models.stock import ledger, replay
from models.stock.replay import Book, Cover, Line, Wanted
from models.stock.rows import (
    PHYSICAL,
    Balance,
    Part,
    Place,
    StockStatement,
    place_source,
)


def reconcile_book(session: Session, now: datetime, book_id: UUID) -> Changes:
    """Replay one book, which is locked, and post what it lacks."""
    changes = Changes(set(), set())
    statements = _statements(session, book_id)
    keys = {(one.part_id, one.serial) for one in statements} or _posted_keys(session, book_id)
    found: list[Found] = []
    for part_id, serial in sorted(keys, key=str):
        book, unknown = _replayed(session, part_id, serial, statements)
        _write(session, now, (book_id, part_id, serial), book, changes)
        found += [*_found(book, serial), *unknown]
    changes.sources |= findings.keep(session, Subject("book", book_id), found).sources
    return changes


def _statements(session: Session, book_id: UUID) -> list[StockStatement]:
    return list(session.scalars(select(StockStatement).where(StockStatement.book_id == book_id)))


def as_replayed(session: Session, subject: Subject) -> dict[tuple[UUID, UUID], list[Wanted]]:
    """The moves that a book or transfer ought to have by replay, by book and part."""
    if subject.type == "transfer":
        return {
            (derived("transit", subject.id, part_id), part_id): replay.replay_transfer(lines).moves
            for part_id, lines in _under_way(session, subject.id).items()
        }
    statements = _statements(session, subject.id)
    keys = {(one.part_id, one.serial) for one in statements}
    return {
        (subject.id, part_id): _replayed(session, part_id, serial, statements)[0].moves
        for part_id, serial in keys
    }


def _posted_keys(session: Session, book_id: UUID) -> set[tuple[UUID, str | None]]:
    """What a book was about whose statements have all gone."""
    query = select(Balance.part_id, Balance.serial).where(Balance.book_id == book_id)
    return {(part_id, serial) for part_id, serial in session.execute(query)}


def _replayed(
    session: Session, part_id: UUID, serial: str | None, statements: Sequence[StockStatement]
) -> tuple[Book, list[Found]]:
    """The book's replay, and a finding for each statement that names what is not known here."""
    statements = [one for one in statements if (one.part_id, one.serial) == (part_id, serial)]
    places = _physical_places(session, statements)
    part_known = session.get(Part, part_id) is not None
    lines, unknown = [], []
    for one in statements:
        ends = {one.from_place, one.to_place}
        if part_known and ends & places.keys() and len(ends) == 2:
            lines.append(line_of(one))
        else:
            names = {"part": str(part_id), "places": sorted(map(str, ends))}
            unknown.append(Found("stock.unknown", (one.id,), one.happened, names))
    if serial is not None:
        return replay.replay_serial(lines, {*places, replay.IN_TRANSIT}), unknown
    if not lines:
        return Book([], {}, []), unknown
    place = next(place for place in (lines[0].from_place, lines[0].to_place) if place in places)
    return replay.replay_quantity(place, places[place], lines), unknown


def _physical_places(session: Session, statements: Sequence[StockStatement]) -> dict[UUID, str]:
    """The zones of the physical places that the statements name."""
    named = {place for one in statements for place in (one.from_place, one.to_place)}
    query = select(Place.id, Place.zone).where(Place.id.in_(named), Place.kind.in_(PHYSICAL))
    return {id_: zone for id_, zone in session.execute(query)}


def line_of(one: StockStatement) -> Line:
    """The statement as the replay sees it."""
    return Line(one.id, one.cause_id, one.from_place, one.to_place, one.quantity, one.happened)


def _found(book: Book, serial: str | None) -> list[Found]:
    found = []
    for cover in book.covers:
        line = cover.line
        if serial is None:
            evidence = {"place": str(line.from_place), "quantity": str(cover.quantity)}
            found.append(Found("stock.short", (line.id,), line.happened, evidence))
            continue
        causes = tuple(str(one.cause_id) for one in (cover.before, line) if one is not None)
        evidence = {"serial": serial, "from": str(line.from_place)}
        found.append(Found("stock.serial_jump", causes, line.happened, evidence))
    return found


def _write(
    session: Session,
    now: datetime,
    key: tuple[UUID, UUID, str | None],
    book: Book,
    changes: Changes,
) -> None:
    """Post the difference and set the balances; every place whose balance changes is a source."""
    book_id, part_id, serial = key
    ledger.post(session, now, book_id, part_id, serial, book.moves)
    query = select(Balance).where(Balance.book_id == book_id, Balance.part_id == part_id)
    held = {balance.place_id: balance for balance in session.scalars(query)}
    for place_id in sorted({*held, *book.balances}):
        quantity = book.balances.get(place_id, Decimal("0.000"))
        row = held.get(place_id)
        if row is not None and row.quantity == quantity:
            continue
        if row is None:
            row = Balance(book_id=book_id, place_id=place_id, part_id=part_id, serial=serial)
            session.add(row)
        row.quantity = quantity
        changes.sources.add(place_source(place_id))
    session.flush()


def reconcile_transfer(session: Session, now: datetime, transfer_id: UUID) -> Changes:
    """Replay what is under way of a transfer, which is locked, part by part."""
    changes = Changes(set(), set())
    covers: list[tuple[UUID, Cover]] = []
    for part_id, lines in _under_way(session, transfer_id).items():
        book = replay.replay_transfer(lines)
        transit = derived("transit", transfer_id, part_id)
        _write(session, now, (transit, part_id, None), book, changes)
        covers += [(part_id, cover) for cover in book.covers]
    found = [
        Found(
            "stock.received_unshipped",
            (part_id,),
            cover.line.happened,
            {"part": str(part_id), "quantity": str(cover.quantity)},
        )
        for part_id, cover in covers
    ]
    changes.sources |= findings.keep(session, Subject("transfer", transfer_id), found).sources
    return changes


def _under_way(session: Session, transfer_id: UUID) -> dict[UUID, list[Line]]:
    """The lines of a transfer by part; serials have chains of their own."""
    query = (
        select(StockStatement)
        .join(Part, Part.id == StockStatement.part_id)
        .where(StockStatement.transfer_id == transfer_id, StockStatement.serial.is_(None))
        .order_by(StockStatement.part_id, StockStatement.id)
    )
    by_part: dict[UUID, list[Line]] = {}
    for statement in session.scalars(query):
        by_part.setdefault(statement.part_id, []).append(line_of(statement))
    return by_part
