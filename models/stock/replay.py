"""The books by replay: what the statements about one book make of it, in the order they happened.

Pure functions. A statement that takes more than there is gets the difference from *discrepancy*
at that point (a cover) and a finding; when a late statement fills the gap, the next replay has
neither. A count sets the quantity, and what differs goes to or comes from *adjustment*.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from models.stock.rows import virtual_place
from models.timeline import Rank

DISCREPANCY = virtual_place("discrepancy")
IN_TRANSIT = virtual_place("in_transit")
ADJUSTMENT = virtual_place("adjustment")
ZERO = Decimal("0.000")
ONE = Decimal("1.000")


class Line(NamedTuple):
    """A statement as the replay sees it: `quantity` went from one place to another, when.

    `rank` says where it stands among the lines of its book. One that `explains` has the rank of the
    line that took too much, and stands just before it.
    """

    id: UUID
    cause_id: UUID
    from_place: UUID
    to_place: UUID
    quantity: Decimal
    happened: datetime
    rank: Rank
    explains: bool = False


class Seen(NamedTuple):
    """A count as the replay sees it: so much was there at that moment, whatever the books said."""

    id: UUID
    cause_id: UUID
    place: UUID
    quantity: Decimal
    happened: datetime
    rank: Rank


class Wanted(NamedTuple):
    """A move that the books should contain, known by its cause and role.

    `stated_by` is the fact or decision that said so.
    """

    cause_id: UUID
    role: str
    from_place: UUID
    to_place: UUID
    quantity: Decimal
    happened: datetime
    stated_by: UUID


@dataclass(frozen=True)
class Cover:
    """A difference that the books could not explain, at the line where it showed."""

    line: Line
    quantity: Decimal
    before: Line | None = None


@dataclass(frozen=True)
class Variance:
    """A count that found other than the books had; for a piece, they had it at `elsewhere`."""

    count: Seen
    before: Decimal
    elsewhere: UUID | None = None


@dataclass(frozen=True)
class Book:
    """What a replay gives: the moves, the balances by place, the covers and the variances."""

    moves: list[Wanted] = field(default_factory=list)
    balances: dict[UUID, Decimal] = field(default_factory=dict)
    covers: list[Cover] = field(default_factory=list)
    variances: list[Variance] = field(default_factory=list)


def stated(line: Line) -> Wanted:
    """The move that the line itself states."""
    return _move(line, "stated", line.from_place, line.to_place, line.quantity)


def _move(of: Line | Seen, role: str, from_: UUID, to: UUID, quantity: Decimal) -> Wanted:
    return Wanted(of.id, role, from_, to, quantity, of.happened, of.cause_id)


# By quantity: the book of one place and part, or lot


def replay_quantity(
    place: UUID,
    zone: str,
    lines: Sequence[Line],
    counts: Sequence[Seen] = (),
    opening: Decimal = ZERO,
) -> Book:
    """Replay the book of one place and part, from what lay there before the first of the lines.

    Counts stand at their exact time and cut the day. Between two of them, within one local day of
    the place, inflows come first, then the lines' rank: the hours of hands are not exact enough to
    make a shortage of a delivery signed for after lunch. What explains a shortage is no help for
    another one of that day.
    """
    local, counts = ZoneInfo(zone), sorted(counts, key=lambda count: count.rank)
    cuts = [count.rank for count in counts]

    def order(line: Line) -> tuple[int, date, bool, Rank, bool]:
        day = line.rank[0].astimezone(local).date()
        waits = line.to_place != place or line.explains
        return (bisect_left(cuts, line.rank), day, waits, line.rank, not line.explains)

    book, balance, counted = Book(), opening, 0
    for line in sorted(lines, key=order):
        for count in counts[counted : bisect_left(cuts, line.rank)]:
            balance = _count(book, count, balance)
            counted += 1
        balance = _take(book, line, place, balance)
    for count in counts[counted:]:
        balance = _count(book, count, balance)
    book.balances[place] = balance
    return book


def _take(book: Book, line: Line, place: UUID, balance: Decimal) -> Decimal:
    """Enter the line, with its cover where it takes more than there is; answers the balance."""
    book.moves.append(stated(line))
    balance += line.quantity if line.to_place == place else -line.quantity
    if balance >= 0:
        return balance
    book.covers.append(Cover(line, -balance))
    book.moves.append(_move(line, "cover", DISCREPANCY, place, -balance))
    return ZERO


def _count(book: Book, count: Seen, balance: Decimal) -> Decimal:
    """Enter the count: from here on the books say what was seen."""
    more = count.quantity - balance
    if more:
        book.variances.append(Variance(count, balance))
        ends = (ADJUSTMENT, count.place) if more > 0 else (count.place, ADJUSTMENT)
        book.moves.append(_move(count, "counted", *ends, abs(more)))
    return count.quantity


# By serial number: one chain over all places


def replay_serial(lines: Sequence[Line], tracked: set[UUID], counts: Sequence[Seen] = ()) -> Book:
    """Replay the chain of one serial number over all places.

    It is in one place at a time. A line that takes it from where the chain does not have it is a
    jump: it leaves its last place for discrepancy and comes from there to where it was taken. Only
    a serial that was never seen may come from outside. A count puts it where it was seen, and away
    from where it was missed. `tracked` are the places whose balances are kept: the physical ones
    and in transit.
    """
    book = Book()
    at: UUID | None = None
    before: Line | None = None
    chain: list[Line | Seen] = [*lines, *counts]
    for one in sorted(chain, key=lambda one: one.rank):
        if isinstance(one, Seen):
            at = _look(book, one, at)
            continue
        if at != one.from_place and (at is not None or one.from_place in tracked):
            book.covers.append(Cover(one, one.quantity, before))
            book.moves.extend(_jump(at, one))
        book.moves.append(stated(one))
        at, before = one.to_place, one
    if at is not None and at in tracked:
        book.balances[at] = ONE
    return book


def _look(book: Book, count: Seen, at: UUID | None) -> UUID | None:
    """Where the piece is after somebody looked for it: it was there, or it was not."""
    if (at == count.place) == (count.quantity > 0):
        return at
    book.variances.append(Variance(count, ONE - count.quantity, at))
    if not count.quantity:
        book.moves.append(_move(count, "missed", count.place, ADJUSTMENT, ONE))
        return ADJUSTMENT
    if at is not None and at != ADJUSTMENT:
        book.moves.append(_move(count, "missed", at, ADJUSTMENT, ONE))
    book.moves.append(_move(count, "counted", ADJUSTMENT, count.place, ONE))
    return count.place


def _jump(at: UUID | None, line: Line) -> list[Wanted]:
    moves = []
    if at is not None and at != DISCREPANCY:
        moves.append(_move(line, "lost", at, DISCREPANCY, line.quantity))
    if line.from_place != DISCREPANCY:
        moves.append(_move(line, "cover", DISCREPANCY, line.from_place, line.quantity))
    return moves


# In transit


def replay_transfer(lines: Sequence[Line], written_off: Sequence[Line] = ()) -> Book:
    """Replay what is under way of one transfer and part: shipped less received, never below zero.

    It has no order of its own: what was received beyond what was shipped is covered until the
    other half is stated, or the difference is written off.
    """
    both = [*lines, *written_off]
    shipped = sum((line.quantity for line in both if line.to_place == IN_TRANSIT), ZERO)
    left = sum((line.quantity for line in both if line.from_place == IN_TRANSIT), ZERO)
    book, short = Book([stated(line) for line in written_off]), left - shipped
    book.balances[IN_TRANSIT] = max(-short, ZERO)
    if short > 0:
        last = max((one for one in both if one.from_place == IN_TRANSIT), key=lambda one: one.rank)
        book.covers.append(Cover(last, short))
        book.moves.append(_move(last, "cover", DISCREPANCY, IN_TRANSIT, short))
    return book
