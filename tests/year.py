"""A company's year by seed: what truly became of the parts, and what was said of it.

The truth shares no code with the books. It knows what really lies where, and by how much what was
said went wrong: thefts, losses, finds, wrong parts, wrong serial numbers, miscounted receipts,
boxes packed with more than the paper says. Whoever speaks does so by phone, late and sometimes
twice, or at the desk.
"""

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count as numbers
from random import Random
from typing import NamedTuple

from models.base import Base
from models.derived import Source
from models.people import Role
from models.refusals import Refused
from models.stock.rows import Part, Place, PlaceKeeper
from sync.device import Device, Json
from sync.working import drain
from tests.statements import Statement, put, record_content, signer
from tests.world import ZONE, World

HOUR, DAY = 3600, 86400
FINDS = 0.15  # of mishaps


class Piece(NamedTuple):
    """What lies somewhere: a part, of a lot or with a number where it is tracked by these."""

    part: str
    lot: str | None = None
    serial: str | None = None


@dataclass(frozen=True)
class Size:
    """How big the company is, how long its year, and which share of what is said is wrong."""

    vans: int
    warehouses: int
    parts: int
    days: int
    records: int
    wrong: float


SMALL = Size(vans=2, warehouses=1, parts=9, days=31, records=20, wrong=0.15)
WHOLE = Size(vans=12, warehouses=2, parts=200, days=365, records=3000, wrong=0.03)


