"""What a technician states on a day, and the steps of an exchange one by one."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from bench.app import insert_bare, statements
from bench.measure import seconds
from bench.station import Phone, Station
from models.people import Device
from models.queries import locked_one
from sync.device import Json
from sync.envelope import EnvelopeSchema
from sync.exchange import judge_at_once, publish_own
from sync.store import Stored, examine, store

T = TypeVar("T")

FACTS_PER_VISIT = 5


def state_a_day(station: Station, phone: Phone, visits: int) -> list[Json]:
    """Assign that many visits, and have five small facts stated of each: they wait to be sent."""
    for number in range(visits):
        visit = station.world.open_visit(f"visit {number}")
        subject = ("visit", visit)
        for kind in ("visit.accepted", "visit.travelling", "visit.arrived"):
            phone.device.state(kind, subject)
        phone.device.state("note.added", subject, parts={"words": "打印头已清洁，测试页正常"})
        phone.device.state("visit.left", subject)
    station.world.drain()
    return list(phone.device.outbox)


def finish_the_day(station: Station, phone: Phone, facts: list[Json], answer: Json) -> None:
    """Take the answer in, see that every fact took effect, and let the worker do the rest."""
    phone.device.take(facts, answer)
    station.world.drain()
    phone.settle()
    sent = {json.loads(one["fact"])["id"] for one in facts}
    standings = phone.device.documents("standing").values()
    effective = {
        fact["id"] for one in standings for fact in one["facts"] if fact["state"] == "effective"
    }
    if not sent <= effective:
        raise RuntimeError(f"{len(sent - effective)} of {len(sent)} facts took no effect")


@dataclass
class Steps:
    """The steps of one exchange after another, in this process and without HTTP, timed apart."""

    station: Station
    phone: Phone
    visits: int
    taken: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def take(self) -> None:
        """One exchange step by step, and a bare INSERT of the same bytes."""
        facts = state_a_day(self.station, self.phone, self.visits)
        rows = statements(facts)
        engine = self.station.world.house.database.engine
        floor = seconds(lambda: insert_bare(engine, rows))
        for step, taken in self._steps(facts).items():
            self.taken[step].append((taken, floor))
        finish_the_day(self.station, self.phone, [], self.phone.device.last_answer)
        self.phone.settle()

    def _steps(self, facts: list[Json]) -> dict[str, float]:
        database, device = self.station.world.house.database, self.phone.device
        body, key = self.phone.body(facts), self.phone.public_key
        times: dict[str, float] = {}

        def timed(step: str, action: Callable[[], T]) -> T:
            done: list[T] = []
            times[step] = seconds(lambda: done.append(action()))
            return done[0]

        def keep(session: Session, now: datetime) -> Stored:
            return store(session, now, locked_one(session, Device, device.id), examined)

        envelope = timed("parse", lambda: EnvelopeSchema().load(json.loads(body)))
        examined = timed("verify", lambda: [examine(key, sent) for sent in envelope.facts])
        stored = timed("store", lambda: database.transact(keep))
        timed("judge", lambda: judge_at_once(database, stored.subjects))
        row = database.read(lambda session: session.get_one(Device, device.id))
        timed("publish", lambda: publish_own(database, row))
        return times
