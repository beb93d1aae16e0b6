"""A book is replayed from the earliest day that may be otherwise, and is then as if replayed whole.

Statements and counts are written as a fold writes them, in any order and any batches.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.derived import Derived, Subject
from models.findings import Finding
from models.ids import derived
from models.stock import books, ledger
from models.stock.rows import (
    Balance,
    CountLine,
    Item,
    Move,
    Part,
    StockStatement,
    Sweep,
    book_of,
    virtual_place,
)
from tests.world import World

START = datetime(2026, 11, 1, 4, tzinfo=UTC)
DEVICES = (UUID(int=11), UUID(int=12), None)
IN_WORLD = settings(
    phases=[Phase.explicit, Phase.generate],
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Spec(NamedTuple):
    """Something that was said: what, how much, when (in hours), and by which device."""

    what: str
    quantity: int
    hours: int
    device: int


specs = st.lists(
    st.builds(
        Spec,
        st.sampled_from(["in", "in", "out", "out", "out", "count", "sweep"]),
        st.integers(1, 6),
        st.integers(0, 24 * 9),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=14,
)


class Shelf:
    """A part of its own at one place, so that each example has a fresh book."""

    def __init__(self, world: World, number: int, serial: str | None = None) -> None:
        self.world, self.place = world, world.named["van-a"]
        self.item = Item(derived("part", number, serial), None, serial)
        self.book = book_of(self.place, self.item)
        tracking = "none" if serial is None else "serial"
        part = Part(
            id=self.item.part_id, code=f"P-{number}-{serial}", name="", unit="", tracking=tracking
        )
        self.write([part], reconcile=False)

    def row(self, number: int, spec: Spec) -> Derived:
        """What the fold of such a fact would write. The numbers of a device are not in order."""
        happened = START + timedelta(hours=spec.hours)
        origin = DEVICES[spec.device]
        id_ = derived("row", self.item.words, number)
        said: dict[str, Any] = {
            "id": id_, "cause_id": derived("fact", id_), "owner_type": "fact", "owner_id": id_,
            "origin_id": origin, "seq": 0 if origin is None else number, "happened": happened,
        }  # fmt: skip
        if spec.what == "sweep":
            said |= {"origin_id": origin or DEVICES[0], "place_id": self.place}
            return Sweep(**said, part_id=self.item.part_id)
        piece = self.item.serial is not None
        said |= {**self.item._asdict(), "quantity": Decimal(1 if piece else spec.quantity)}
        if spec.what == "count":
            said |= {"origin_id": origin or DEVICES[0], "place_id": self.place}
            return CountLine(**said, book_id=self.book)
        ends = (virtual_place("customer"), self.place)
        from_place, to_place = ends if spec.what == "in" else ends[::-1]
        return StockStatement(
            **said, from_place=from_place, to_place=to_place, transfer_id=None, book_id=self.book
        )

    def write(self, rows: Sequence[Any], reconcile: bool = True) -> None:
        """Write the rows, and replay from the earliest of them."""

        def body(session: Session, now: datetime) -> None:
            session.add_all(rows)
            session.flush()
            if reconcile:
                since = min(row.happened for row in rows)
                books.reconcile_book(session, now, self.book, since)

        self.world.house.database.transact(body)

    def told(self) -> tuple[Any, ...]:
        """Everything that the books say: moves in force, balances, open findings."""

        def body(session: Session) -> tuple[Any, ...]:
            journal = ledger.journal_of(session, self.book)
            subject = Subject("book", self.book)
            ought = [one for *_, all_ in books.as_replayed(session, [subject]) for one in all_]
            assert ledger.holding(journal) == {(one.cause_id, one.role): one for one in ought}
            return (ought, {place: one.quantity for place, one in self.balances(session).items()})

        findings = self.world.rows(
            Finding, Finding.subject_id == self.book, Finding.state == "open"
        )
        told = sorted((one.code, str(one.id), str(one.evidence)) for one in findings)
        return (*self.world.house.database.read(body), told)

    def balances(self, session: Session) -> dict[UUID, Balance]:
        rows = session.query(Balance).where(Balance.book_id == self.book, Balance.quantity > 0)
        return {row.place_id: row for row in rows}


def check(shelf: Shelf, some: Sequence[Spec], seed: int) -> None:
    """However the rows come, the books come to the same; and nothing is left to post."""
    chance = Random(seed)
    order = chance.sample(range(len(some)), len(some))
    while order:
        size = chance.randint(1, len(order))
        shelf.write([shelf.row(number, some[number]) for number in order[:size]])
        order = order[size:]
    by_days = shelf.told()
    moves = len(shelf.world.rows(Move))
    shelf.world.house.database.transact(
        lambda session, now: books.reconcile_book(session, now, shelf.book)
    )
    whole = shelf.told()
    assert [one for one in whole[2] if one not in by_days[2]] == []
    assert [one for one in by_days[2] if one not in whole[2]] == []
    assert whole == by_days
    assert len(shelf.world.rows(Move)) == moves
    quantities = by_days[1].values()
    assert all(quantity > 0 for quantity in quantities)


@IN_WORLD
@given(st.lists(st.tuples(specs, st.integers(0, 99)), min_size=1, max_size=4))
def test_a_book_replayed_by_days_is_as_if_replayed_whole(
    world: World, examples: list[tuple[list[Spec], int]]
) -> None:
    for some, seed in examples:
        check(Shelf(world, number=world.ids.new(world.clock.now()).int), some, seed)


@IN_WORLD
@given(specs, st.integers(0, 99))
def test_a_piece_is_counted_and_moved_in_any_order(
    world: World, some: list[Spec], seed: int
) -> None:
    check(Shelf(world, world.ids.new(world.clock.now()).int, "S-9"), some, seed)
