"""One eventful day, stated by two devices offline and decided on at the desk meanwhile.

The decisions are taken while the day is made; the facts wait in two outboxes, to be delivered in
any order. The same seed gives the same day, byte by byte.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.clock import ManualClock
from models.derived import Derived
from models.facts import Fact, FactPart, FactSubject, Refusal
from models.feed import Published
from models.findings import Finding
from models.people import Device as DeviceRow
from models.photos import PhotoPromise
from models.stock.rows import Balance
from sync.device import Device, Json
from sync.facts.registry import KINDS
from sync.invariants import violations
from tests.servers import DatabaseServer
from tests.statements import Statement, put, state
from tests.world import World

Snapshot = dict[str, Any]

# What tells when something arrived or was posted, and not what is true.
QUARREL = 16  # facts beside one of each kind from either device
OF_ARRIVAL = {"received", "position", "changed", "last_seen", "reset", "busy_until"}
TABLES: tuple[type[Base], ...] = (Fact, FactPart, FactSubject, Refusal, PhotoPromise, DeviceRow)


@dataclass(frozen=True)
class Day:
    """The world after the decisions, and what the two devices have to say."""

    world: World
    devices: Sequence[Device]
    facts: Sequence[tuple[int, Json]]  # whose, and the fact as it is sent

    def deliver(self, numbers: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Send those facts, in this order, one request a device; answers the receipts."""
        numbers = list(numbers)
        for whose in dict.fromkeys(self.facts[number][0] for number in numbers):
            own = [number for number in numbers if self.facts[number][0] == whose]
            device = self.devices[whose]
            answer = device.exchange(device.request([self.facts[number][1] for number in own]))
            for number, receipt in zip(own, answer["receipts"], strict=True):
                yield number, json.dumps(receipt).encode()

    def settle(self) -> Snapshot:
        """Let the worker finish and the devices fetch what is theirs; answers all that is true."""
        self.world.drain()
        for device in self.devices:
            device.outbox.clear()
            device.sync()
            assert device.replica.digest() == device.last_answer["digest"]
        assert self.world.house.database.read(violations) == {}
        return self.world.house.database.read(snapshot)


@contextmanager
def day(
    server: DatabaseServer, home: Path, made: Callable[[World], Day] | None = None
) -> Iterator[Day]:
    """A fresh world on a fresh database, with the day in its outboxes; another day where given."""
    url = server.fresh()
    world = World.open(url, home)
    try:
        yield (made or make)(world)
    finally:
        world.close()
        server.drop(url)


def make(world: World) -> Day:
    """Decide what the desk decides, and have both devices state what happened meanwhile."""
    open_books(world)
    ann, bob = world.device("ann"), world.device("bob")
    bob.clock = ManualClock(world.clock.now() + timedelta(hours=3))  # and it was never online
    visits = [world.open_visit(name, "ann", "bob") for name in ("visit", "second", "third")]
    world.drain()
    ann.sync()
    world.assign(visits[2], "ann")  # bob is taken off the third visit
    for number, kind in enumerate(KINDS):
        world.clock.advance(60)
        state(ann, world, kind, visits[0])
        state(bob, world, kind, visits[number % 3], at=world.clock.now() - timedelta(seconds=30))
    quarrel(world, ann, bob, visits)
    facts = [(0, one) for one in ann.outbox] + [(1, one) for one in bob.outbox]
    return Day(world, (ann, bob), facts)


def open_books(world: World) -> None:
    """Both vans have something, and something is on its way to one of them."""
    world.stock_van("van-a", "3", "S-1")
    world.stock_van("van-b", "1")
    world.stock_van("main", "10", "S-2")
    lines = [{"part": world["roller"], "quantity": "3", "serial": None}]
    transfer = str(world.new("transfer"))
    world.decide(
        "stock.shipped", "wang",
        place=world["main"], to=world["van-a"], transfer=transfer, lines=lines,
    )  # fmt: skip
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])


def quarrel(world: World, ann: Device, bob: Device, visits: Sequence[str]) -> None:
    """What goes wrong: a cancelled visit was worked on, a device jumps back, kinds are unknown."""
    world.decide("visit.cancelled", visit=visits[1], reason="customer")
    for device in (ann, bob):
        world.clock.advance(60)
        state(device, world, "note.added", visits[1])
        state(device, world, "record.sealed", visits[1], at=world.clock.now())
        early = world.clock.now() - timedelta(hours=2)
        state(device, world, "visit.left", visits[1], at=early)
        put(device, "drone.landed", Statement(("visit", visits[0]), {"roof": True}))
        put(device, "drone.landed", Statement(("roof", visits[0]), {"roof": True}))
        put(device, "note.added", Statement(("visit", world["site"]), parts={"words": "哪里"}))
        put(device, "visit.declined", Statement(("visit", visits[0]), {"reason": "Not A Code"}))
    world.clock.advance(60)
    unassigned = world.open_visit("unassigned", "ann")
    state(bob, world, "visit.arrived", unassigned, at=world.clock.now())
    state(bob, world, "record.sealed", unassigned, at=world.clock.now())


def snapshot(session: Session) -> Snapshot:
    """Everything that must not depend on arrival, as plain values."""
    tables = (*TABLES, *derived_tables())
    rows = {table.__tablename__: _rows(session, table) for table in tables}
    balances = select(Balance).where(Balance.quantity > 0)
    findings = select(Finding).where(Finding.state != "gone")
    documents = select(Published).where(Published.body.is_not(None))
    return {
        **rows,
        "balance": _sorted(session.scalars(balances)),
        "finding": _sorted(session.scalars(findings)),
        "document": _sorted(session.scalars(documents)),
    }


def derived_tables() -> list[type[Derived]]:
    """All tables that a fold writes."""
    return sorted(Derived.__subclasses__(), key=lambda table: table.__tablename__)


def _rows(session: Session, table: type[Base]) -> list[str]:
    return _sorted(session.scalars(select(table)))


def _sorted(rows: Iterable[Base]) -> list[str]:
    return sorted(
        str({name: value for name, value in row.values().items() if name not in OF_ARRIVAL})
        for row in rows
    )


def difference(one: Snapshot, other: Snapshot) -> dict[str, tuple[list[str], list[str]]]:
    """By table what only the one and only the other has: what a failing test should show."""
    return {
        name: (sorted(set(one[name]) - set(other[name])), sorted(set(other[name]) - set(one[name])))
        for name in one
        if one[name] != other[name]
    }
