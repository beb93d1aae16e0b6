"""A week of parts, loaners and customers' units by seed, stated by three phones without a network.

The desk ships, lends and expects before anybody is heard. Nobody is careful: what is taken was not
always there, two lend the same loaner, counts differ, and everything may have been long ago.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from models.stock.rows import PlaceKeeper
from sync.device import Device, Json
from tests.histories import Day
from tests.statements import Statement, put, record_content, signer, state
from tests.world import World

STATED = 36  # facts
KEPT = {"ann": "van-a", "bob": "van-b", "wang": "main"}
SERIALS = ("S-1", "S-2", "S-3")
DAYS = 7


def week(seed: int) -> Callable[[World], Day]:
    """How the week of that seed is made in a world."""
    return lambda world: Week(world, Random(seed)).made()


@dataclass
class Week:
    """Has three people state what happened, at random moments of the last days."""

    world: World
    chance: Random
    transfers: list[str] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)

    def made(self) -> Day:
        """The week: decided by the desk, and waiting in the phones."""
        world = self.world
        kept = PlaceKeeper(
            id=world.new("keeping main"), place_id=world.named["main"],
            user_id=world.named["wang"], since=world.clock.now(), until=None,
        )  # fmt: skip
        world.add([kept], set())
        self._decide()
        devices = {name: world.device(name) for name in KEPT}
        ways = [
            self._receive, self._pass_on, self._count, self._count, self._use, self._use,
            self._lend, self._take_back, self._take_along, self._bring_back,
        ]  # fmt: skip
        world.clock.advance(DAYS * 86_400)
        while sum(len(one.outbox) for one in devices.values()) < STATED:
            world.clock.advance(self.chance.randint(1, 3600))
            name = self.chance.choice(sorted(devices))
            self.chance.choice(ways)(devices[name], KEPT[name])
        facts = [
            (number, fact)
            for number, device in enumerate(devices.values())
            for fact in device.outbox
        ]
        return Day(world, list(devices.values()), facts)

    def _decide(self) -> None:
        world = self.world
        world.stock_van("van-a", "3", "S-1")
        world.stock_van("van-b", "1")
        world.stock_van("main", "10", "S-2")
        for name in ("first", "second"):
            self.visits.append(world.open_visit(name, "ann", "bob"))
        for to in ("van-a", "van-b"):
            self.transfers.append(str(world.new("transfer")))
            lines = [{"part": world["roller"], "quantity": "3", "serial": None}]
            world.decide(
                "stock.shipped", "wang",
                place=world["main"], to=world[to], transfer=self.transfers[-1], lines=lines,
            )  # fmt: skip
        self.transfers.append(str(world.new("delivery")))
        world.decide(
            "delivery.expected", "wang", delivery=self.transfers[-1], place=world["main"],
            supplier="东方备件", due=None,
            lines=[{"part": world["roller"], "quantity": "8", "price_fen": 100}],
        )  # fmt: skip
        self.transfers.append(str(world.new("second delivery")))
        world.decide(
            "delivery.expected", "wang", delivery=self.transfers[-1], place=world["van-a"],
            supplier="东方备件", due=None,
            lines=[{"part": world["head"], "quantity": "3"}, {"part": world["roller"],
                                                              "quantity": "4"}],
        )  # fmt: skip
        world.decide("delivery.closed", "wang", delivery=self.transfers[-1], reason="停产")
        self.transfers.append(str(world.new("piece")))
        head = [{"part": world["head"], "quantity": "1", "serial": "S-2"}]
        world.decide(
            "stock.shipped", "wang",
            place=world["main"], to=world["van-b"], transfer=self.transfers[-1], lines=head,
        )  # fmt: skip
        world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])

    # What a phone states

    def _put(self, device: Device, kind: str, subject: tuple[str, str], data: Json) -> None:
        put(device, kind, Statement(subject, data), self._moment())

    def _moment(self) -> datetime:
        return self.world.clock.now() - timedelta(seconds=self.chance.randrange(DAYS * 86_400))

    def _lines(self, most: int) -> list[Json]:
        lines: list[Json] = [
            {"part": self.world["roller"], "quantity": str(self.chance.randint(1, most))}
        ]
        if self.chance.random() < 0.4:
            serial = self.chance.choice(SERIALS)
            lines.append({"part": self.world["head"], "quantity": "1", "serial": serial})
        return lines

    def _receive(self, device: Device, place: str) -> None:
        transfer = self.chance.choice(self.transfers)
        data = {"transfer": transfer, "lines": self._lines(4)}
        self._put(device, "stock.received", ("place", self.world[place]), data)

    def _pass_on(self, device: Device, place: str) -> None:
        to = self.chance.choice(sorted({*KEPT.values()} - {place}))
        transfer = str(self.world.new("transfer"))
        self.transfers.append(transfer)
        data = {"transfer": transfer, "to": self.world[to], "lines": self._lines(2)}
        self._put(device, "stock.transferred", ("place", self.world[place]), data)

    def _count(self, device: Device, place: str) -> None:
        """Of some or of all, each seen a while before the count was ended."""
        lines = [{**one, "ago": self.chance.randrange(7200)} for one in self._lines(6)]
        complete = self.chance.choice([[], [self.world["roller"]], [self.world["head"]]])
        data = {"complete": complete, "lines": lines}
        self._put(device, "stock.counted", ("place", self.world[place]), data)

    def _use(self, device: Device, place: str) -> None:
        """A sealed record says what was used, and what was taken out and is owed."""
        visit = self.chance.choice(self.visits)
        used: list[Json] = [{**one, "place": self.world[place]} for one in self._lines(3)]
        if self.chance.random() < 0.5:
            used[-1]["removed"] = {"part": used[-1]["part"], "serial": None}
        content = {**record_content(self.world, visit), "parts_used": json.dumps({"lines": used})}
        manifest = {
            "record": str(self.world.ids.new(self.world.clock.now())), "number": 1,
            "previous": None, "result": "done", "sign_off": "signed", "cites": [],
        }  # fmt: skip
        signers = {role: signer(role) for role in ("technician", "customer")}
        told = Statement(("visit", visit), manifest, content, signers)
        put(device, "record.sealed", told, self._moment())

    def _of_visit(self, kind: str, device: Device, **data: object) -> None:
        visit = self.chance.choice(self.visits)
        state(device, self.world, kind, visit, self._moment(), **data)

    def _lend(self, device: Device, place: str) -> None:
        due = f"2026-12-{self.chance.randint(1, 28):02}"
        self._of_visit("loaner.handed_over", device, due=due)

    def _take_back(self, device: Device, place: str) -> None:
        self._of_visit("loaner.taken_back", device, place=self.world[place])

    def _take_along(self, device: Device, place: str) -> None:
        self._of_visit("unit.taken", device)

    def _bring_back(self, device: Device, place: str) -> None:
        self._of_visit("unit.brought_back", device)
