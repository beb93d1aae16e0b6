"""A small company in a database, with devices that speak to it without a network."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import enrolment
from models.base import Base
from models.clock import ManualClock, instant_text
from models.customers import Asset, Contact, Customer, Site
from models.derived import Source
from models.feed import mark
from models.house import House
from models.ids import Ids
from models.ids import seeded as entropy_of
from models.loaners.rows import Loaner
from models.people import Device as DeviceRow
from models.people import Role, Territory, User
from models.settings import Settings
from models.stock.rows import Part, Place, PlaceKeeper
from sync.decide import decide
from sync.device import Device, Json, new_key
from sync.envelope import EnvelopeSchema
from sync.exchange import exchange
from sync.working import drain

ZONE = "Asia/Shanghai"


def seeded(seed: int | str) -> Ids:
    """Ids, secrets too, whose randomness follows from a seed."""
    return Ids(entropy_of(seed))


@dataclass
class World:
    """One company: two technicians with vans, a desk, a warehouse, a customer with a printer."""

    house: House
    clock: ManualClock
    ids: Ids
    named: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    def open(cls, url: str, home: Path, seed: int = 1) -> Self:
        clock, ids = ManualClock(), seeded(seed)
        said = {"ONSITE_HOME": str(home), "DATABASE_URL": url, "ONSITE_SECOND_FACTOR": "offered"}
        settings = Settings.read(said)
        house = House.open(settings, clock=clock, ids=ids)
        house.furnish()
        world = cls(house, clock, ids)
        world.found_company()
        return world

    def __getitem__(self, name: str) -> str:
        return str(self.named[name])

    def close(self) -> None:
        self.house.close()

    def found_company(self) -> None:
        """The rows that the desk edits: people, customers, parts, places, loaners."""
        id_ = self.new
        rows: list[Base] = [
            Territory(id=id_("east"), code="E", name="东区", tier="local", zone=ZONE),
            *(self.user(name, role) for name, role in PEOPLE),
            Customer(id=id_("customer"), code="C1", name="东方医院"),
            Site(
                id=id_("site"), customer_id=self.named["customer"], territory_id=None, zone=ZONE,
                name="门诊楼", address="延安路 1 号", access_notes="从南门进",
            ),
            Contact(
                id=id_("contact"), site_id=self.named["site"], name="王主任", phone="13800000000"
            ),
            Asset(
                id=id_("asset"), site_id=self.named["site"], model="BP-200", serial="A-1",
                name="条码打印机", installed=None,
            ),
            Part(id=id_("roller"), code="R-1", name="胶辊", unit="只", tracking="none"),
            Part(id=id_("head"), code="H-1", name="打印头", unit="只", tracking="serial"),
            *(
                Place(id=id_(code), kind=kind, code=code, name=code, zone=ZONE)
                for code, kind in PLACES
            ),
            Loaner(id=id_("loaner"), model="BP-100", serial="L-1", accessories="电源"),
        ]  # fmt: skip
        rows += [
            PlaceKeeper(
                id=self.ids.new(self.clock.now()), place_id=self.named[place],
                user_id=self.named[user], since=self.clock.now(), until=None,
            )
            for place, user in (("van-a", "ann"), ("van-b", "bob"))
        ]  # fmt: skip

        sources = {Source("part", self[part]) for part in ("roller", "head")}
        sources |= {Source("place", self[place]) for place in ("van-a", "van-b")}
        self.add(rows, sources | {Source("user", self[name]) for name, _ in PEOPLE})

    def add(self, rows: Sequence[Base], sources: set[Source]) -> None:
        """Add rows of the desk's, those of one kind at once, the kinds in the order in which they
        name each other, and have their documents published."""

        def body(session: Session, now: Any) -> None:
            for _, alike in groupby(rows, type):
                session.add_all(alike)
                session.flush()
            mark(session, sources)

        self.house.database.transact(body)

    def new(self, name: str) -> UUID:
        """A new id under a name."""
        self.named[name] = self.ids.new(self.clock.now())
        return self.named[name]

    def user(self, name: str, role: Role) -> User:
        return User(
            id=self.new(name), name=name, full_name=name.title(), role=role,
            password_hash="none", territory_id=None, created=self.clock.now(),
        )  # fmt: skip

    # The desk

    def decide(self, kind: str, /, user: str = "dora", **data: Any) -> Any:
        """Take a decision a second later than whatever was before."""
        self.clock.advance(1)
        return decide(self.house.database, self.ids, self.named[user], kind, data)

    def open_visit(self, name: str = "visit", lead: str | None = "ann", *helpers: str) -> str:
        """A work order and a visit for it, assigned to a lead and helpers."""
        order = self.new(f"order of {name}")
        self.decide(
            "work_order.opened", work_order=str(order), site=self["site"], asset=self["asset"],
            request="打印不清", level="normal", due=None,
        )  # fmt: skip
        visit = str(self.new(name))
        self.plan(visit, str(order))
        if lead is not None:
            self.assign(visit, lead, *helpers)
        return visit

    def plan(self, visit: str, order: str, **changed: Any) -> None:
        """Plan the visit for an hour from now."""
        start = self.clock.now() + timedelta(hours=1)
        data = {
            "visit": visit, "site": self["site"],
            "starts": instant_text(start), "ends": instant_text(start + timedelta(hours=2)),
            "items": [{"work_order": order, "task": "更换打印头"}],
            "checklist": [], "parts_planned": [], "loaner_duty": None,
            "to_sign": ["technician", "customer"], "consents": [],
        }  # fmt: skip
        self.decide("visit.planned", **{**data, **changed})

    def assign(self, visit: str, lead: str, *helpers: str) -> None:
        """Name the visit's crew, whatever else they have to do then."""
        crew = [{"user": self[lead], "role": "lead"}]
        crew += [{"user": self[helper], "role": "helper"} for helper in helpers]
        self.decide("visit.assigned", visit=visit, crew=crew, overlap=True)

    def stock_van(self, van: str = "van-a", rollers: str = "5", *serials: str) -> None:
        """What lies in a van at the beginning."""
        lines: list[Json] = [{"part": self["roller"], "quantity": rollers, "serial": None}]
        lines += [{"part": self["head"], "quantity": "1", "serial": serial} for serial in serials]
        self.decide("stock.opened", "wang", place=self[van], lines=lines, again="遗漏")

    def send_notice(self, *users: str, **changed: Any) -> str:
        """Tell some of the people something that counts for a day."""
        notice = str(self.new("notice"))
        data = {
            "notice": notice, "to": {"role": "technician"},
            "recipients": [self[user] for user in users],
            "text": {"zh": "周五盘点", "en": "Count on Friday"}, "question": None, "visit": None,
            "valid_until": instant_text(self.clock.now() + timedelta(days=1)),
        }  # fmt: skip
        self.decide("notice.sent", **{**data, **changed})
        return notice

    # The field

    def device(self, user: str = "ann") -> Device:
        """A freshly enrolled device of the user."""
        key, public_key = new_key(self.ids)

        def body(session: Session, now: Any) -> UUID:
            code = enrolment.issue_code(session, now, self.ids, self.named[user])
            session.flush()
            return enrolment.enrol(session, now, self.ids, code, public_key, user).device.id

        id_ = self.house.database.transact(body)
        return Device(id_, self.clock, self.ids, key, self.wire(id_))

    def wire(self, device_id: UUID) -> Callable[[Json], Json]:
        """The exchange as a function over JSON, as the network would carry it."""

        def call(request: Json) -> Json:
            envelope = EnvelopeSchema().load(json.loads(json.dumps(request)))
            row = self.house.database.read(
                lambda session: session.scalars(
                    select(DeviceRow).where(DeviceRow.id == device_id)
                ).one()
            )
            answer: Json = json.loads(exchange(self.house.database, row, envelope).body)
            return answer

        return call

    def drain(self) -> None:
        """Let the worker do everything that waits, as far as no door is needed for it."""
        drain(self.house)

    def rows(self, table: type[Base], *where: Any) -> list[Any]:
        """All rows of a table, or those that fit."""
        return self.house.database.read(
            lambda session: list(session.scalars(select(table).where(*where)))
        )


PEOPLE: Iterable[tuple[str, Role]] = (
    ("ann", Role.TECHNICIAN),
    ("bob", Role.TECHNICIAN),
    ("eve", Role.TECHNICIAN),
    ("dora", Role.DISPATCHER),
    ("wang", Role.WAREHOUSE),
    ("sue", Role.SUPERVISOR),
)
PLACES = (
    ("main", "warehouse"),
    ("van-a", "van"),
    ("van-b", "van"),
    ("bad", "defective"),
)