@dataclass
class Truth:
    """What really lies where, and for each place and part what was not said, count by count."""

    real: Counter[tuple[str, Piece]] = field(default_factory=Counter)
    unsaid: Counter[tuple[str, str]] = field(default_factory=Counter)
    closed: dict[tuple[str, str], list[tuple[datetime, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    under_way: Counter[tuple[str, str]] = field(default_factory=Counter)  # as was said
    planted: Counter[str] = field(default_factory=Counter)

    def happens(self, place: str, piece: Piece, really: int, said: int) -> None:
        """So much more of the piece lies there now, and so much was said."""
        self.real[place, piece] += really
        assert self.real[place, piece] >= 0, (place, piece)
        self.unsaid[place, piece.part] += really - said

    def says(self, place: str, piece: Piece, said: int) -> None:
        """Something was said that did not happen."""
        self.unsaid[place, piece.part] -= said

    def counts(self, place: str, part: str, at: datetime) -> None:
        """Somebody counted the part there: whatever was not said until now must show."""
        self.closed[place, part].append((at, self.unsaid.pop((place, part), 0)))

    def lying(self, place: str) -> list[Piece]:
        """What really lies there."""
        return sorted(
            (piece for (where, piece), number in self.real.items() if where == place and number),
            key=str,
        )


class Year:
    """Plays a year in a world, one event after the other, and keeps the truth of it."""

    def __init__(self, world: World, seed: int, size: Size) -> None:
        self.world, self.size, self.chance = world, size, Random(seed)
        self.truth, self.serials, self.tie = Truth(), numbers(1), numbers()
        self.vans = [f"wagon-{number}" for number in range(size.vans)]
        self.stores = [f"store-{number}" for number in range(size.warehouses)]
        self.places = [*self.stores, *self.vans]
        self.parts = {f"part-{number}": _tracking(number) for number in range(size.parts)}
        self.phones: dict[str, Device] = {}
        self.agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._found()
        self.began = self.world.clock.now()
        self.ends = self.began + timedelta(days=size.days)

    # The company

    def _found(self) -> None:
        world, sources = self.world, set[Source]()
        rows: list[Base] = []
        for number, (name, tracking) in enumerate(self.parts.items()):
            rows.append(Part(id=world.new(name), code=name, name=f"备件 {number}", unit="只",
                             tracking=tracking))  # fmt: skip
            sources.add(Source("part", world[name]))
        for place in self.places:
            kind, role = ("van", Role.TECHNICIAN)
            if place in self.stores:
                kind, role = ("warehouse", Role.WAREHOUSE)
            rows.append(world.user(_keeper(place), role))
            rows.append(Place(id=world.new(place), kind=kind, code=place, name=place, zone=ZONE))
            rows.append(
                PlaceKeeper(
                    id=world.new(f"keeping {place}"), place_id=world.named[place],
                    user_id=world.named[_keeper(place)], since=world.clock.now(), until=None,
                )
            )  # fmt: skip
            sources |= {Source("user", world[_keeper(place)]), Source("place", world[place])}
        world.add(rows, sources)
        for place in self.places:
            self.phones[place] = world.device(_keeper(place))
            self._open(place)
        self._work_off()

    def _open(self, place: str) -> None:
        """What lies there when the books begin."""
        lines = []
        for part in self._some(len(self.parts) if place in self.stores else 12):
            most = 40 if place in self.stores else 4
            for piece, number in self._fresh(part, self.chance.randint(1, most)):
                self.truth.happens(place, piece, number, number)
                lines.append((piece, number))
        for start in range(0, len(lines), 200):
            told = [self._line(*one) for one in lines[start : start + 200]]
            self.world.decide("stock.opened", "wang", place=self.world[place], lines=told)

    def _some(self, most: int) -> list[str]:
        return self.chance.sample(sorted(self.parts), min(most, len(self.parts)))

    def _fresh(self, part: str, number: int) -> list[tuple[Piece, int]]:
        """New pieces of a part: each with its number, or all of one lot."""
        if self.parts[part] == "serial":
            few = range(min(number, 4))
            return [(Piece(part, serial=f"{part}/{next(self.serials)}".upper()), 1) for _ in few]
        if self.parts[part] == "lot":
            return [(Piece(part, lot=f"L-{self.chance.randint(1, 4)}"), number)]
        return [(Piece(part), number)]

    def _line(self, piece: Piece, number: int) -> Json:
        line: Json = {"part": self.world[piece.part], "quantity": str(number)}
        return {**line, "lot": piece.lot, "serial": piece.serial}

    # The calendar

    def play(self) -> Truth:
        """Play the whole year, then count everything and have every phone speak."""
        for at, what in self._calendar():
            self.later(at, what)
        while self.agenda:
            at, _, what = heapq.heappop(self.agenda)
            self._until(at)
            what()
        for place in self.places:
            self._until(self.world.clock.now() + timedelta(seconds=5))
            self._count(place, sorted(self.parts), whole=True)()
        for place in self.places:
            self._speak(place)
        self._work_off()
        return self.truth

    def later(self, at: datetime, what: Callable[[], None]) -> None:
        """Have it happen then, unless the year is over by then."""
        if at < self.ends:
            heapq.heappush(self.agenda, (at.replace(microsecond=0), next(self.tie), what))

    def _until(self, at: datetime) -> None:
        """It is then, or a second later than whatever was before."""
        now = self.world.clock.now()
        self.world.clock.advance(max((at - now).total_seconds(), 1))

    def _calendar(self) -> Iterator[tuple[datetime, Callable[[], None]]]:
        size, chance = self.size, self.chance
        working: Sequence[tuple[int, Callable[[], None]]] = [
            (size.records, self._visit),
            (size.records // 4, self._restock),
            (size.records // 30, self._hand_over),
            (size.days * size.warehouses // 4, self._deliver),
            (size.records // 60, self._scrap),
            (size.records // 4, self._mishap),
            (size.days * len(self.places) // 3, lambda: self._speak(chance.choice(self.places))),
            (size.days // 3, self._work_off),
        ]
        for often, what in working:
            for _ in range(often):
                yield self._moment(), what
        for place in self.places:
            for month in range(1, size.days // 30 + 1):
                at = self.began + timedelta(days=30 * month, seconds=chance.randrange(DAY))
                parts = sorted(self.parts)
                whole = chance.random() < 0.5
                some = parts if whole else self._some(len(parts) // 3)
                yield at, partial(self._begin, place, some, whole)

    def _moment(self) -> datetime:
        return self.began + timedelta(seconds=self.chance.randrange(self.size.days * DAY))

    def _soon(self, hours: int) -> datetime:
        return self.world.clock.now() + timedelta(seconds=self.chance.randrange(60, hours * HOUR))

    def _wrong(self, what: str, share: float | None = None) -> bool:
        """Whether something goes wrong here, which is counted."""
        wrong = self.chance.random() < (self.size.wrong if share is None else share)
        self.truth.planted[what] += wrong
        return wrong

    # Speaking

    def _state(self, place: str, kind: str, data: Json) -> None:
        put(self.phones[place], kind, Statement(("place", self.world[place]), data))

    def _speak(self, place: str) -> None:
        """The phone finds a network; sometimes the answer is lost, and it says all of it again."""
        phone = self.phones[place]
        if self.chance.random() < 0.2:
            phone.exchange(phone.request(phone.outbox[:20]))
        phone.sync()

    def _work_off(self) -> None:
        """The worker does what waits, but what needs pictures."""
        drain(self.world.house)

    # What happens

    def _visit(self) -> None:
        """A technician uses parts, and seals a record of it."""
        van = self.chance.choice(self.vans)
        visit = self.world.open_visit(f"visit {next(self.tie)}", _keeper(van))
        used = [
            (self._spoken(van, piece, number), number)
            for piece, number in self._take(van, self.chance.randint(0, 2))
        ]
        lines = [{**self._line(*one), "place": self.world[van]} for one in used]
        content = {**record_content(self.world, visit), "parts_used": json.dumps({"lines": lines})}
        manifest = {
            "record": str(self.world.ids.new(self.world.clock.now())), "number": 1,
            "previous": None, "result": "done", "sign_off": "signed", "cites": [],
        }  # fmt: skip
        signers = {role: signer(role) for role in ("technician", "customer")}
        put(
            self.phones[van], "record.sealed",
            Statement(("visit", visit), manifest, content, signers),
        )  # fmt: skip

    def _take(self, place: str, kinds: int) -> list[tuple[Piece, int]]:
        """Take some of what lies there."""
        lying = self.truth.lying(place)
        taken = []
        for piece in self.chance.sample(lying, min(kinds, len(lying))):
            number = self.chance.randint(1, min(self.truth.real[place, piece], 3))
            self.truth.happens(place, piece, -number, -number)
            taken.append((piece, number))
        return taken

    def _spoken(self, place: str, piece: Piece, number: int) -> Piece:
        """What the technician says it was; mostly that is what it was."""
        named = piece
        if piece.serial is not None and self._wrong("wrong serial"):
            named = piece._replace(serial=self._other_serial(piece))
        elif piece.lot is not None and self._wrong("wrong lot"):
            named = piece._replace(lot="L-9")
        elif piece == Piece(piece.part) and self._wrong("wrong part"):
            untracked = [one for one in sorted(self.parts) if self.parts[one] == "none"]
            named = Piece(self.chance.choice(untracked))
        self.truth.says(place, piece, number)  # of that nothing was said,
        self.truth.says(place, named, -number)  # but this
        return named

    def _other_serial(self, piece: Piece) -> str:
        """That of any other piece of the part, wherever it lies; or one that nobody has."""
        others = {one.serial for _, one in self.truth.real if one.part == piece.part and one.serial}
        return self.chance.choice(sorted({*others, "X-?"} - {piece.serial}))

    def _restock(self) -> None:
        """A warehouse ships parts to a van, whose keeper counts what arrives."""
        store, van = self.chance.choice(self.stores), self.chance.choice(self.vans)
        lines = self._offer(store, 5)
        transfer = str(self.world.ids.new(self.world.clock.now()))
        told = [self._line(*one) for one in lines]
        if not lines or not self._decided(
            "stock.shipped", place=self.world[store], to=self.world[van], lines=told,
            transfer=transfer,
        ):  # fmt: skip
            return
        self._leaves(store, van, transfer, lines)

    def _offer(self, place: str, kinds: int) -> list[tuple[Piece, int]]:
        lying = self.truth.lying(place)
        some = self.chance.sample(lying, min(kinds, len(lying)))
        return [
            (piece, self.chance.randint(1, min(self.truth.real[place, piece], 6))) for piece in some
        ]

    def _decided(self, kind: str, **data: object) -> bool:
        """Whether the desk may decide so by the books, which know no better."""
        try:
            self.world.decide(kind, "wang", **data)
        except Refused:
            self.truth.planted["refused"] += 1
            return False
        return True

    def _leaves(
        self, place: str, to: str, transfer: str, lines: Sequence[tuple[Piece, int]]
    ) -> None:
        """The parts are on their way: sometimes other than was said, and some get lost."""
        arriving = []
        for piece, number in lines:
            packed = number
            more = self.truth.real[place, piece] > number
            if piece.serial is None and more and self._wrong("packed too many"):
                packed += 1
            self.truth.happens(place, piece, -packed, -number)
            self.truth.under_way[transfer, piece.part] += 0 if piece.serial else number
            arriving.append((piece, packed - self._wrong("lost on the way")))
        self.later(self._soon(72), lambda: self._arrives(to, transfer, arriving))

    def _arrives(
        self, place: str, transfer: str, lines: Sequence[tuple[Piece, int]], supplied: bool = False
    ) -> None:
        """The keeper counts what arrived, mostly right, and says so."""
        told = []
        for piece, number in lines:
            said = number
            if piece.serial is None and number > 1 and self._wrong("miscounted"):
                said -= 1
            self.truth.happens(place, piece, number, said)
            if not supplied and not piece.serial:
                self.truth.under_way[transfer, piece.part] -= said
            told += [self._line(piece, said)] if said else []
        if told:
            self._state(place, "stock.received", {"transfer": transfer, "lines": told})

    def _hand_over(self) -> None:
        """One technician gives parts to another, or back to the warehouse."""
        giver = self.chance.choice(self.vans)
        getter = self.chance.choice([one for one in self.places if one != giver])
        lines = self._offer(giver, 2)
        if not lines:
            return
        transfer = str(self.world.ids.new(self.world.clock.now()))
        told = [self._line(*one) for one in lines]
        data = {"transfer": transfer, "to": self.world[getter], "lines": told}
        self._state(giver, "stock.transferred", data)
        self._leaves(giver, getter, transfer, lines)

    def _deliver(self) -> None:
        """A supplier's delivery is announced, and arrives."""
        store = self.chance.choice(self.stores)
        lines = [
            one
            for part in self._some(self.chance.randint(1, 6))
            for one in self._fresh(part, self.chance.randint(5, 30))
        ]
        delivery = str(self.world.ids.new(self.world.clock.now()))
        announced = Counter[str]()
        for piece, number in lines:
            announced[piece.part] += number
        told = [
            {"part": self.world[part], "quantity": str(number), "price_fen": 100}
            for part, number in announced.items()
        ]
        self.world.decide(
            "delivery.expected", "wang", delivery=delivery, place=self.world[store],
            supplier="东方备件", due=None, lines=told,
        )  # fmt: skip
        self.later(self._soon(200), lambda: self._arrives(store, delivery, lines, supplied=True))

    def _scrap(self) -> None:
        store = self.chance.choice(self.stores)
        lines = self._offer(store, 1)
        told = [self._line(*one) for one in lines]
        place = self.world[store]
        if lines and self._decided(
            "stock.removed", place=place, to="scrap", reason="破损", lines=told
        ):
            for piece, number in lines:
                self.truth.happens(store, piece, -number, -number)

    def _mishap(self) -> None:
        """Something is stolen or lost, found, or put elsewhere, and nobody says a word."""
        place = self.chance.choice(self.places)
        lying = self.truth.lying(place)
        if not lying:
            return
        piece = self.chance.choice(lying)
        if piece.serial is None and self.chance.random() < FINDS:
            self.truth.planted["found"] += 1
            self.truth.happens(place, piece, 1, 0)
            return
        number = self.chance.randint(1, self.truth.real[place, piece])
        self.truth.happens(place, piece, -number, 0)
        if self._wrong("put elsewhere", 0.3):
            self.truth.happens(self.chance.choice(self.places), piece, number, 0)
        else:
            self.truth.planted["stolen"] += 1

    # Counting

    def _begin(self, place: str, parts: Sequence[str], whole: bool) -> None:
        """Somebody begins to count: shelf by shelf, while work goes on."""
        seen: dict[str, tuple[datetime, int]] = {}
        for part in parts:
            if self.parts[part] == "none" and self.chance.random() < 0.5:
                at = self.world.clock.now() + timedelta(seconds=self.chance.randrange(1, HOUR))
                self.later(at, partial(self._look, place, part, seen))
        at = self.world.clock.now() + timedelta(seconds=HOUR + 10)
        self.later(at, self._count(place, parts, whole, seen))

    def _look(self, place: str, part: str, seen: dict[str, tuple[datetime, int]]) -> None:
        """One shelf is counted now, if anything lies there; what is empty is looked at last."""
        number = self.truth.real[place, Piece(part)]
        if number:
            seen[part] = (self.world.clock.now(), number)
            self.truth.counts(place, part, self.world.clock.now())

    def _count(
        self,
        place: str,
        parts: Sequence[str],
        whole: bool,
        seen: dict[str, tuple[datetime, int]] | None = None,
    ) -> Callable[[], None]:
        def end() -> None:
            now, before = self.world.clock.now(), seen or {}
            lines = [
                {**self._line(Piece(part), number), "ago": int((now - at).total_seconds())}
                for part, (at, number) in before.items()
            ]
            for part in sorted(set(parts) - before.keys()):
                self.truth.counts(place, part, now)
            for piece in self.truth.lying(place):
                if piece.part in parts and piece.part not in before:
                    lines.append(self._line(piece, self.truth.real[place, piece]))
            complete = [] if whole else [self.world[part] for part in parts]
            data = {"whole": whole, "complete": complete, "lines": lines}
            self._state(place, "stock.counted", data)

        return end


def _keeper(place: str) -> str:
    return f"keeper of {place}"


def _tracking(number: int) -> str:
    """Of ten parts one has serial numbers, and two have lots."""
    return {2: "serial", 5: "lot", 7: "lot"}.get(number % 10, "none")
