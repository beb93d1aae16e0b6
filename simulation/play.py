"""A history being played: the company, its phones, the network between, and who looks on."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select

from models.people import Device as DeviceRow
from models.refusals import Refused
from simulation.auditor import Auditor
from simulation.dice import Dice
from simulation.faults import FAULTS
from simulation.history import History, Step
from simulation.mortal import Died, burnt, start
from simulation.phone import Phone
from simulation.world import World, seeded
from sync.decide import decide
from sync.device import Json
from sync.envelope import EnvelopeSchema
from sync.exchange import exchange

T = TypeVar("T")
Run = Callable[["Play", int, Dice], str]


class Lost(Exception):
    """No answer came. Nobody can tell what became of the request."""


@dataclass(frozen=True)
class Kind:
    """A kind of step: how often it is drawn, and what it does; it answers a sentence."""

    name: str
    weight: int
    run: Run


STEPS: dict[str, Kind] = {}


def step(name: str, weight: int) -> Callable[[Run], Run]:
    """Put the function among the kinds of steps."""

    def register(run: Run) -> Run:
        STEPS[name] = Kind(name, weight, run)
        return run

    return register


def kinds() -> list[tuple[str, int]]:
    """The kinds of steps with their weights, as a history is drawn from them: in an order that does
    not depend on which module was imported first."""
    return sorted((kind.name, kind.weight) for kind in STEPS.values())


@dataclass
class Play:
    """What there is while a history is played, and what was hit so far."""

    history: History
    world: World
    phones: list[Phone]
    audit: Auditor
    hits: Counter[str] = field(default_factory=Counter)
    exchanges: int = 0
    told: list[str] = field(default_factory=list)
    delayed: list[tuple[Phone, Json, set[str]]] = field(default_factory=list)
    word: bool = False  # whether the queue has word of waiting work
    notices: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    bytes: list[bytes] = field(default_factory=list)
    networks: dict[UUID, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for phone in self.phones:
            self.connect(phone)

    # Steps

    def take(self, one: Step) -> None:
        """Let the step happen."""
        self.world.clock.advance(one.seconds)
        self.world.ids.entropy = seeded(self.history.stream(one, "ids")).entropy
        dice = Dice(self.history.stream(one, "dice"))
        try:
            sentence = STEPS[one.kind].run(self, one.who, dice)
        except Died:
            self.rise()
            sentence = f"{one.kind}: the server died over it"
        except Lost:
            sentence = f"{one.kind}: no answer came"
        except Refused as no:
            sentence = f"{one.kind}: refused as {no.kind.code}"
        self.told.append(f"{one.number:5}  {self.world.clock.now():%d %H:%M:%S}  {sentence}")

    def hit(self, what: str) -> None:
        """Count a fault of the catalogue that took place."""
        assert what in FAULTS, what
        self.hits[what] += 1

    # The server

    def nudge(self, jobs: list[str]) -> None:
        """The queue is told of work."""
        self.word = True

    def rise(self) -> None:
        """The process that died is started again."""
        fuse = burnt(self.world.house)
        if fuse is not None and fuse.left <= 0:
            self.hit(f"died {'after' if fuse.committed else 'before'} a commit")
        self.restart()
        database = self.world.house.database
        self.audit.look_again(database)
        revoked = select(DeviceRow.id, DeviceRow.revoked).where(DeviceRow.revoked.is_not(None))
        known = dict(database.read(lambda session: session.execute(revoked).all()))
        for phone in self.phones:  # Whoever was cut off while they revoked one looks too.
            phone.revoked = phone.revoked or known.get(phone.device.id)

    def restart(self) -> None:
        """End the process and start another."""
        house = self.world.house
        engine = house.database.engine
        self.world.house = start(house.settings, engine, house.clock, house.ids, self.nudge)

    # The network

    def connect(self, phone: Phone) -> None:
        """Let the phone speak to the server through this network."""
        phone.device.exchange = lambda request: self._call(phone, request)

    def _call(self, phone: Phone, request: Json) -> Json:
        fault = self.networks.pop(phone.device.id, "")
        if fault:
            self.hit(fault)
        if fault == "request lost":
            raise Lost
        if fault == "request delayed":
            self.delayed.append((phone, json.loads(json.dumps(request)), phone.troubles))
            raise Lost
        answer = self.deliver(phone, _spoilt(request) if fault == "request spoilt" else request)
        if fault == "request doubled":
            answer = self.deliver(phone, request)
        if fault == "answer lost":
            raise Lost
        if fault == "answer cut":
            _cut(answer)
        return answer

    def deliver(self, phone: Phone, request: Json, troubles: Collection[str] = ()) -> Json:
        """Let the server answer a request, which the phone may have made in other troubles than it
        has now. Raises Lost where it died."""
        envelope = EnvelopeSchema().load(json.loads(json.dumps(request)))
        database, id_ = self.world.house.database, phone.device.id
        self.exchanges += 1
        try:
            row = database.read(lambda session: session.get_one(DeviceRow, id_))
            answer: Json = json.loads(exchange(database, row, envelope).body)
        except Died as died:
            self.rise()
            raise Lost from died
        self.audit.answered(phone, request, answer, phone.troubles.union(troubles))
        return answer

    # Who and what

    def phone(self, who: int, fits: Callable[[Phone], object] = lambda phone: True) -> Phone:
        """A phone that somebody has; one that fits, if there is one."""
        held = [phone for phone in self.phones if not phone.lost]
        fitting = [phone for phone in held if fits(phone)] or held
        return fitting[who % len(fitting)]

    def technicians(self) -> list[str]:
        """Those who are sent out."""
        names = {phone.user for phone in self.phones}
        return sorted(names - {"wang"})

    def decide(self, user: str, kind: str, /, **data: Any) -> Json:
        """Take a decision at the desk; answers its data. Raises Refused."""
        database, ids = self.world.house.database, self.world.ids
        decision = decide(database, ids, self.world.named[user], kind, data)
        self.audit.decided(decision)
        return dict(decision.data)

    def rows(self, query: Select[T]) -> list[T]:
        """What the database has by now."""
        return self.world.house.database.read(lambda session: list(session.scalars(query)))

    @property
    def visits(self) -> list[str]:
        """The visits that were ever planned, in the order in which they were."""
        return list(self.audit.plans)

    def pick(self, dice: Dice, known: Iterable[str]) -> str | None:
        """One of them, the newest ones more often; None where there is none."""
        known = list(known)
        if not known:
            return None
        return dice.pick(known[-6:]) if dice.chance(70) else dice.pick(known)

    def visit(self, id_: str) -> str:
        """How a sentence calls a visit."""
        return f"visit {self.visits.index(id_) + 1}" if id_ in self.visits else "an unknown visit"


def _spoilt(request: Json) -> Json:
    """The request with one letter of one fact changed on the way."""
    facts = [dict(fact) for fact in request["facts"]]
    for fact in facts[:1]:
        fact["fact"] = fact["fact"].replace('"v": 1', '"v": 2', 1)
    return {**request, "facts": facts}


def _cut(answer: Json) -> None:
    """Only the first half of the answer came. Raises Lost."""
    text = json.dumps(answer)
    try:
        json.loads(text[: len(text) // 2])
    except ValueError as error:
        raise Lost from error
