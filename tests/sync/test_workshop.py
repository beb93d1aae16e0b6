"""The way of a customer's unit: taken along, received, diagnosed, quoted, approved or declined,
repaired or not, and brought back; whatever arrives late."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from models.customers import Asset, Site
from models.edits import Editor
from models.findings import Finding
from models.kept import KEPT
from models.refusals import Refused
from models.units import TURNS, UnitStay, UnitStep
from sync.device import Device
from tests.statements import state
from tests.world import ZONE, World, proved

DATA: dict[str, dict[str, Any]] = {
    "received": {"note": ""},
    "diagnosed": {"fault": "主板烧毁"},
    "quoted": {"price_fen": 68_000, "note": "换主板"},
    "approved": {"by": "王主任", "how": "phone", "note": ""},
    "declined": {"by": "王主任", "how": "phone", "note": "太贵"},
    "repaired": {"note": "已更换主板"},
    "unrepairable": {"note": "无配件"},
}
BEFORE: dict[str, Sequence[str]] = {
    "received": (),
    "diagnosed": ("received",),
    "quoted": ("received", "diagnosed"),
    "approved": ("received", "diagnosed", "quoted"),
    "declined": ("received", "diagnosed", "quoted"),
    "repaired": ("received", "diagnosed"),
    "unrepairable": ("received", "diagnosed"),
}


@pytest.fixture
def ann(world: World) -> Device:
    world.open_visit()
    device = world.device()
    world.drain()
    device.sync()
    return device


def does(world: World, *steps: str) -> None:
    for step in steps:
        place = {"place": world["main"]} if step == "received" else {}
        world.decide(f"unit.{step}", "wang", asset=world["asset"], **DATA[step], **place)


def says(world: World, ann: Device, *kinds: str) -> None:
    for kind in kinds:
        world.clock.advance(60)
        state(ann, world, f"unit.{kind}", world["visit"])


def stay(world: World) -> UnitStay:
    row = max(world.rows(UnitStay), key=lambda one: one.since)
    assert isinstance(row, UnitStay)
    return row


def out_of_turn(world: World) -> list[Any]:
    found = world.rows(Finding, Finding.state == "open")
    assert {one.code for one in found} <= {"unit.out_of_turn"}
    return [one.evidence.get("step") for one in found]


WAYS = [
    ("received", "diagnosed", "quoted", "approved", "repaired"),
    ("received", "diagnosed", "repaired"),
    ("received", "diagnosed", "quoted", "declined"),
    ("received", "diagnosed", "quoted", "declined", "quoted", "approved", "unrepairable"),
]


@pytest.mark.parametrize("way", WAYS)
def test_a_unit_goes_its_way_and_is_brought_back(
    world: World, ann: Device, way: tuple[str, ...]
) -> None:
    says(world, ann, "taken")
    proved(world, ann)
    does(world, *way)
    proved(world, ann)
    assert (stay(world).step, stay(world).until) == (way[-1], None)
    assert ann.documents("visit")[world["visit"]]["items"][0]["asset"]["step"] == way[-1]
    says(world, ann, "brought_back")
    proved(world, ann)
    assert stay(world).step == "brought_back"
    assert stay(world).until == world.clock.now()
    steps = sorted(world.rows(UnitStep), key=lambda one: one.number)
    assert [one.step for one in steps] == ["taken", *way, "brought_back"]
    assert out_of_turn(world) == []


def test_what_the_unit_is_like_and_what_its_customer_agreed_to_is_kept(
    world: World, ann: Device
) -> None:
    says(world, ann, "taken")
    proved(world, ann)
    does(world, "received", "diagnosed", "quoted")
    row = stay(world)
    assert (row.data_loss, row.accessories, row.price_fen) == (True, ["电源线"], 68_000)
    assert row.place_id == world.named["main"]


def test_what_came_with_the_unit_and_what_went_back_with_it_is_told_with_the_steps(
    world: World, ann: Device
) -> None:
    says(world, ann, "taken")
    world.clock.advance(60)
    state(ann, world, "unit.brought_back", world["visit"], accessories=["电源线", "说明书"])
    proved(world, ann)
    told = {one.step: one.details for one in world.rows(UnitStep)}
    condition = {"condition": "not_working", "accessories": ["电源线"], "data_loss": True}
    assert told["taken"] == condition
    back = {"condition": "working", "accessories": ["电源线", "说明书"]}
    assert told["brought_back"] == back


@pytest.mark.parametrize("step", TURNS)
def test_a_step_out_of_turn_is_refused_and_says_what_comes_before(
    world: World, ann: Device, step: str
) -> None:
    with pytest.raises(Refused, match=f"unit_state at asset: nobody took it; {step} comes after"):
        does(world, step)
    says(world, ann, "taken")
    proved(world, ann)
    before = BEFORE[step]
    for done in range(len(before)):
        with pytest.raises(Refused, match=f"unit_state at asset: .* {step} comes after"):
            does(world, step)
        does(world, before[done])
    does(world, step)
    if step in ("approved", "declined", "repaired", "unrepairable"):
        with pytest.raises(Refused, match=f"unit_state at asset: {step} since"):
            does(world, step)


def test_a_unit_and_a_place_that_nobody_knows_are_refused(world: World, ann: Device) -> None:
    says(world, ann, "taken")
    proved(world, ann)
    nothing = str(world.new("nothing"))
    for wrong in ({"asset": nothing, "place": world["main"]},
                  {"asset": world["asset"], "place": nothing}):  # fmt: skip
        with pytest.raises(Refused, match="unknown at"):
            world.decide("unit.received", "wang", note="", **wrong)


def test_a_step_that_a_late_fact_puts_out_of_turn_is_found_until_another_mends_it(
    world: World, ann: Device
) -> None:
    """It was brought back and taken again before the workshop got it, which comes to light late."""
    says(world, ann, "taken")
    proved(world, ann)
    says(world, ann, "brought_back", "taken")
    late = ann.outbox.pop()
    world.clock.advance(60)
    does(world, "received", "diagnosed")
    proved(world, ann)
    assert sorted(out_of_turn(world)) == ["diagnosed", "received"]
    assert stay(world).step == "brought_back"
    ann.outbox.append(late)
    proved(world, ann)
    assert out_of_turn(world) == []
    assert (stay(world).step, stay(world).until) == ("diagnosed", None)


def test_what_was_done_is_the_same_in_whatever_order_it_comes_to_light(
    world: World, ann: Device
) -> None:
    says(world, ann, "taken")
    proved(world, ann)
    does(world, "received")
    says(world, ann, "brought_back", "taken")
    late = list(ann.outbox)
    ann.outbox.clear()
    does(world, "diagnosed")
    for fact in reversed(late):
        ann.exchange(ann.request([fact]))
        world.drain()
    proved(world, ann)
    assert out_of_turn(world) == ["diagnosed"]
    assert [one.step for one in sorted(world.rows(UnitStep), key=lambda one: one.number)] == [
        "taken", "received", "brought_back", "taken",
    ]  # fmt: skip


def test_a_unit_taken_from_another_site_than_its_own_is_found_until_that_fits(
    world: World, ann: Device
) -> None:
    """The desk knows where the unit belongs, and says so otherwise in the end."""
    there, named = world.new("there"), {"name": "分院", "address": "", "access_notes": ""}
    site = Site(
        id=there, customer_id=world.named["customer"], territory_id=None, zone=ZONE, **named
    )
    world.add([site], set())
    _move(world, there)
    says(world, ann, "taken")
    proved(world, ann)
    (found,) = world.found("unit.elsewhere")
    assert found.evidence == {
        "asset": world["asset"], "visit": world["visit"],
        "taken_at": world["site"], "belongs_to": str(there),
    }  # fmt: skip
    _move(world, world.named["site"])
    assert world.found("unit.elsewhere") == []
    says(world, ann, "brought_back")
    proved(world, ann)
    _move(world, there)
    assert world.open_findings() == set()


def _move(world: World, site: UUID) -> None:
    """The unit belongs to that site, says the desk."""

    def body(session: Session, now: datetime) -> None:
        asset = session.get_one(Asset, world.named["asset"])
        editor = Editor(session, now, world.ids, world.named["dora"])
        editor.change(KEPT["assets"], asset, {"site_id": site})

    world.house.database.transact(body)
    world.drain()


def test_a_unit_is_where_its_visit_is_planned_to_whatever_is_heard_first(
    world: World, ann: Device
) -> None:
    there, named = world.new("there"), {"name": "分院", "address": "", "access_notes": ""}
    site = Site(
        id=there, customer_id=world.named["customer"], territory_id=None, zone=ZONE, **named
    )
    world.add([site], set())
    says(world, ann, "taken")
    proved(world, ann)
    assert world.found("unit.elsewhere") == []
    order = str(world.new("order there"))
    what: dict[str, Any] = {"request": "坏了", "level": "normal", "due": None}
    world.decide("work_order.opened", work_order=order, site=str(there), asset=None, **what)
    world.plan(world["visit"], order, site=str(there), overlap=True)
    proved(world, ann)
    assert len(world.found("unit.elsewhere")) == 1
