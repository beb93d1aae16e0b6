"""Each invariant holds after an eventful day, and can fail."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models.clock import ManualClock
from models.dispatch.rows import Visit, WorkOrder
from models.facts import Standing
from models.feed import DocumentMark, Head, Published, SourceMark
from models.findings import Finding
from models.loaners.rows import Custody
from models.notices import NoticeRecipient
from models.people import Device
from models.photos import Photo, PhotoPromise
from models.stock.demand import Requisition, TransferLine
from models.stock.rows import Balance, CountLine, Move, StockStatement
from models.units import UnitStep
from sync.invariants import INVARIANTS, violations
from sync.repairing import repair
from tests.histories import day
from tests.servers import DatabaseServer
from tests.world import World

NOW = ManualClock().now()
Corrupt = Callable[[World], Any]


def a_move(world: World, **changed: Any) -> Any:
    """A move out of a van that nothing states."""
    cause = UUID(int=1)
    values = {
        "id": UUID(int=2), "book_id": cause, "cause_id": cause, "stated_by": cause,
        "role": "stated", "ordinal": 0,
        "part_id": world.named["roller"], "serial": None, "quantity": Decimal(100),
        "from_place": world.named["van-a"], "to_place": world.named["main"],
        "happened": NOW, "posted": NOW,
    }  # fmt: skip
    return insert(Move).values(**{**values, **changed})


def a_balance(world: World, serial: str | None, quantity: int) -> Any:
    return insert(Balance).values(
        book_id=UUID(int=3), place_id=world.named["bad"], part_id=world.named["head"],
        serial=serial, quantity=Decimal(quantity),
    )  # fmt: skip


OF_A_FACT = StockStatement.owner_type == "fact"
CORRUPTIONS: dict[str, dict[str, Corrupt]] = {
    "published_equals_derived": {
        "other bytes": lambda world: update(Published).values(body=b"{}"),
        "not published": lambda world: delete(Published).where(Published.type == "visit"),
        "not taken away": lambda world: update(Visit).values(status="cancelled"),
    },
    "heads_equal_published": {
        "count": lambda world: update(Head).values(count=Head.count + 1),
        "sum": lambda world: update(Head).values(total=Head.total + 1),
        "position": lambda world: update(Head).values(position=0),
        "no head": lambda world: delete(Head),
    },
    "balances_equal_moves": {
        "balance": lambda world: update(Balance).values(quantity=Balance.quantity + 1),
        "move": a_move,
    },
    "moves_equal_replay": {
        "quantity": lambda world: update(Move).values(quantity=Move.quantity + 1),
        "gone": lambda world: delete(Move),
    },
    "books_sum_to_zero": {"balance": lambda world: a_balance(world, None, 1)},
    "nothing_below_zero": {"move": a_move},
    "one_place_per_serial": {"two": lambda world: a_balance(world, "S-9", 2)},
    "custody_is_one_chain": {
        "gap": lambda world: update(Custody).where(Custody.until.is_not(None)).values(until=NOW),
        "two open": lambda world: update(Custody).values(until=None),
        "none open": lambda world: delete(Custody).where(Custody.until.is_(None)),
    },
    "devices_equal_replay": {
        "state": lambda world: update(Custody).values(state="lost"),
        "step": lambda world: delete(UnitStep),
    },
    "transfers_equal_what_was_said": {
        "awaited": lambda world: update(TransferLine).values(awaited=TransferLine.awaited + 1),
        "gone": lambda world: delete(TransferLine),
    },
    "every_fact_has_a_receipt": {
        "too much": lambda world: update(Device).values(through=1000),
        "too little": lambda world: update(Device).values(through=3),
    },
    "every_fact_is_judged": {"forgotten": lambda world: delete(Standing)},
    "every_visit_equals_its_timeline": {
        "status": lambda world: update(Visit).values(status="planned"),
        "a finding": lambda world: delete(Finding).where(Finding.subject_type == "visit"),
        "a finding too many": lambda world: update(Finding).values(digest="0" * 64),
    },
    "every_order_equals_its_timeline": {
        "status": lambda world: update(WorkOrder).values(status="closed"),
        "recipient": lambda world: delete(NoticeRecipient),
        "asked for": lambda world: update(Requisition).values(urgent=~Requisition.urgent),
    },
    "every_place_equals_its_facts": {
        "gone": lambda world: delete(StockStatement).where(OF_A_FACT),
        "quantity": lambda world: update(StockStatement).where(OF_A_FACT).values(quantity=9),
        "count": lambda world: delete(CountLine),
    },
    "every_promise_is_known": {
        "photo": lambda world: delete(Photo),
        "promise": lambda world: delete(PhotoPromise),
        "standing": lambda world: update(Standing).values(state="held"),
    },
}


def test_every_invariant_is_shown_to_fail() -> None:
    assert set(CORRUPTIONS) == set(INVARIANTS)


def test_each_invariant_holds_and_can_fail(server: DatabaseServer, tmp_path: Path) -> None:
    with day(server, tmp_path) as today:
        list(today.deliver(range(len(today.facts))))
        today.settle()
        database = today.world.house.database
        for name, corruptions in CORRUPTIONS.items():
            for what, corrupt in corruptions.items():
                with Session(database.engine) as session:  # never committed
                    session.execute(corrupt(today.world))
                    found = INVARIANTS[name](session)
                    assert found, f"{name} cannot tell: {what}"
                    assert all(one and "\n" not in one for one in found)
        assert database.read(violations) == {}


def balances(session: Session) -> set[tuple[Any, ...]]:
    """What lies where."""
    query = select(Balance.place_id, Balance.part_id, Balance.serial, Balance.quantity)
    return {tuple(row) for row in session.execute(query.where(Balance.quantity != 0))}


# A move that nobody stated stays in the journal; the other puts a row where one is put already.
NOT_DERIVED = {
    ("balances_equal_moves", "move"),
    ("nothing_below_zero", "move"),
    ("one_place_per_serial", "two"),
}


def test_what_is_derived_can_be_derived_again(server: DatabaseServer, tmp_path: Path) -> None:
    with day(server, tmp_path) as today:
        list(today.deliver(range(len(today.facts))))
        today.settle()
        database = today.world.house.database
        before = database.read(balances)

        def corrupt(nth: int) -> int:
            """Spoil each in its nth way, if it has so many; answers how many were spoilt."""
            ways = [
                [way for what, way in some.items() if (name, what) not in NOT_DERIVED]
                for name, some in CORRUPTIONS.items()
            ]
            spoiling = [some[nth](today.world) for some in ways if nth < len(some)]
            database.transact(lambda session, now: [session.execute(one) for one in spoiling])
            return len(spoiling)

        nth = 0
        while corrupt(nth):
            assert database.read(violations) != {}
            repair(today.world.house)
            today.world.drain()
            assert database.read(violations) == {}
            assert database.read(balances) == before
            nth += 1
        today.world.clock.advance(3601)  # since the last reset: their replicas differ now
        today.settle()


def test_what_waits_may_differ(server: DatabaseServer, tmp_path: Path) -> None:
    with day(server, tmp_path) as today:
        list(today.deliver(range(len(today.facts))))
        assert today.world.house.database.read(violations) == {}
        today.world.drain()
        visit, published = today.world["visit"], INVARIANTS["published_equals_derived"]
        channels = [f"user:{today.world[name]}" for name in ("ann", "bob")]
        made = today.world.clock.now()
        marks: dict[int, list[SourceMark | DocumentMark]] = {
            0: [SourceMark(type="visit", source=visit, made=made)],
            1: [DocumentMark(channel=channels[0], type="visit", document=visit, made=made)],
        }
        for left, waiting in marks.items():
            with Session(today.world.house.database.engine) as session:
                session.execute(update(Visit).where(Visit.id == UUID(visit)).values(epoch=7))
                assert len(published(session)) == len(channels)
                session.add_all(waiting)
                session.flush()
                assert len(published(session)) == left
