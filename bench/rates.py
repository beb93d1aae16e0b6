"""How many signed facts a second are taken: to where they are stored, and to where they are judged.

Facts of visits are judged in the exchange that brings them, so its answer tells that they were.
Answers to a notice are judged by the worker, so the answer tells that they are stored, and no more.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import select

from bench.lean import Line, Tally, at_once
from bench.measure import Figure
from bench.process import counted
from bench.size import Size
from bench.staff import Worker, give_visits, hire
from bench.station import Ground, Station
from models.facts import Fact, Standing
from simulation.statements import Statement, put
from sync.device import Json

FACTS_PER_VISIT = 20
NOTES = FACTS_PER_VISIT - 6  # beside what every visit has


@dataclass(frozen=True)
class Kind:
    """Facts of about one size: so many visits' facts each phone, so many facts an exchange."""

    name: str
    words: int  # bytes of what is written in each note
    visits: int
    batch: int
    aim: int


KINDS = (
    Kind("small", 30, 5, 100, 3_000),
    Kind("1 KB", 360, 5, 100, 1_200),
    Kind("50 KB", 49_500, 1, 20, 100),
)


def facts_per_second(ground: Ground, size: Size) -> Iterator[Figure]:
    """Facts of each size, to stored and to judged, sent by several phones at once."""
    with ground.station() as station:
        workers = hire(station, size.senders, 0)
        for kind in KINDS:
            for until in ("stored", "judged"):
                taken = [_take(station, workers, kind, size, until) for _ in range(size.rounds)]
                yield _figure(station, kind, until, taken)


def _take(station: Station, workers: Sequence[Worker], kind: Kind, size: Size, until: str) -> Tally:
    """One round: what is to be sent is made and signed before it is timed."""
    visits, words = min(kind.visits, size.visits), "好" * (kind.words // 3)
    for worker in workers:
        worker.visits.clear()
        worker.device.outbox.clear()
    if until == "judged":
        give_visits(station, workers, visits)
    for worker in workers:
        if until == "stored":
            _answer_notices(station, worker, visits * FACTS_PER_VISIT, words)
        for visit in worker.visits:
            state_visit(worker, visit, words)
        worker.facts = encoded(worker.device.outbox)
    tally = _send(station, workers, kind)
    _see_that_it_happened(station, workers, until)
    return tally


def _figure(station: Station, kind: Kind, until: str, taken: Sequence[Tally]) -> Figure:
    rates = [one.facts / one.seconds for one in taken]
    facts = sum(one.facts for one in taken)
    costs = facts / sum(one.server_seconds for one in taken)
    got = sum(one.server_seconds + one.own_seconds for one in taken) / sum(
        one.seconds for one in taken
    )
    size = sum(one.bytes for one in taken) / facts
    remark = (
        f"{min(rates):,.0f}-{max(rates):,.0f}; {costs:,.0f} a processor; {facts:,} of "
        f"{size:,.0f} bytes, {kind.batch} at once; the bench got {got:.2f} processors"
    )
    return Figure(
        f"facts {until}, {kind.name}", station.database, median(rates), "facts/s",
        f">= {kind.aim:,}", remark,
    )  # fmt: skip


def _answer_notices(station: Station, worker: Worker, facts: int, words: str) -> None:
    notice = str(station.world.ids.new(station.world.clock.now()))
    answer = Statement(("notice", notice), {"choice": None}, {"words": words})
    for _ in range(facts):
        put(worker.device, "notice.answered", answer)


def state_visit(worker: Worker, visit: str, words: str) -> None:
    """Twenty facts of one visit: coming, notes, a break, an expense, leaving."""
    about = ("visit", visit)
    for kind in ("visit.accepted", "visit.travelling", "visit.arrived"):
        worker.device.state(kind, about)
    for _ in range(NOTES):
        worker.device.state("note.added", about, parts={"words": words})
    expense = {"what": "parking", "amount": 1500}
    worker.device.state("visit.paused", about, {"reason": "customer_absent"})
    worker.device.state("expense.incurred", about, expense, {"words": words})
    worker.device.state("visit.left", about)


def encoded(facts: Sequence[Json]) -> list[bytes]:
    """Facts as they are put into a request."""
    return [json.dumps(one, ensure_ascii=False).encode() for one in facts]


def _send(station: Station, workers: Sequence[Worker], kind: Kind) -> Tally:
    tally = Tally()
    lines = [Line(station.web.port, worker.token, tally) for worker in workers]
    at_once(Tally(), [line.catch_up() for line in lines])
    tally.exchanges.clear()

    async def send(line: Line, worker: Worker) -> None:
        for start in range(0, len(worker.facts), kind.batch):
            batch = worker.facts[start : start + kind.batch]
            told = await line.exchange(batch)
            assert {one["receipt"] for one in told["receipts"]} == {"stored"}
            tally.facts += len(batch)
            tally.bytes += sum(map(len, batch))
            while told["more"]:
                told = await line.exchange([])
        line.hang_up()

    with counted(station.servers) as servers:
        at_once(tally, [send(*one) for one in zip(lines, workers, strict=True)])
    tally.server_seconds = servers.seconds
    return tally


def _see_that_it_happened(station: Station, workers: Sequence[Worker], until: str) -> None:
    """What is in no table was not stored; what has no standing was not judged."""
    sent = {json.loads(one["fact"])["id"] for worker in workers for one in worker.device.outbox}
    database = station.world.house.database
    origins = [worker.device.id for worker in workers]
    query = select(Fact.id, Standing.state).outerjoin(Standing, Standing.id == Fact.key)
    rows = database.read(lambda session: session.execute(
        query.where(Fact.origin_id.in_(origins))).all())  # fmt: skip
    states = [state for id_, state in rows if str(id_) in sent]
    wanted = {"effective"} if until == "judged" else {None}
    if len(states) != len(sent) or set(states) != wanted:
        raise RuntimeError(
            f"of {len(sent)} facts {len(states)} are there, and stand as {states[:3]}"
        )
