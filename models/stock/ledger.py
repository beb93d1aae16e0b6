"""Double entry: moves are posted and never changed; a replay's difference is posted as moves.

Every move leaves one place and enters another, so the sum over all places is zero for each part.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from models.ids import derived
from models.queries import plain_rows
from models.stock.replay import Wanted
from models.stock.rows import Balance, Item, Move

Key = TypeVar("Key")
LineKey = tuple[UUID, str]
Journal = dict[LineKey, list[Move]]

POSTED = (
    select(
        Move.book_id,
        Move.ordinal,
        *(getattr(Move, name) for name in Wanted._fields),
    )
    .where(Move.book_id.in_(bindparam("books", expanding=True)))
    .order_by(Move.ordinal)
)


def journal_of(session: Session, book_id: UUID, start: datetime | None = None) -> Journal:
    """What was posted of the book's lines that happened from `start` on, line by line."""
    query = select(Move).where(Move.book_id == book_id)
    if start is not None:
        query = query.where(Move.happened >= start)
    journal: Journal = {}
    for move in session.scalars(query.order_by(Move.ordinal)):
        journal.setdefault((move.cause_id, move.role), []).append(move)
    return journal


def in_force_of(session: Session, books: Collection[UUID]) -> dict[UUID, dict[LineKey, Wanted]]:
    """What the moves of each line of each book come to, where they come to something."""
    found: dict[UUID, dict[LineKey, Wanted]] = defaultdict(dict)
    for book_id, ordinal, *move in plain_rows(session, POSTED, {"books": list(books)}):
        one = Wanted(*move)
        if ordinal % 2 == 0:
            found[book_id][one.cause_id, one.role] = one
        else:
            del found[book_id][one.cause_id, one.role]
    return found


def post(
    session: Session,
    now: datetime,
    book_id: UUID,
    item: Item,
    wanted: Sequence[Wanted],
    journal: Journal,
) -> list[Move]:
    """Post what the book lacks; answers the moves posted, none if it says so already.

    The book is locked. A line that was posted otherwise is reversed whole and posted anew, so the
    journal shows what was believed and when.
    """
    aims: dict[LineKey, Wanted] = {(one.cause_id, one.role): one for one in wanted}
    posted: list[Move] = []
    for key in sorted({*journal, *aims}):
        held = journal.get(key, [])
        for one in _difference(held, aims.get(key)):
            ordinal = len(held)
            move = Move(
                id=derived("move", book_id, *key, ordinal),
                book_id=book_id,
                cause_id=key[0],
                role=key[1],
                ordinal=ordinal,
                part_id=item.part_id,
                lot=item.lot,
                serial=item.serial,
                quantity=one.quantity,
                from_place=one.from_place,
                to_place=one.to_place,
                happened=one.happened,
                posted=now,
                stated_by=one.stated_by,
            )
            held.append(move)
            posted.append(move)
    session.add_all(posted)
    session.flush()
    return posted


def in_force(moves: Sequence[Move]) -> Wanted | None:
    """What the moves of one line come to. Moves and reversals alternate, so the last one tells."""
    if len(moves) % 2 == 0:
        return None
    last = moves[-1]
    ends = (last.from_place, last.to_place)
    key = (last.cause_id, last.role)
    return Wanted(*key, *ends, last.quantity, last.happened, last.stated_by)


def holding(journal: Mapping[Key, Sequence[Move]]) -> dict[Key, Wanted]:
    """What the moves of each line come to, where they come to something."""
    forces = {key: in_force(moves) for key, moves in journal.items()}
    return {key: force for key, force in forces.items() if force is not None}


def _difference(held: Sequence[Move], aim: Wanted | None) -> Iterable[Wanted]:
    present = in_force(held)
    if present == aim:
        return []
    reversal = [] if present is None else [_reversed(present)]
    return reversal if aim is None else [*reversal, aim]


def _reversed(one: Wanted) -> Wanted:
    return one._replace(from_place=one.to_place, to_place=one.from_place)


def entered(journal: Journal, place_id: UUID) -> Decimal:
    """What the moves brought to the place, less what they took from it."""
    total = Decimal("0.000")
    for moves in journal.values():
        for move in moves:
            total += move.quantity * ((move.to_place == place_id) - (move.from_place == place_id))
    return total


def balance(session: Session, place_id: UUID, part_id: UUID) -> Decimal:
    """What lies at a place of a part, all its books together."""
    query = select(Balance.quantity).where(Balance.place_id == place_id, Balance.part_id == part_id)
    return sum(session.scalars(query), Decimal("0.000"))


def net_of_moves(session: Session) -> dict[tuple[UUID, UUID], Decimal]:
    """For each place and part that has moves, what entered less what left."""
    entered = select(Move.to_place.label("place"), Move.part_id.label("part"), Move.quantity)
    left = select(Move.from_place, Move.part_id, -Move.quantity)
    both = entered.union_all(left).subquery()
    query = select(both.c.place, both.c.part, func.sum(both.c.quantity)).group_by(
        both.c.place, both.c.part
    )
    return {(place, part): quantity for place, part, quantity in session.execute(query)}


def positive_balances(session: Session) -> dict[tuple[UUID, UUID], Decimal]:
    """The cached balances by place and part, where there is anything."""
    query = select(Balance.place_id, Balance.part_id, func.sum(Balance.quantity)).group_by(
        Balance.place_id, Balance.part_id
    )
    return {(place, part): quantity for place, part, quantity in session.execute(query) if quantity}
