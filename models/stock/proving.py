"""What must hold of the books, whatever happened; a violation is one sentence."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from models import outbox
from models.code import unsearched
from models.derived import Subject
from models.stock import books, ledger, reading
from models.stock.replay import IN_TRANSIT
from models.stock.rows import PHYSICAL, Balance, CountLine, Place, StockStatement

Thing = TypeVar("Thing")
AT_ONCE = 500  # books, so that a proof of very many needs few statements and little memory


def balances_equal_moves(session: Session) -> list[str]:
    """At every physical place, and in transit, the balances are what the moves come to."""
    kept = set(session.scalars(select(Place.id).where(Place.kind.in_(PHYSICAL))))
    if not any(
        subject.type == "transfer" for subject in outbox.subjects_waiting(session, "reconcile")
    ):
        kept.add(IN_TRANSIT)
    moves, balances = ledger.net_of_moves(session), ledger.positive_balances(session)
    return [
        f"place {place} holds {balances.get((place, part), Decimal(0))} of part {part}, "
        f"but its moves come to {moves.get((place, part), Decimal(0))}"
        for place, part in sorted({*moves, *balances})
        if place in kept
        and moves.get((place, part), Decimal(0)) != balances.get((place, part), Decimal(0))
    ]


def moves_equal_replay(session: Session) -> list[str]:
    """What the moves of each book come to is what its replay says, line by line."""
    with unsearched():
        return list(_unlike_replay(session))


def _unlike_replay(session: Session) -> Iterator[str]:
    waiting = waiting_replays(session)
    subjects = iter(sorted(_replayed_subjects(session) - waiting))
    replayed = (one for some in _batches(subjects) for one in books.as_replayed(session, some))
    for some in _batches(replayed):
        posted = ledger.in_force_of(session, [book_id for _, book_id, _ in some])
        for subject, book_id, moves in some:
            if posted.get(book_id, {}) != {(one.cause_id, one.role): one for one in moves}:
                yield f"the moves of book {book_id} are not what {subject} replays to"


def waiting_replays(session: Session) -> set[Subject]:
    """What waits to be replayed, the books of a place of which a whole count was stated too."""
    waiting = outbox.subjects_waiting(session, "reconcile")
    counted = [place.id for place in waiting if place.type == "shelves"]
    return waiting | {
        Subject("book", book) for place in counted for book in reading.books_at(session, place)
    }


def _batches(things: Iterator[Thing]) -> Iterator[list[Thing]]:
    while some := list(islice(things, AT_ONCE)):
        yield some


def _replayed_subjects(session: Session) -> set[Subject]:
    books = union(select(StockStatement.book_id), select(CountLine.book_id))
    sent = select(StockStatement.transfer_id).where(
        StockStatement.transfer_id.is_not(None), StockStatement.serial.is_(None)
    )
    return {
        *(Subject("book", book_id) for book_id in session.scalars(books)),
        *(Subject("transfer", id_) for id_ in session.scalars(sent.distinct()) if id_),
    }


def books_sum_to_zero(session: Session) -> list[str]:
    """Over all places together nothing of a part appears or is lost."""
    kept = set(session.scalars(select(Place.id).where(Place.kind.in_(PHYSICAL))))
    total: dict[UUID, Decimal] = defaultdict(Decimal)
    for (place, part), quantity in ledger.net_of_moves(session).items():
        if place not in kept:
            total[part] += quantity
    for (place, part), quantity in ledger.positive_balances(session).items():
        if place in kept:
            total[part] += quantity
    return [
        f"over all places part {part} comes to {quantity}, not to zero"
        for part, quantity in sorted(total.items())
        if quantity
    ]


def nothing_below_zero(session: Session) -> list[str]:
    """No physical place shows less than nothing, neither by balance nor by moves."""
    kept = set(session.scalars(select(Place.id).where(Place.kind.in_(PHYSICAL))))
    both = [*ledger.net_of_moves(session).items(), *ledger.positive_balances(session).items()]
    return [
        f"place {place} holds {quantity} of part {part}"
        for (place, part), quantity in both
        if place in kept and quantity < 0
    ]


def one_place_per_serial(session: Session) -> list[str]:
    """A serial number lies in one place at a time."""
    query = (
        select(Balance.part_id, Balance.serial, func.sum(Balance.quantity))
        .where(Balance.serial.is_not(None))
        .group_by(Balance.part_id, Balance.serial)
        .having(func.sum(Balance.quantity) > 1)
        .order_by(Balance.serial)
    )
    return [
        f"serial {serial} of part {part} lies in {quantity} places"
        for part, serial, quantity in session.execute(query)
    ]


BOOKS = (
    balances_equal_moves,
    moves_equal_replay,
    books_sum_to_zero,
    nothing_below_zero,
    one_place_per_serial,
)
