"""One statement for each fact kind: what a technician with a van would state of a visit.

A new kind needs one function here, named by its kind; all laws and the simulation then cover it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from models.clock import instant_text
from models.records.sealing import SIGNATURE_PREFIX, content_code, part_hash
from simulation.world import World
from sync.device import Device, Json

Row = Callable[[World, str], "Statement"]
STATEMENTS: dict[str, Row] = {}
OWN_DEVICE = ("device", "the one that states it")


@dataclass(frozen=True)
class Statement:
    """What a fact says: its subject, data and parts; `signers` sign the content of a record."""

    subject: tuple[str, str]
    data: Json = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    signers: Mapping[str, Json] = field(default_factory=dict)


def state(
    device: Device, world: World, kind: str, visit: str, at: datetime | None = None, **data: object
) -> str:
    """State a fact of that kind from its row of test data, with some data changed."""
    return put(device, kind, STATEMENTS[kind](world, visit), at, **data)


def put(
    device: Device, kind: str, statement: Statement, at: datetime | None = None, **data: object
) -> str:
    """Put the statement into the device's outbox; answers the fact's id."""
    salted = device.salt(statement.parts)
    if statement.signers:
        code = content_code({name: part_hash(**part) for name, part in salted.items()})
        signatures = {
            f"{SIGNATURE_PREFIX}{role}": json.dumps({"content_code": code, **signer})
            for role, signer in statement.signers.items()
        }
        salted |= device.salt(signatures)
    own = statement.subject == OWN_DEVICE
    subject = ("device", str(device.id)) if own else statement.subject
    return device.state_salted(kind, subject, {**statement.data, **data}, salted, at)


def row(kind: str) -> Callable[[Row], Row]:
    def register(function: Row) -> Row:
        STATEMENTS[kind] = function
        return function

    return register


def progress(kind: str, data: Json | None = None, **parts: str) -> None:
    STATEMENTS[kind] = lambda world, visit: Statement(("visit", visit), data or {}, parts)


progress("visit.accepted")
progress("visit.declined", {"reason": "ill"}, words="发烧")
progress("visit.travelling")
progress("visit.arrived")
progress("visit.paused", {"reason": "customer_absent"}, words="等王主任")
progress("visit.resumed")
progress("visit.failed", {"reason": "no_access"}, words="大门锁着")
progress("visit.left")
progress("consent.given", {"what": "power_off"}, person="王主任", words="可以断电")
progress("consent.refused", {"what": "data_access"}, person="王主任")
progress("note.added", words="走廊尽头左转")
progress("help.requested", {"reason": "unknown_fault"}, words="主板不认")
progress("expense.incurred", {"what": "parking", "amount": 1500}, words="地下车库")
progress("payment.received", {"what": "cash", "amount": 20000}, payer="王主任")


@row("photo.taken")
def photo_taken(world: World, visit: str) -> Statement:
    promise = {"sha256": "ab" * 32, "size": 1000, "type": "image/jpeg"}
    return Statement(("visit", visit), {"photo": promise, "purpose": "before"}, {"caption": "铭牌"})


@row("loaner.handed_over")
def handed_over(world: World, visit: str) -> Statement:
    data = {
        "loaner": world["loaner"], "condition": "worn", "accessories": ["电源"],
        "due": "2026-12-06", "photos": ["ab" * 32],
    }  # fmt: skip
    pens = {side: json.dumps(signer(side)) for side in ("customer", "technician")}
    return Statement(("visit", visit), data, {"signer": "王主任", "words": "外壳有划痕", **pens})


@row("loaner.taken_back")
def taken_back(world: World, visit: str) -> Statement:
    data = {
        "loaner": world["loaner"],
        "condition": "worn",
        "accessories": [],
        "place": world["van-a"],
    }
    return Statement(("visit", visit), data, {"signer": "王主任"})


@row("stock.received")
def received(world: World, visit: str) -> Statement:
    """Something of the transfer that the world knows as `transfer`; it may never be shipped."""
    lines = [{"part": world["roller"], "quantity": "2"}]
    return Statement(("place", world["van-a"]), {"transfer": world["transfer"], "lines": lines})


@row("stock.counted")
def counted(world: World, visit: str) -> Statement:
    """A count of one part at one's own place, a minute ago."""
    lines = [{"part": world["roller"], "quantity": "4", "ago": 60}]
    return Statement(("place", world["van-a"]), {"complete": [world["roller"]], "lines": lines})


@row("stock.transferred")
def transferred(world: World, visit: str) -> Statement:
    """One roller for a colleague's van, who may never receive it."""
    data = {
        "transfer": str(world.ids.new(world.clock.now())), "to": world["bad"],
        "lines": [{"part": world["roller"], "quantity": "1"}],
    }  # fmt: skip
    return Statement(("place", world["van-a"]), data)


