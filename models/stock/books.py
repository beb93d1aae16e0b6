"""The worker's replay: one book is locked, replayed, and the difference posted."""

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import findings
from models.derived import Changes, Job, Subject, replace
from models.findings import Found
from models.ids import derived
from models.stock import ageing, arriving, claims, ledger, reading, replay, transit, writing_off
from models.stock.demand import TransferLine
from models.stock.ledger import Journal
from models.stock.replay import Book, Cover, Line, Variance, Wanted
from models.stock.rows import Balance, Item, StockStatement, place_source
from models.stock.said import Said
from models.stock.transit import Sent


def reconcile_book(
    session: Session, now: datetime, book_id: UUID, since: datetime | None = None
) -> Changes:
    """Replay one book, which is locked, and post what it lacks.

    Where nothing before `since` is otherwise, nothing before its day is read.
    """
    changes = Changes(set(), set())
    said = reading.of_book(session, book_id, since)
    if said is None:
        return changes
    journal = ledger.journal_of(session, book_id, said.start)
    book = _replayed(session, book_id, said, journal)
    _write(session, now, book_id, said.item, book, journal, changes)
    found = [*_found(book, said), *said.unknown]
    kept = findings.keep(session, Subject("book", book_id), found, said.start)
    if changes.sources:  # moves were posted: a piece may be elsewhere than on its way
        changes.jobs |= {Job("reconcile", Subject("transfer", id_)) for id_ in said.unreceived}
    changes.sources |= kept.sources | claims.look(session, book_id).sources
    return changes


def reconcile_shelves(
    session: Session, now: datetime, place_id: UUID, since: datetime | None = None
) -> Changes:
    """A whole count at the place was stated: every book of the place hears of it."""
    books = sorted(reading.books_at(session, place_id))
    return Changes(set(), {Job("reconcile", Subject("book", book), since) for book in books})


def as_replayed(
    session: Session, subjects: Collection[Subject]
) -> Iterable[tuple[Subject, UUID, list[Wanted]]]:
    """The moves that each book, and each book of a transfer, ought to have by replay."""
    asked = [subject.id for subject in subjects if subject.type == "book"]
    for book_id, said in reading.of_books(session, asked).items():
        yield Subject("book", book_id), book_id, _replayed(session, book_id, said, {}).moves
    for subject in (one for one in subjects if one.type == "transfer"):
        for book_id, _, book in _under_way(session, subject.id):
            yield subject, book_id, book.moves


def _replayed(session: Session, book_id: UUID, said: Said, journal: Journal) -> Book:
    if said.item.serial is not None:
        tracked = {*said.places, replay.IN_TRANSIT}
        return replay.replay_serial(said.lines, tracked, said.counts)
    place = said.place
    if place is None or said.part is None:
        return Book()
    opening = replay.ZERO
    if said.start is not None:
        held = session.get(Balance, (book_id, place))
        opening = (held.quantity if held else opening) - ledger.entered(journal, place)
    return replay.replay_quantity(place, said.places[place], said.lines, said.counts, opening)


# What a person has to look at


def _found(book: Book, said: Said) -> Iterable[Found]:
    for cover in book.covers:
        yield _short(cover, said) if said.item.serial is None else _jump(cover, said.item.serial)
    for variance in book.variances:
        limit = said.part.count_limit if said.part is not None else replay.ZERO
        if abs(variance.count.quantity - variance.before) > limit:
            yield _varies(variance, said.item)


def _short(cover: Cover, said: Said) -> Found:
    line = cover.line
    evidence = {
        "place": str(line.from_place),
        "line": str(line.id),
        "quantity": str(cover.quantity),
        "explained": str(said.resolved.explained_of(line.id)),
    }
    return Found("stock.short", (line.id,), line.happened, evidence)


def _jump(cover: Cover, serial: str) -> Found:
    line = cover.line
    causes = tuple(str(one.cause_id) for one in (cover.before, line) if one is not None)
    evidence = {"serial": serial, "from": str(line.from_place), "later": str(line.id)}
    return Found("stock.serial_jump", causes, line.happened, evidence)


