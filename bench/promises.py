"""How long promises take: those of a new work order, and of many open clocks at once."""

import resource
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.measure import Comparison, alternate, compare, seconds
from bench.size import Size
from bench.station import Ground as Servers
from models.contracts.calendar import Ground
from models.contracts.clock import Event, Request, promises
from models.contracts.holidays import china
from models.contracts.making import make
from models.contracts.plan import Plan
from models.contracts.reading import read_plan_file
from models.contracts.warning import DESK, notices
from simulation.dice import Dice
from tests.contracts.agreed import agree, order

PLANS = Path(__file__).parents[1] / "plans"
SEED = 20261122
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "Europe/Berlin")
FILLED: dict[str, dict[str, object]] = {
    "mgmt-system-72h": {"counts": "service"},
    "monitoring-centre": {"counts": "duty"},
    "network-servers": {},
    "hospital-software": {},
    "barcode-printer": {},
    "project-60-months": {},
}


def promised(servers: Servers, size: Size) -> Iterator[Comparison]:
    """Opening a work order under a contract, and counting many clocks again."""
    with servers.station() as station:
        numbers = iter(range(10**9))
        bare = [order(station.world, f"warm {next(numbers)}")]

        def opened() -> float:
            return seconds(lambda: bare.append(order(station.world, f"order {next(numbers)}")))

        floor = [opened() for _ in range(size.pairs)]
        agree(station.world, "mgmt-system-72h", parameters={"counts": "service"})
        agree(station.world, "network-servers", "second")
        opened()
        taken = list(zip([opened() for _ in range(size.pairs)], floor, strict=True))
        remark = "12 promises of two contracts; floor: without a contract"
        yield compare("work order with promises", station.database, taken, remark)
    yield _many(servers.database, size)


def _many(database: str, size: Size) -> Comparison:
    """Due, state and notices of every promise of so many requests, in one process."""
    requests = list(_requests(size.clocks))
    now = datetime(2026, 10, 20, 2, tzinfo=UTC)
    counted: list[int] = []

    def count(all_: Sequence[tuple[Plan, Request]], again: bool) -> int:
        return sum(_again(plan, request, now) if again else 1 for plan, request in all_)

    ours = partial(seconds, lambda: counted.append(count(requests, True)))
    bare = partial(seconds, lambda: counted.append(count(requests, False)))
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
    grounds = [Ground(ZoneInfo(zone), china()) for zone in ZONES]
    first = datetime(2026, 8, 20, tzinfo=UTC)
    for _ in range(number):
        reported = first + timedelta(minutes=dice.between(0, 60 * 24 * 60 - 1))
        events = [Event("reported", reported), Event("visit_requested", reported)]
        yield dice.pick(plans), Request(dice.pick(grounds), events)
