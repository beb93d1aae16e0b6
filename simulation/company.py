"""The company in which histories take place: founded once, and copied for each of them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from models import rows as tables
from models.base import Base
from models.clock import ManualClock
from models.contracts import desk
from models.contracts.rows import Contract
from models.customers import Asset, Contact, Customer, Site
from models.derived import Source
from models.dialect import open_engine
from models.knowledge import FaultCode
from models.loaners.rows import Loaner
from models.people import Role
from models.settings import Settings
from models.stock.demand import StockLevel
from models.stock.rows import Part, Place, PlaceKeeper
from simulation.mortal import start
from simulation.phone import Phone, PhoneClock
from simulation.world import ZONE, World, seeded
from sync.device import Device, new_key

SITES = 4
LOANERS = 3
PLANS = {
    "plan-1": 4,
    "plan-2": 8,
}  # and within how many hours it is done
PLAN = """
plan: quick
version: {version}
en: Somebody comes within hours
zh: 数小时内到场
calendars:
  always:
    clause: quick.1
    en: Day and night.
    zh: 全天。
    week: [{{days: mon-sun, hours: [all day]}}]
    holidays: open
duty: always
gates:
  - gate: paid
    clause: quick.3
    en: What is sold is shipped once it is paid.
    zh: 售出的配件款到发货。
    orders: sold
targets:
  - target: arrival
    clause: quick.2
    en: Somebody is there within {hours} hours.
    zh: {hours} 小时内到场。
    within: {hours} hours
    until: arrived
  - target: shipment
    clause: quick.4
    en: Parts leave within {hours} hours.
    zh: {hours} 小时内发出配件。
    within: {hours} hours
    from: cleared
    until: shipped
  - target: notice
    clause: quick.5
    en: A shipment is told within {hours} hours.
    zh: 发货后 {hours} 小时内告知。
    within: {hours} hours
    from: shipped
    until: notified
returns:
  - rule: special
    clause: quick.6
    en: Special returns need a list.
    zh: 特殊退货须有清单。
    cases: [special]
    needs: [list]
"""


@dataclass(frozen=True)
class Enrolled:
    """A phone as it left the office: whose it is, and the seed of its key."""

    user: str
    id: UUID
    key: str


class Company:
    """A company in a folder: one file that every history begins with a copy of."""

    def __init__(self, folder: Path, devices: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.template = folder, folder / "template.sqlite3"
        url = f"sqlite:///{self.template}"
        engine = open_engine(url)
        tables.Base.metadata.create_all(engine)
        engine.dispose()
        world = World.open(url, folder / "founding", seed=0)
        grow(world, devices)
        self.phones = [_enrol(world, user) for user in owners(devices)]
        world.drain()
        world.close()
        self.named, self.began = dict(world.named), world.clock.now()
        self.file = folder / "home" / "onsite.sqlite3"
        self.engine = open_engine(f"sqlite:///{self.file}")

    @contextmanager
    def opened(self) -> Iterator[tuple[World, list[Phone]]]:
        """A copy of the company and its phones; it is gone afterwards."""
        home = self.file.parent
        home.mkdir()
        shutil.copyfile(self.template, self.file)
        settings = Settings.read({"ONSITE_HOME": str(home)})
        clock, ids = ManualClock(self.began), seeded(0)
        house = start(settings, self.engine, clock, ids, lambda jobs: None)
        world = World(house, clock, ids, dict(self.named))
        try:
            yield world, [_opened(world, one) for one in self.phones]
        finally:
            world.close()
            shutil.rmtree(home)


def owners(devices: int) -> list[str]:
    """Whose the phones are: all but the last one are technicians'."""
    return [*(f"tech-{number}" for number in range(1, devices)), "wang"]


def grow(world: World, devices: int) -> None:
    """More people, places, customers and things than a test needs."""
    rows: list[Base] = []
    sources: set[Source] = set()

    def add(type_: str, name: str, row: Any, /, **values: Any) -> None:
        rows.append(row(id=world.new(name), **values))
        sources.add(Source(type_, world[name]))

    for user in owners(devices)[:-1]:
        _technician(world, rows, sources, user)
    rows += [_keeper(world, "main", "wang"), world.user("dan", Role.DISPATCHER)]
    sources |= {Source("place", world["main"]), Source("user", world["dan"])}
    add("part", "ink", Part, code="I-1", name="墨水", unit="瓶", tracking="lot")
    add("fault_code", "code", FaultCode, code="F-1", kind="fault", name_zh="卡纸", name_en="Jam")
    for number in range(1, LOANERS + 1):
        values = {"model": "BP-100", "serial": f"L-{number + 1}", "accessories": "电源"}
        rows.append(Loaner(id=world.new(f"loaner-{number}"), **values))
    for number in range(1, SITES + 1):
        _site(world, rows, number)
    world.add(rows, sources)
    world.house.database.transact(lambda session, now: _agree(world, session, now))
    _stock(world, devices)