@row("parts.requested")
def requested(world: World, visit: str) -> Statement:
    fresh = str(world.ids.new(world.clock.now()))
    lines = [{"part": world["roller"], "quantity": "3"}]
    data = {"place": world["van-a"], "lines": lines, "needed": "2026-12-01", "urgent": True}
    return Statement(("requisition", fresh), data, {"words": "下周有三台要换"})


@row("visit.opened")
def opened(world: World, visit: str) -> Statement:
    """Another job at the same site, as a visit of its own."""
    fresh = str(world.ids.new(world.clock.now()))
    data = {"site": world["site"], "asset": world["asset"]}
    return Statement(("visit", fresh), data, {"request": "顺便看看扫描枪", "person": "王主任"})


@row("asset.found")
def found(world: World, visit: str) -> Statement:
    fresh = str(world.ids.new(world.clock.now()))
    data = {"asset": fresh, "model": "SC-7", "serial": fresh, "name": "扫描枪"}
    return Statement(("visit", visit), data)


@row("asset.corrected")
def corrected(world: World, visit: str) -> Statement:
    return Statement(("visit", visit), {"asset": world["asset"], "model": "BP-200S"})


@row("contact.corrected")
def contact(world: World, visit: str) -> Statement:
    return Statement(("visit", visit), {"contact": world["contact"]}, {"phone": "13900000000"})


@row("visit.proposed")
def proposed(world: World, visit: str) -> Statement:
    starts = world.clock.now() + timedelta(days=2)
    window = {"starts": instant_text(starts), "ends": instant_text(starts + timedelta(hours=1))}
    return Statement(("visit", visit), {**window, "reason": "part_missing"}, {"words": "等备件"})


@row("unit.taken")
def unit_taken(world: World, visit: str) -> Statement:
    data = {
        "asset": world["asset"], "condition": "not_working", "accessories": ["电源线"],
        "data_loss": True,
    }  # fmt: skip
    return Statement(("visit", visit), data, {"signer": "王主任"})


@row("unit.brought_back")
def unit_brought_back(world: World, visit: str) -> Statement:
    data = {"asset": world["asset"], "condition": "working"}
    return Statement(("visit", visit), data, {"signer": "王主任", "words": "已修好"})


@row("device.lost_facts")
def lost(world: World, visit: str) -> Statement:
    """One number that is not the device's yet, so that nothing is lost in truth."""
    return Statement(OWN_DEVICE, {"first": 9000, "last": 9000, "reason": "memory_broken"})


@row("notice.answered")
def answered(world: World, visit: str) -> Statement:
    """An answer to the notice that was sent last; where there is none, one to ann and bob is."""
    if "notice" not in world.named:
        world.send_notice("ann", "bob")
    return Statement(("notice", world["notice"]), {"choice": None}, {"words": "收到"})


@row("record.sealed")
def sealed(world: World, visit: str) -> Statement:
    """A record with parts used from the van: two rollers and a serial number, the old one owed."""
    manifest = {
        "record": str(world.ids.new(world.clock.now())), "number": 1, "previous": None,
        "result": "done", "sign_off": "signed", "cites": [],
    }  # fmt: skip
    content = record_content(world, visit)
    signers = {role: signer(role) for role in ("technician", "customer")}
    return Statement(("visit", visit), manifest, content, signers)


def record_content(world: World, visit: str, *, serial: str = "S-1") -> dict[str, str]:
    """The parts of a record, but signatures."""
    used = [
        {"place": world["van-a"], "part": world["roller"], "quantity": "2"},
        {"place": world["van-a"], "part": world["head"], "quantity": "1", "serial": serial,
         "removed": {"part": world["head"], "serial": f"OLD-{serial}"}},
    ]  # fmt: skip
    times = {"arrived": "2026-11-22T08:00:00Z", "finished": "2026-11-22T09:00:00Z"}
    charge = {"what": "上门费", "amount_fen": 20000, "reason": "保外"}
    return {
        "visit": json.dumps({"site": "门诊楼", **times}, ensure_ascii=False),
        "work": json.dumps({"items": [{"work_order": visit, "fault": "磨损", "remedy": "更换"}]}),
        "parts_used": json.dumps({"lines": used}),
        "charges": json.dumps({"basis": "manual", "lines": [charge]}),
        "photos": json.dumps({"photos": ["ab" * 32]}),
        "remarks": "客户满意",
    }


def signer(name: str) -> Json:
    """A signer with a stroke."""
    return {"name": name, "strokes": [[[1, 2, 3], [2, 3, 4, 500]]]}
