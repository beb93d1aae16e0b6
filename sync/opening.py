"""The opening of books from a file: what lies where, as one decision for each place."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.decisions import Decision
from models.derived import Subject
from models.outbox import Outbox
from models.stock.desk import OPENED
from models.stock.rows import PHYSICAL, Balance, Item, Part, Place, StockStatement, book_of
from models.tables.importing import Import, Outcome, chunks
from models.tables.parsing import No, Row
from models.tables.problems import Wrong
from sync import judge
from sync.decide import reconcile, take

BOOKS_PER_QUERY = 500
LINES_PER_DECISION = 2000  # A decision's subjects are locked, and looked for, by one statement.


class Opening(NamedTuple):
    """One line of a file: so much of an item lies at a place when its book is opened."""

    row: Row
    place_id: UUID
    item: Item
    quantity: Decimal

    @property
    def book_id(self) -> UUID:
        """The book that is opened."""
        return book_of(self.place_id, self.item)

    def line(self) -> dict[str, Any]:
        """The line of the decision."""
        _, lot, serial = self.item
        named = {"part": str(self.item.part_id), "lot": lot, "serial": serial}
        return {**named, "quantity": str(self.quantity)}


def open_books(session: Session, now: datetime, run: Import) -> Outcome:
    """Open the books of the sheet. Raises FileRefused, and then none is opened.

    A book is opened once. A line that says what lies there, or what its book was opened with, is
    taken as said already; one that says something else is wrong.
    """
    wanted = list(_Reading(session, run).openings())
    if not run.dry_run:
        _lock(session, now, sorted({one.book_id for one in wanted}))
    fresh = _not_opened_yet(session, run, wanted)
    run.refuse()
    if not run.dry_run:
        _decide(session, now, run, fresh)
    return Outcome(added=len(fresh), unchanged=len(wanted) - len(fresh))


def _lock(session: Session, now: datetime, books: Sequence[UUID]) -> None:
    """Lock the books, in their order, and replay those in which something waits."""
    for piece in chunks(books, BOOKS_PER_QUERY):
        judge.lock(session, [Subject("book", book) for book in piece])
        waiting = select(Outbox.subject_id).where(
            Outbox.kind == "reconcile", Outbox.subject_type == "book", Outbox.subject_id.in_(piece)
        )
        for book in sorted(set(session.scalars(waiting))):
            reconcile(session, now, Subject("book", book))


def _decide(session: Session, now: datetime, run: Import, fresh: Sequence[Opening]) -> None:
    assert run.user_id is not None, "the opening of books is somebody's decision"
    by_place: dict[UUID, list[Opening]] = defaultdict(list)
    for one in fresh:
        by_place[one.place_id].append(one)
    done = 0
    for place_id, openings in sorted(by_place.items()):
        for piece in chunks(openings, LINES_PER_DECISION):
            data = {"place": str(place_id), "lines": [one.line() for one in piece]}
            take(session, now, run.ids, run.user_id, OPENED, data)
            run.progress("writing", done := done + len(piece), len(fresh))


class _Reading:
    """Turns rows into openings, and says where they name what is not there or not possible."""

    def __init__(self, session: Session, run: Import) -> None:
        self.run = run
        self.places = {place.code: place for place in session.scalars(select(Place))}
        self.parts = {part.code: part for part in session.scalars(select(Part))}
        self.serials: dict[tuple[UUID, str], int] = {}

    def openings(self) -> Iterator[Opening]:
        """The lines of which nothing is wrong so far."""
        names = [column.name for column in self.run.table.columns]
        for row in self.run.sheet.rows:
            values = dict(zip(names, row.values, strict=True))
            before = self.run.problems.count
            opening = self._opening(row, values)
            if opening is not None and self.run.problems.count == before:
                yield opening

    def _opening(self, row: Row, values: dict[str, Any]) -> Opening | None:
        place = self._named(row, "place", self.places, values["place"])
        part = self._named(row, "part", self.parts, values["part"])
        if place is not None and place.kind not in PHYSICAL:
            self.run.tell(row, "place", Wrong("place.not_physical"))
        if part is None or not self._fits(row, part, values):
            return None
        if place is None or No.VALUE in values.values():
            return None
        item = Item(part.id, _said(values["lot"]), _said(values["serial"]))
        self._note_serial(row, item)
        return Opening(row, place.id, item, values["quantity"])

    def _named(self, row: Row, column: str, known: dict[str, Any], code: Any) -> Any:
        if code is No.VALUE:
            return None
        if code not in known:
            self.run.tell(row, column, Wrong("cell.unknown", what=f"{column} code"))
        return known.get(code)

    def _fits(self, row: Row, part: Part, values: dict[str, Any]) -> bool:
        """Serial or lot are given exactly where the part is tracked by them."""
        before = self.run.problems.count
        for name in ("serial", "lot"):
            wanted, value = part.tracking == name, values[name]
            if value is not No.VALUE and (_said(value) is not None) != wanted:
                where = name if name in self.run.sheet.where else "part"
                self.run.tell(row, where, Wrong("stock.tracking", tracking=part.tracking))
        quantity = values["quantity"]
        if part.tracking == "serial" and quantity is not No.VALUE and quantity != 1:
            self.run.tell(row, "quantity", Wrong("stock.one_piece"))
        return self.run.problems.count == before

    def _note_serial(self, row: Row, item: Item) -> None:
        """One piece lies at one place."""
        if item.serial is None:
            return
        first = self.serials.setdefault((item.part_id, item.serial), row.line)
        if first != row.line:
            self.run.tell(row, "serial", Wrong("key.twice", line=first))


def _said(value: Any) -> str | None:
    return None if value is No.COLUMN else value


# What the books say already


@dataclass
class _Standing:
    """How a book stands: what lies where, what it was opened with, and whether it is known."""

    held: dict[UUID, Decimal]
    opened: dict[UUID, Decimal]
    known: bool = False


def _not_opened_yet(session: Session, run: Import, wanted: Sequence[Opening]) -> list[Opening]:
    """The openings that have to be decided; those that contradict the books are told."""
    fresh = []
    codes = {id_: code for id_, code in session.execute(select(Place.id, Place.code))}
    for done, piece in enumerate(chunks(wanted, BOOKS_PER_QUERY)):
        standings = _standings(session, [one.book_id for one in piece])
        for one in piece:
            standing = standings[one.book_id]
            held = standing.held.get(one.place_id, Decimal(0))
            opened = standing.opened.get(one.place_id)
            if one.quantity in (held, opened):
                continue
            if opened is None and not _elsewhere(standing, one) and held == 0:
                fresh.append(one)
            elif _elsewhere(standing, one):
                run.tell(one.row, "serial", Wrong("stock.elsewhere", where=_at(standing, codes)))
            else:
                run.tell(one.row, "quantity", Wrong("stock.opened", held=f"{held:f}"))
        run.progress("checking", done * BOOKS_PER_QUERY + len(piece), len(wanted))
    return fresh


def _elsewhere(standing: _Standing, one: Opening) -> bool:
    """Whether the books know this piece, and not as lying where it is to be opened."""
    return one.item.serial is not None and standing.known


def _at(standing: _Standing, codes: dict[UUID, str]) -> str:
    places = [codes[place] for place, quantity in standing.held.items() if quantity > 0]
    return f"at {places[0]}" if places else "at none of our places"


def _standings(session: Session, books: Sequence[UUID]) -> dict[UUID, _Standing]:
    found = {book: _Standing({}, {}) for book in books}
    held = select(Balance.book_id, Balance.place_id, Balance.quantity)
    for book, place, quantity in session.execute(held.where(Balance.book_id.in_(books))):
        found[book].held[place] = quantity
    opened = (
        select(StockStatement.book_id, StockStatement.to_place, func.sum(StockStatement.quantity))
        .join(Decision, Decision.id == StockStatement.cause_id)
        .where(StockStatement.book_id.in_(books), Decision.kind == OPENED)
        .group_by(StockStatement.book_id, StockStatement.to_place)
    )
    for book, place, quantity in session.execute(opened):
        found[book].opened[place] = quantity
    known = select(StockStatement.book_id).where(StockStatement.book_id.in_(books))
    for book in session.scalars(known.distinct()):
        found[book].known = True
    return found