def _technician(world: World, rows: list[Base], sources: set[Source], user: str) -> None:
    van = f"van-{user}"
    rows.append(world.user(user, Role.TECHNICIAN))
    rows.append(Place(id=world.new(van), kind="van", code=van, name=van, zone=ZONE, monthly=True))
    rows += [_keeper(world, van, user), _level(world, van)]
    sources |= {Source("user", world[user]), Source("place", world[van])}


def _keeper(world: World, place: str, user: str) -> PlaceKeeper:
    now = world.clock.now()
    ends = {"place_id": world.named[place], "user_id": world.named[user]}
    return PlaceKeeper(id=world.ids.new(now), **ends, since=now, until=None)


def _level(world: World, van: str) -> StockLevel:
    """At least a roller lies in each van, and at most three."""
    return StockLevel(
        id=world.ids.new(world.clock.now()), place_id=world.named[van],
        part_id=world.named["roller"], shelf="", least=Decimal(1), most=Decimal(3),
    )  # fmt: skip


def _site(world: World, rows: list[Base], number: int) -> None:
    """A customer's site with a contact and a machine; each customer has two."""
    customer = f"customer-{(number + 1) // 2}"
    if customer not in world.named:
        rows.append(Customer(id=world.new(customer), code=customer, name=f"客户 {number}"))
    site = world.new(f"site-{number}")
    rows += [
        Site(
            id=site, customer_id=world.named[customer], territory_id=None, zone=ZONE,
            name=f"地点 {number}", address=f"人民路 {number} 号", access_notes="",
        ),
        Contact(id=world.new(f"contact-{number}"), site_id=site, name="李工", phone="139"),
        Asset(
            id=world.new(f"asset-{number}"), site_id=site, model="BP-300", serial=f"A-{number}0",
            name="打印机", installed=None,
        ),
    ]  # fmt: skip


def _agree(world: World, session: Session, now: Any) -> None:
    """The first customer was promised that somebody comes within hours."""
    for version, (name, hours) in enumerate(PLANS.items(), start=1):
        plan = desk.keep_plan(session, now, world.ids, PLAN.format(version=version, hours=hours))
        world.named[name] = plan.id
    row = Contract(
        id=world.new("contract"), code="C-1", customer_id=world.named["customer-1"],
        plan_id=world.named["plan-1"], site_id=None, asset_id=None,
        starts=date(2026, 1, 1), ends=None, parameters={}, dates={}, fixed={},
    )  # fmt: skip
    session.add(row)
    session.flush()
    desk.check_contract(session, row)


def _stock(world: World, devices: int) -> None:
    """What lies where at the beginning: too little, so that something is short soon."""
    lines = [
        {"part": world["roller"], "quantity": "9", "serial": None},
        {"part": world["ink"], "quantity": "4", "serial": None, "lot": "B-1"},
        *({"part": world["head"], "quantity": "1", "serial": f"S-{n}"} for n in range(1, 6)),
    ]
    world.decide("stock.opened", "wang", place=world["main"], lines=lines)
    for user in owners(devices)[:-1]:
        few = [{"part": world["roller"], "quantity": "2", "serial": None}]
        world.decide("stock.opened", "wang", place=world[f"van-{user}"], lines=few)
    for number in range(1, LOANERS + 1):
        van = world[f"van-{owners(devices)[number % (devices - 1)]}"]
        loaner = world[f"loaner-{number}"]
        world.decide("loaner.placed", "wang", loaner=loaner, place=van)


def _enrol(world: World, user: str) -> Enrolled:
    key = f"key of {user}"
    device = enrol(world, user, key)
    return Enrolled(user, device.device.id, key)


def enrol(world: World, user: str, key: str) -> Phone:
    """A new phone of the user, whose key follows from the text."""
    entropy, world.ids.entropy = world.ids.entropy, seeded(key).entropy
    device = world.device(user)
    world.ids.entropy = entropy
    return _held(world, user, device)


def _opened(world: World, one: Enrolled) -> Phone:
    key, _ = new_key(seeded(one.key))
    device = Device(one.id, world.clock, world.ids, key, world.wire(one.id))
    return _held(world, one.user, device)


def _held(world: World, user: str, device: Device) -> Phone:
    clock = PhoneClock(world.clock, world.clock.now())
    device.clock = clock
    return Phone(user, device, clock)