def _varies(variance: Variance, item: Item) -> Found:
    count, elsewhere = variance.count, variance.elsewhere
    evidence = {
        "place": str(count.place),
        "count": str(count.id),
        "fact": str(count.cause_id),
        "part": str(item.part_id),
        "lot": item.lot,
        "serial": item.serial,
        "books": str(variance.before),
        "counted": str(count.quantity),
        "elsewhere": None if elsewhere in (None, count.place) else str(elsewhere),
    }
    return Found("stock.variance", (count.id,), count.happened, evidence)


# Writing


def _write(
    session: Session,
    now: datetime,
    book_id: UUID,
    item: Item,
    book: Book,
    journal: Journal,
    changes: Changes,
) -> None:
    """Post the difference and set the balances; every place that is moved at is a source, also
    where its balance stays: its stock is as of then."""
    for move in ledger.post(session, now, book_id, item, book.moves, journal):
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


# In transit


def reconcile_transfer(
    session: Session, now: datetime, transfer_id: UUID, since: datetime | None = None
) -> Changes:
    """Replay what is under way of a transfer, which is locked, item by item, and write its lines;
    whoever waits for it hears of it."""
    sent = transit.sent(session, transfer_id)
    lines = transit.lines_of(session, sent)
    changes = replace(session, Subject("transfer", transfer_id), (TransferLine,), lines)
    found = [*arriving.differing(sent, lines), *arriving.seen_elsewhere(sent, lines)]
    found += arriving.at_wrong_places(sent)
    for book_id, item, book in _under_way(session, transfer_id):
        journal = ledger.journal_of(session, book_id)
        _write(session, now, book_id, item, book, journal, changes)
        stated = reading.of_transfer(session, transfer_id)[item]
        off = writing_off.of_transfer(session, transfer_id).get(item.words, [])
        found += _differs(item, stated, book, sum((one.quantity for one in off), replay.ZERO))
    found += ageing.stuck(session, sent, lines)
    changes.sources |= findings.keep(session, Subject("transfer", transfer_id), found).sources
    _tell(session, sent, changes)
    return changes


def transit_book(transfer_id: UUID, item: Item) -> UUID:
    """The book of what is under way of an item in one transfer."""
    return derived("transit", transfer_id, item.words)


def _under_way(session: Session, transfer_id: UUID) -> Iterable[tuple[UUID, Item, Book]]:
    """The transfer's items by quantity, each with its replay; serials have chains of their own.
    Of what turned out to be a delivery nothing had to be written off."""
    delivered = reading.is_delivery(session, transfer_id)
    off = {} if delivered else writing_off.of_transfer(session, transfer_id)
    for item, lines in reading.of_transfer(session, transfer_id).items():
        book = replay.replay_transfer(lines, off.get(item.words, ()))
        yield transit_book(transfer_id, item), item, book


def _differs(item: Item, lines: list[Line], book: Book, off: Decimal) -> Iterable[Found]:
    """More was received than shipped; or something was received, and not all."""
    evidence = {
        "part": str(item.part_id),
        "lot": item.lot,
        "item": item.words,
        "written_off": str(off),
    }
    for cover in book.covers:
        told = {**evidence, "quantity": str(cover.quantity)}
        yield Found("stock.received_unshipped", (item.words,), cover.line.happened, told)
    received = [line for line in lines if line.from_place == replay.IN_TRANSIT]
    left = book.balances[replay.IN_TRANSIT]
    if received and left:
        since = max(received, key=lambda line: line.rank).happened
        told = {**evidence, "quantity": str(left)}
        yield Found("stock.received_short", (item.words,), since, told)


def _tell(session: Session, sent: Sent, changes: Changes) -> None:
    """The places of the transfer show what is under way, and its requisition how far it has come.
    What arrived of a delivery comes from elsewhere since somebody announced that."""
    for one in sent.headers:
        changes.sources |= set(one.sources())
        if one.requisition_id is not None:
            changes.jobs.add(Job("judge", Subject("requisition", one.requisition_id)))
    if sent.delivery is not None:
        of_it = StockStatement.transfer_id == sent.id
        books = select(StockStatement.book_id, func.min(StockStatement.happened)).where(of_it)
        for book, first in session.execute(books.group_by(StockStatement.book_id)):
            changes.jobs.add(Job("reconcile", Subject("book", book), first))
