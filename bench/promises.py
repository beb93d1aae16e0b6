"""How much promises take, in processor time: those of a new work order, and of many open clocks."""

import resource
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bench.measure import Comparison, alternate, compare, processor_seconds
from bench.size import Size
from bench.station import Ground, Station
from models.contracts.calendar import Ground as Place
from models.contracts.clock import Event, Request, promises
from models.contracts.holidays import china
from models.contracts.making import make
from models.contracts.plan import Plan
from models.contracts.reading import read_plan_file
from models.contracts.rows import PromiseRow
from models.contracts.warning import DESK, notices
from models.dialect import insert_rows
from models.dispatch.rows import WorkOrder
from simulation.dice import Dice
from sync.passing import note_promises
from tests.contracts.agreed import agree, order

PLANS = Path(__file__).parents[1] / "plans"
SEED = 20261122
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin")
MINUTES = 100  # over which so many open promises are spread
ORDERS_A_PAIR = 5  # a single work order is opened too soon to be measured well
AGREED: dict[str, dict[str, object]] = {
    "mgmt-system-72h": {"counts": "service"},
    "network-servers": {},
}
FILLED: dict[str, dict[str, object]] = {
    "mgmt-system-72h": {"counts": "service"},
    "monitoring-centre": {"counts": "duty"},
    "network-servers": {},
    "hospital-software": {},
    "barcode-printer": {},
    "project-60-months": {},
}


def promised(servers: Ground, size: Size) -> Iterator[Comparison]:
    """What promises add to a work order that is opened, a minute's look at very many of them, and
    counting very many again."""
    with servers.station() as station:
        yield _opening(station, size)
        yield _minute(station, size)
    yield _many(servers.database, size)


def _opening(station: Station, size: Size) -> Comparison:
    """Orders for a machine with two contracts, and for none, in turn."""
    world, numbers = station.world, count()
    for plan, parameters in AGREED.items():
        agree(world, plan, plan, asset_id=world.named["asset"], parameters=parameters)

    def opened(asset: str | None) -> float:
        return processor_seconds(lambda: order(world, f"order {next(numbers)}", asset=asset))

    ours, bare = partial(opened, world["asset"]), partial(opened, None)
    taken = alternate(ORDERS_A_PAIR * size.pairs, ours, bare)
    added = 1000 * median(above - below for above, below in taken)
    promised_ = len(world.rows(PromiseRow)) // (len(taken) + 1)
    remark = f"{promised_} promises of two contracts add {added:.2f} ms; floor: without a contract"
    return compare("work order with promises", station.database, taken, remark)


def _minute(station: Station, size: Size) -> Comparison:
    """The job of each minute among so many open promises, of which some are broken by then."""
    world, falling = station.world, size.clocks // MINUTES
    began = world.clock.now()
    orders = [world.ids.new(began) for _ in range(size.clocks)]
    (an_order, *_), (a_promise, *_) = world.rows(WorkOrder), world.rows(PromiseRow)

    def promise_of(number: int, order_id: UUID) -> dict[str, object]:
        due = began + timedelta(minutes=number // falling)
        own = {"id": order_id, "work_order_id": order_id, "due": due, "alarm": due}
        return {**a_promise.values(), **own, "warn": None, "stopped": None}

    def body(session: Session, now: datetime) -> None:
        insert_rows(session, WorkOrder, [{**an_order.values(), "id": one} for one in orders])
        insert_rows(session, PromiseRow, [promise_of(*one) for one in enumerate(orders)])

    world.house.database.transact(body)

    def look() -> float:
        return processor_seconds(lambda: note_promises(world.house))

    def next_look() -> float:
        world.clock.advance(60)
        return look()

    taken = [(next_look(), look()) for _ in range(size.pairs + 1)][1:]
    remark = f"{falling:,} of {size.clocks:,} open promises are broken; floor: none is"
    return compare("a minute's promises", station.database, taken, remark)


def _many(database: str, size: Size) -> Comparison:
    """Due, state and notices of every promise of so many requests, in one process."""
    requests = list(_requests(size.clocks))
    now = datetime(2026, 10, 20, 2, tzinfo=UTC)
    counted: list[int] = []

    def again(all_: Sequence[tuple[Plan, Request]], really: bool) -> int:
        return sum(_again(plan, request, now) if really else 1 for plan, request in all_)

    ours = partial(processor_seconds, lambda: counted.append(again(requests, True)))
    bare = partial(processor_seconds, lambda: counted.append(again(requests, False)))
    taken = alternate(min(3, size.pairs), ours, bare)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    remark = f"{counted[0]:,} promises, {peak} MB at most; floor: the empty loop"
    return compare(f"{size.clocks:,} open clocks", database, taken, remark)


def _again(plan: Plan, request: Request, now: datetime) -> int:
    found = promises(plan, request)
    for one in found:
        one.state_at(now)
        notices(one, request.ground.hours(DESK))
    return len(found)


def _requests(number: int) -> Iterator[tuple[Plan, Request]]:
    dice = Dice(SEED)
    plans = [make(read_plan_file((PLANS / f"{name}.yaml").read_text()), values)
             for name, values in FILLED.items()]  # fmt: skip
    grounds = [Place(ZoneInfo(zone), china()) for zone in ZONES]
    first = datetime(2026, 8, 20, tzinfo=UTC)
    for _ in range(number):
        reported = first + timedelta(minutes=dice.between(0, 60 * 24 * 60 - 1))
        events = [Event("reported", reported), Event("visit_requested", reported)]
        yield dice.pick(plans), Request(dice.pick(grounds), events)
