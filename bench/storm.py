"""The evening storm: everybody comes home at once, and the network is as bad as ever.

Of the exchanges one in ten is made twice, one in twenty comes before the one that it should follow,
and of one in fifty the answer is lost. What is in the database in the end is counted there.
"""

import json
from collections.abc import Iterator, Sequence
from statistics import quantiles

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bench.lean import Batch, Line, Tally, at_once
from bench.measure import Figure
from bench.process import counted, megabytes
from bench.rates import FACTS_PER_VISIT, encoded, state_visit
from bench.size import Size
from bench.staff import Worker, hire
from bench.station import SEED, Ground, Station
from models.dispatch.reported import Money
from models.facts import Fact, FactSubject, Standing
from simulation.dice import Dice
from sync.invariants import INVARIANTS

VISITS = 5
REPEATED, REORDERED, CUT = 10, 5, 2  # percent of exchanges
CHECKED = ("heads_equal_published", "every_fact_is_judged")


def evening(ground: Ground, size: Size) -> Iterator[Figure]:
    """The storm with few and with many phones, and how the exchanges' time grows."""
    slow = []
    for phones in size.storms:
        with ground.station() as station:
            storm = _Storm(station, hire(station, phones, VISITS))
            before = megabytes(station.web.pid)
            storm.rage()
            after = megabytes(station.web.pid)
            storm.count()
        yield from storm.figures()
        slow.append(storm.percentile(95))
        for name, one, other in zip(("RSS", "PSS"), before, after, strict=True):
            remark = f"of the larger web process; before it {one:.0f} MB"
            yield storm.figure(f"{name} after", other, "MB", remark=remark)
    remark = f"95th percentile of {size.storms[1]} phones by that of {size.storms[0]}"
    factor = size.storms[1] / size.storms[0]
    yield Figure("storm, growth", ground.database, slow[1] / slow[0], "times",
                 remark=f"{remark}; {factor:g} times as many")  # fmt: skip


class _Storm:
    """One storm, and what was counted of it."""

    def __init__(self, station: Station, workers: Sequence[Worker]) -> None:
        self.station, self.workers, self.tally = station, workers, Tally()
        self.server_seconds = 0.0
        for worker in workers:
            for visit in worker.visits:
                state_visit(worker, visit, "打印头已清洁，测试页正常")
            worker.facts = encoded(worker.device.outbox)

    def rage(self) -> None:
        """Everybody at once; their phones had synced in the morning."""
        tally, port = self.tally, self.station.web.port
        lines = [Line(port, worker.token, tally) for worker in self.workers]
        at_once(Tally(), [line.catch_up() for line in lines])
        tally.exchanges.clear()
        ways = [
            self._come_home(line, worker, Dice(f"{SEED} {number}"))
            for number, (line, worker) in enumerate(zip(lines, self.workers, strict=True))
        ]
        with counted(self.station.servers) as servers:
            at_once(tally, ways)
        self.server_seconds = servers.seconds

    async def _come_home(self, line: Line, worker: Worker, dice: Dice) -> None:
        for batch in self._disordered(worker.facts, dice):
            if dice.chance(CUT):
                await line.exchange_and_lose(batch)
            told = await line.exchange(batch)
            self.tally.facts += len(batch)
            while told["more"]:
                await line.exchange([])
            if dice.chance(REPEATED):
                again = await line.exchange(batch)
                self.tally.repeated += 1
                if again["receipts"] != told["receipts"]:
                    raise RuntimeError("a repeat got another receipt")
        line.hang_up()

    def _disordered(self, facts: Batch, dice: Dice) -> list[Batch]:
        starts = range(0, len(facts), FACTS_PER_VISIT)
        batches = [facts[start : start + FACTS_PER_VISIT] for start in starts]
        for at in range(len(batches) - 1):
            if dice.chance(REORDERED):
                batches[at], batches[at + 1] = batches[at + 1], batches[at]
                self.tally.reordered += 1
        return batches

    def count(self) -> None:
        """Raises where anything is lost, or doubled, or not as it has to be."""
        stated = [json.loads(one["fact"]) for each in self.workers for one in each.device.outbox]
        found = self.station.world.house.database.read(self._found)
        expenses = sum(fact["kind"] == "expense.incurred" for fact in stated)
        wanted = {
            "facts": len(stated), "different facts": len(stated), "subjects": len(stated),
            "effective": len(stated), "standings": len(stated), "expenses": expenses,
            "violations": 0,
        }  # fmt: skip
        if found != wanted:
            raise RuntimeError(f"found {found}, where {wanted} were stated")

    def _found(self, session: Session) -> dict[str, int]:
        origins = [worker.device.id for worker in self.workers]
        of_theirs = Fact.origin_id.in_(origins)

        def number(what: object) -> int:
            return int(session.scalar(what) or 0)  # type: ignore[call-overload]

        standings = select(func.count(Standing.id)).where(Standing.origin_id.in_(origins))
        return {
            "facts": number(select(func.count(Fact.key)).where(of_theirs)),
            "different facts": number(select(func.count(Fact.id.distinct())).where(of_theirs)),
            "subjects": number(
                select(func.count()).select_from(FactSubject).join(
                    Fact, Fact.key == FactSubject.fact_key).where(of_theirs, FactSubject.own)
            ),
            "effective": number(standings.where(Standing.state == "effective")),
            "standings": number(standings),
            "expenses": number(select(func.count(Money.id))),
            "violations": sum(len(INVARIANTS[name](session)) for name in CHECKED),
        }  # fmt: skip

    # What there is to tell

    def percentile(self, percent: int) -> float:
        return quantiles(self.tally.exchanges, n=100)[percent - 1]

    def figure(self, name: str, value: float, unit: str, aim: str = "", remark: str = "") -> Figure:
        label = f"storm of {len(self.workers)}, {name}"
        return Figure(label, self.station.database, value, unit, aim, remark)

    def figures(self) -> Iterator[Figure]:
        tally = self.tally
        network = f"{tally.repeated} repeated, {tally.reordered} reordered, {tally.cut} cut"
        counted = f"{tally.facts:,} facts: none lost, none doubled; {network}"
        rate = tally.facts / tally.seconds
        yield self.figure("facts", rate, "facts/s", remark=f"{counted}, {tally.broken} broke off")
        both = self.server_seconds + tally.own_seconds
        remark = (
            f"{tally.seconds:.0f} s, in which the bench got {both / tally.seconds:.2f} processors"
        )
        yield self.figure(
            "per processor", tally.facts / self.server_seconds, "facts/s", remark=remark
        )
        middle = f"{len(tally.exchanges):,} exchanges; median {self.percentile(50):.2f} s"
        slowest = f"slowest {max(tally.exchanges):.2f} s"
        yield self.figure(
            "95th percentile", self.percentile(95), "s", remark=f"{middle}, {slowest}"
        )
        remark = f"the web and the database took {self.server_seconds:.0f} s of processors"
        yield self.figure("share of the phones", 100 * tally.own_seconds / both, "%", remark=remark)
