"""The books by replay: what the statements about one book make of it, in the order they happened.

Pure functions. A statement that takes more than there is gets the difference from *discrepancy*
at that point (a cover) and a finding; when a late statement fills the gap, the next replay has
neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from models.stock.rows import virtual_place
from models.timeline import Rank

DISCREPANCY = virtual_place("discrepancy")
IN_TRANSIT = virtual_place("in_transit")
ZERO = Decimal("0.000")


@dataclass(frozen=True)
class Line:
    """A statement as the replay sees it: `quantity` went from one place to another, when.

    `rank` says where it stands among the lines of its book.
    """

    id: UUID
    cause_id: UUID
    from_place: UUID
    to_place: UUID
    quantity: Decimal
    happened: datetime
    rank: Rank


@dataclass(frozen=True)
class Wanted:
    """A move that the books should contain, known by its cause and role."""

    cause_id: UUID
    role: str
    from_place: UUID
    to_place: UUID
    quantity: Decimal
    happened: datetime


@dataclass(frozen=True)
class Cover:
    """A difference that the books could not explain, at the line where it showed."""

    line: Line
    quantity: Decimal
    before: Line | None = None


@dataclass(frozen=True)
class Book:
    """What a replay gives: the moves, the balances by place, and the covers."""

    moves: list[Wanted]
    balances: dict[UUID, Decimal]
    covers: list[Cover]


def stated(line: Line) -> Wanted:
    """The move that the line itself states."""
    return Wanted(line.id, "stated", line.from_place, line.to_place, line.quantity, line.happened)


def replay_quantity(place: UUID, zone: str, lines: Sequence[Line]) -> Book:
    """Replay the book of one place and part.

    Within one local day of the place inflows come first, then the lines' rank: the hours of hands
    are not exact enough to make a shortage of a delivery signed for after lunch.
    """
    local = ZoneInfo(zone)

    def order(line: Line) -> tuple[date, bool, Rank]:
        return (line.rank[0].astimezone(local).date(), line.to_place != place, line.rank)

    moves: list[Wanted] = []
    covers: list[Cover] = []
    balance = ZERO
    for line in sorted(lines, key=order):
        moves.append(stated(line))
        balance += line.quantity if line.to_place == place else -line.quantity
        if balance < 0:
            covers.append(Cover(line, -balance))
            moves.append(_covering(line, place, -balance))
            balance = ZERO
    return Book(moves, {place: balance}, covers)


def _covering(line: Line, place: UUID, quantity: Decimal) -> Wanted:
    return Wanted(line.id, "cover", DISCREPANCY, place, quantity, line.happened)


def replay_serial(lines: Sequence[Line], tracked: set[UUID]) -> Book:
    """Replay the chain of one serial number over all places.

    It is in one place at a time. A line that takes it from where the chain does not have it is a
    jump: it leaves its last place for discrepancy and comes from there to where it was taken. Only
    a serial that was never seen may come from outside. `tracked` are the places whose balances are
    kept: the physical ones and in transit.
    """
    moves: list[Wanted] = []
    covers: list[Cover] = []
    at: UUID | None = None
    before: Line | None = None
    for line in sorted(lines, key=lambda line: line.rank):
        if at != line.from_place and (at is not None or line.from_place in tracked):
            covers.append(Cover(line, line.quantity, before))
            moves.extend(_jump(at, line))
        moves.append(stated(line))
        at, before = line.to_place, line
    balances = {at: Decimal("1.000")} if at in tracked and at is not None else {}
    return Book(moves, balances, covers)


def _jump(at: UUID | None, line: Line) -> list[Wanted]:
    moves = []
    if at is not None and at != DISCREPANCY:
        moves.append(Wanted(line.id, "lost", at, DISCREPANCY, line.quantity, line.happened))
    if line.from_place != DISCREPANCY:
        moves.append(_covering(line, line.from_place, line.quantity))
    return moves


def replay_transfer(lines: Sequence[Line]) -> Book:
    """Replay what is under way of one transfer and part: shipped less received, never below zero.

    It has no order of its own: what was received beyond what was shipped is covered until the
    other half is stated.
    """
    shipped = sum((line.quantity for line in lines if line.to_place == IN_TRANSIT), ZERO)
    received = [line for line in lines if line.from_place == IN_TRANSIT]
    short = sum((line.quantity for line in received), ZERO) - shipped
    if short <= 0:
        return Book([], {IN_TRANSIT: -short}, [])
    last = max(received, key=lambda line: line.rank)
    return Book([_covering(last, IN_TRANSIT, short)], {IN_TRANSIT: ZERO}, [Cover(last, short)])
