"""Sixteen processes at one PostgreSQL: phones, the desk, the catalogue, workers and a reader.

They are forked from a process that has imported everything, so that one of them costs little. What
they do follows the clock: at any time all of them are at the same visit, and all pushers at the
same facts, which each of them states for itself, byte for byte alike.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.clock import ManualClock, SystemClock
from models.edits import Editor
from models.facts import Fact
from models.feed import CATALOG, Published, device_channel, user_channel
from models.house import House
from models.ids import Ids
from models.kept import KEPT, Kept
from models.knowledge import Article
from models.refusals import Refused
from models.settings import Settings
from sync import feed, limits
from sync.decide import decide
from sync.device import Device, Json, Replica
from sync.invariants import violations
from tests.statements import state
from tests.world import World, seeded

CLOCK = SystemClock()
LATE = timedelta(hours=1)  # the desk decided before the race, and the server reads a real clock
START_SECONDS = 120  # until all processes are there
VISIT_SECONDS = 1  # for so long all are at one visit; then they go on to the next
VISITS_MAX = 40
PUSHES_A_SECOND = 2
RACERS = {"push": 5, "state": 4, "assign": 3, "edit": 1, "work": 2, "read": 1}
PUSHED = (
    "visit.accepted", "visit.arrived", "note.added", "expense.incurred", "payment.received",
    "consent.given", "stock.received", "visit.left",
)  # fmt: skip
CATALOGUE = (("parts", "roller"), ("parts", "head"), ("articles", "article"))
STATED = ("note.added", "visit.paused", "visit.resumed", "help.requested", "photo.taken")


@dataclass(frozen=True)
class Phone:
    """A phone, so that several processes can be it."""

    id: UUID
    key: bytes
    user: str


@dataclass(frozen=True)
class Course:
    """The race as every process is told of it."""

    url: str
    home: Path
    named: dict[str, UUID]
    visits: list[str]
    phones: list[Phone]
    line: Path  # where they meet before they start
    seconds: float
    pushes_before: int
    plant: Callable[[pytest.MonkeyPatch], None] | None


@dataclass
class Report:
    """What one process did and saw. `receipts` are those of each push, `logged` what went wrong
    without anybody having been told."""

    acts: int = 0
    facts: int = 0
    receipts: dict[int, set[str]] = field(default_factory=dict)
    logged: list[str] = field(default_factory=list)
    mismatches: int = 0
    resets: int = 0
    twice: int = 0
    documents: int = 0
    replica: Replica | None = None


@dataclass
class Racer(logging.Handler):
    """One process: its world, and what it has seen."""

    course: Course
    number: int
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        super().__init__(logging.WARNING)
        course = self.course
        said = {"ONSITE_HOME": str(course.home), "DATABASE_URL": course.url}
        house = House.open(Settings.read(said), clock=CLOCK, ids=Ids())
        self.dice = Random(self.number)
        self.began = CLOCK.now()
        self.world = World(house, ManualClock(CLOCK.now()), Ids(), dict(course.named))

    def emit(self, record: logging.LogRecord) -> None:
        self.report.logged.append(self.format(record))

    def __hash__(self) -> int:
        return id(self)

    @property
    def elapsed(self) -> float:
        return (CLOCK.now() - self.began).total_seconds()

    @property
    def visit(self) -> str:
        """Where everybody is."""
        visits = self.course.visits
        return visits[int(max(self.elapsed, 0) / VISIT_SECONDS) % len(visits)]

    def device(self, phone: Phone) -> Device:
        key = Ed25519PrivateKey.from_private_bytes(phone.key)
        world = self.world
        return Device(phone.id, world.clock, world.ids, key, world.wire(phone.id))

    def going_on(self) -> Iterator[float]:
        """The time, until it is over; at least once, however slow the machine is."""
        self.began = self._wait_at_the_line()
        elapsed = 0.0
        while elapsed < self.course.seconds:
            self.world.clock.instant = CLOCK.now()
            yield elapsed
            self.report.acts += 1
            elapsed = self.elapsed

    def _wait_at_the_line(self) -> datetime:
        """When the last one has come, all start."""
        (self.course.line / str(os.getpid())).touch()
        for _ in range(START_SECONDS * 100):
            came = list(self.course.line.iterdir())
            if len(came) == sum(RACERS.values()):
                last = max(file.stat().st_mtime for file in came)
                return datetime.fromtimestamp(int(last), UTC)
            CLOCK.sleep(0.01)
        raise TimeoutError("not everybody came")

    # What each of them does

    def push(self) -> None:
        """The same facts as all the other pushers, in an order and in batches of one's own."""
        pushed = -1
        for elapsed in self.going_on():
            number = int(elapsed * PUSHES_A_SECOND)
            if number == pushed:
                CLOCK.sleep(0.01)
                continue
            pushed = number
            device = self._same(number)
            facts = self.dice.sample(device.outbox, len(device.outbox))
            size = self.dice.randint(1, len(facts))
            told: set[str] = set()
            for start in range(0, len(facts), size):
                answer = device.exchange(device.request(facts[start : start + size]))
                told |= {json.dumps(receipt) for receipt in answer["receipts"]}
            self.report.receipts[number] = told

    def _same(self, number: int) -> Device:
        """The shared phone as it stands at that push, whoever of the pushers asks."""
        course, clock = self.course, ManualClock(self.began + timedelta(seconds=number))
        world = World(self.world.house, clock, seeded(f"push {number}"), dict(course.named))
        phone = course.phones[0]
        key = Ed25519PrivateKey.from_private_bytes(phone.key)
        device = Device(phone.id, clock, world.ids, key, world.wire(phone.id))
        device.seq = (course.pushes_before + number) * len(PUSHED)
        visit = course.visits[number // (VISIT_SECONDS * PUSHES_A_SECOND) % len(course.visits)]
        for kind in PUSHED:
            state(device, world, kind, visit)
        return device

    def state(self) -> None:
        """Facts of one's own about the visit where all are, and a whole exchange."""
        device = self.device(self.course.phones[self.number])
        for _ in self.going_on():
            for kind in self.dice.sample(STATED, 2):
                state(device, self.world, kind, self.visit)
                self.report.facts += 1
            device.sync()

    def assign(self) -> None:
        """Crews that change, and whoever leaves one loses the packet."""
        ann, bob = ({"user": self.world[name], "role": "lead"} for name in ("ann", "bob"))
        helped = [ann, {**bob, "role": "helper"}]
        house = self.world.house
        for _ in self.going_on():
            data = {"visit": self.visit, "crew": self.dice.choice([[ann], helped, [bob]])}
            with suppress(Refused):  # The visit may have ended by then.
                decide(house.database, self.world.ids, self.world.named["dora"], "visit.assigned",
                       {**data, "overlap": True})  # fmt: skip
            publish_once(house)

    def edit(self) -> None:
        """Parts and articles that get another name each time."""
        world = self.world
        for number, _ in enumerate(self.going_on()):
            table, name = self.dice.choice(CATALOGUE)
            self._rename(KEPT[table], name, f"{name} {number} {world.clock.now()}")
            publish_once(world.house)
            CLOCK.sleep(self.dice.random() / 5)

    def _rename(self, kept: Kept, name: str, other: str) -> None:
        world, column = self.world, "title" if kept.row is Article else "name"

        def body(session: Session, now: datetime) -> None:
            row = session.get(kept.row, world.named[name], with_for_update=True)
            editor = Editor(session, now, world.ids, world.named["dora"])
            editor.change(kept, row, {column: other})

        world.house.database.transact(body)

    def work(self) -> None:
        """What waits for a worker."""
        for _ in self.going_on():
            self.world.drain()
            CLOCK.sleep(0.02)

    def read(self) -> None:
        """A phone that follows the feed in small pages, and counts what it holds at each end."""
        device, report = self.device(self.course.phones[-1]), self.report
        for _ in self.going_on():
            held = device.replica.documents.copy()
            answer = device.once(limit=3)
            for one in answer["documents"]:
                before = held.get((one["type"], one["id"]))
                report.documents += 1
                report.twice += before is not None and before["revision"] == one.get("revision")
            report.resets += answer["reset"] is not None
            if not answer["more"]:
                report.mismatches += device.replica.digest() != answer["digest"]
        report.replica = device.replica


def publish_once(house: House) -> None:
    """Spread and publish what is marked now: with all the others at it, it would never end."""
    house.database.transact(lambda session, now: feed.spread(session))
    for channel in house.database.read(feed.marked_channels):
        publish_channel(house, channel)


def publish_channel(house: House, channel: str) -> None:
    most = limits.marks_per_publish
    house.database.transact(lambda session, now: feed.publish(session, now, channel, most))


def run(course: Course, role: str, number: int) -> Report:
    """One process, from its beginning to its end. Raises what a client would be told."""
    with pytest.MonkeyPatch.context() as patch:
        if course.plant is not None:
            course.plant(patch)
        racer = Racer(course, number)
        logging.getLogger().addHandler(racer)
        try:
            getattr(racer, role)()
        finally:
            logging.getLogger().removeHandler(racer)
            racer.world.close()
    return racer.report


@dataclass
class Race:
    """A company for the race, and what came of running it."""

    world: World
    url: str
    home: Path
    visits: list[str]
    phones: list[Phone]
    pushes: int = 0

    @classmethod
    def prepare(cls, url: str, home: Path, seconds: float) -> "Race":
        said = {"ONSITE_HOME": str(home), "DATABASE_URL": url, "ONSITE_SECOND_FACTOR": "offered"}
        clock = ManualClock(CLOCK.now() - LATE)
        house = House.open(Settings.read(said), clock=clock, ids=seeded(1))
        house.furnish()
        world = World(house, clock, house.ids)
        world.found_company()
        world.new("transfer")
        article = Article(
            id=world.new("article"), code="A-1", language="zh", title="打印头", body="清洁",
            models=[], published=True,
        )  # fmt: skip
        world.add([article], KEPT["articles"].source_of(article))
        number = min(VISITS_MAX, 1 + int(seconds / VISIT_SECONDS))
        visits = [world.open_visit(str(one)) for one in range(number)]
        world.drain()
        names = ["ann", *["ann", "bob"] * (RACERS["state"] // 2), "ann"]
        phones = [cls._phone(world, name) for name in names]
        return cls(world, url, home, visits, phones)

    @staticmethod
    def _phone(world: World, user: str) -> Phone:
        device = world.device(user)
        return Phone(device.id, device.key.private_bytes_raw(), user)

    def run(
        self, seconds: float, plant: Callable[[pytest.MonkeyPatch], None] | None = None
    ) -> "Outcome":
        """Everybody at once for so long, then everything that waits; and what is to be said."""
        line = self.home / f"line-{self.pushes}"
        line.mkdir()
        course = Course(
            self.url, self.home, self.world.named, self.visits, self.phones, line, seconds,
            self.pushes, plant,
        )  # fmt: skip
        self.pushes += 1 + int(seconds * PUSHES_A_SECOND)
        roles = [(role, number) for role, n in RACERS.items() for number in range(1, n + 1)]
        before, kept = _counted(self.world), len(self.world.rows(Fact))
        with _processes(len(roles)) as pool:
            futures = [(role, pool.submit(run, course, role, number)) for role, number in roles]
            ended = [(role, _ended(future)) for role, future in futures]
        after = _counted(self.world)
        counts = {name: after[name] - before[name] for name in before}
        return Outcome.of(self, ended, seconds, counts, kept)


def _processes(number: int) -> ProcessPoolExecutor:
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(number, mp_context=context)


def _ended(future: "Future[Report]") -> Report | BaseException:
    return future.exception() or future.result()


def _counted(world: World) -> dict[str, int]:
    """What PostgreSQL counts of this database."""
    query = text(
        "SELECT xact_commit, xact_rollback, deadlocks FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
    with world.house.database.engine.connect() as connection:
        return dict(connection.execute(query).one()._mapping)


@dataclass
class Outcome:
    """What must be empty or zero, and figures."""

    errors: list[str]
    broken: dict[str, list[str]]
    lost: int
    doubled: int
    missed: int
    mismatches: int
    resets: int
    sent_twice: int
    receipts_that_differ: int
    deadlocks: int
    figures: dict[str, int | float]

    @classmethod
    def of(
        cls,
        race: Race,
        ended: list[tuple[str, Report | BaseException]],
        seconds: float,
        counts: dict[str, int],
        kept_before: int,
    ) -> "Outcome":
        errors = [f"{role}: {one!r}" for role, one in ended if isinstance(one, BaseException)]
        reports = [(role, one) for role, one in ended if isinstance(one, Report)]
        errors += [f"{role}: {line}" for role, one in reports for line in one.logged]
        race.world.clock.advance((2 * LATE).total_seconds())
        race.world.drain()
        pushes = [one.receipts for role, one in reports if role == "push"]
        pushed = {number for one in pushes for number in one}
        differ = sum(
            len({frozenset(one[number]) for one in pushes if number in one}) > 1
            for number in pushed
        )
        stored = [row.id for row in race.world.rows(Fact)]
        stated = len(pushed) * len(PUSHED) + sum(one.facts for _, one in reports)
        readers = [one for role, one in reports if role == "read"]
        return cls(
            errors=errors,
            broken=race.world.house.database.read(violations),
            lost=stated + kept_before - len(set(stored)),
            doubled=len(stored) - len(set(stored)),
            missed=sum(_missed(race, one.replica) for one in readers if one.replica),
            mismatches=sum(one.mismatches for one in readers),
            resets=sum(one.resets for one in readers),
            sent_twice=sum(one.twice for one in readers),
            receipts_that_differ=differ,
            deadlocks=counts["deadlocks"],
            figures={
                "seconds": seconds,
                "facts": stated,
                "pushes_of_the_same_facts": sum(map(len, pushes)),
                "documents_read": sum(one.documents for one in readers),
                "pages_read": sum(one.acts for one in readers),
                "reassignments": sum(one.acts for role, one in reports if role == "assign"),
                "edits_of_the_catalogue": sum(one.acts for role, one in reports if role == "edit"),
                "transactions_a_second": round(counts["xact_commit"] / seconds, 1),
            },
        )

    @property
    def wrong(self) -> dict[str, Any]:
        """What is not as it must be, by name."""
        return {name: value for name, value in vars(self).items() if name != "figures" and value}


def _missed(race: Race, replica: Replica) -> int:
    """How many documents the reader's phone has not, or otherwise, after it synced once more."""
    phone, world = race.phones[-1], race.world
    key = Ed25519PrivateKey.from_private_bytes(phone.key)
    device = Device(phone.id, world.clock, world.ids, key, world.wire(phone.id), replica=replica)
    device.sync()
    channels = [user_channel(world.named[phone.user]), device_channel(phone.id), CATALOG]
    query = select(Published.body).where(
        Published.channel.in_(channels), Published.body.is_not(None)
    )
    bodies = world.house.database.read(lambda session: list(session.scalars(query)))
    published: list[Json] = [json.loads(body) for body in bodies if body is not None]
    held = device.replica.documents
    ought = {(one["type"], one["id"]): one for one in published}
    return sum(held.get(key) != ought.get(key) for key in held.keys() | ought.keys())


@contextmanager
def prepared(url: str, home: Path, seconds: float) -> Iterator[Race]:
    """A race that is ready to be run."""
    race = Race.prepare(url, home, seconds)
    try:
        yield race
    finally:
        race.world.close()
