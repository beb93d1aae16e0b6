"""Parts that are sent away for repair, and what they are when they come back."""

import json
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from models.customers import Asset
from models.refusals import Refused
from models.stock import repairs
from models.stock.cost import Cost, average_cost
from models.stock.repairs import Repair
from models.stock.warranty import Fitted, fitted_in
from sync.device import Device, Json
from tests.returned import head, remove, rollers
from tests.statements import STATEMENTS, Statement, put
from tests.world import World, proved


@pytest.fixture
def ann(world: World) -> Device:
    """The phone of the keeper of a van; ten rollers and two print heads in the defective store."""
    lines = [rollers(world, "10"), head(world, "S-1"), head(world, "S-2")]
    world.decide("stock.opened", "wang", place=world["bad"], lines=lines)
    world.stock_van("van-a", "5", "S-9")
    device = world.device()
    world.drain()
    device.sync()
    return device


def announce(world: World, removal: str | None, *lines: Json, **more: Any) -> str:
    """What the supplier sends back to the van, repaired."""
    delivery: str = more.pop("delivery", None) or str(world.new("delivery"))
    told = [{"price_fen": None, **line} for line in lines]
    data = {"place": world["van-a"], "supplier": "东方备件", "due": None, "lines": told}
    world.decide("delivery.expected", "wang", delivery=delivery,
                 **{**data, "repaired": True, "removal": removal, **more})  # fmt: skip
    return delivery


def receive(world: World, device: Device, delivery: str, *lines: Json) -> None:
    world.clock.advance(60)
    told = [{name: value for name, value in line.items() if value} for line in lines]
    data = {"transfer": delivery, "lines": told}
    put(device, "stock.received", Statement(("place", world["van-a"]), data))


def part(world: World, name: str, quantity: str, **more: Any) -> Json:
    return {"part": world[name], "quantity": quantity, **more}


def outstanding(world: World) -> dict[str, Any]:
    """Of each part what was sent away and what came back."""
    names = {world.named[name]: name for name in ("roller", "head")}
    query = select(Repair.part_id, Repair.quantity, repairs.back())
    rows = world.house.database.read(lambda session: session.execute(query).all())
    return {names[part]: (sent, back) for part, sent, back in rows}


def send(world: World) -> str:
    """Three rollers and both print heads leave for repair; answers the decision's id."""
    lines = [rollers(world, "3"), head(world, "S-1"), head(world, "S-2")]
    return str(remove(world, *lines, repair=True, due="2026-12-20").id)


def test_what_is_away_for_repair_is_what_was_sent_less_what_came_back(
    world: World, ann: Device
) -> None:
    removal = send(world)
    assert outstanding(world) == {"roller": (3, 0), "head": (2, 0)}
    (sent,) = world.rows(Repair, Repair.part_id == world.named["head"])
    assert (sent.serials, sent.due) == (["S-1", "S-2"], date(2026, 12, 20))
    both = (part(world, "roller", "2"), part(world, "head", "1"))
    delivery = announce(world, removal, *both)
    assert outstanding(world)["roller"] == (3, 0)
    receive(world, ann, delivery, part(world, "roller", "1"))
    receive(world, ann, delivery, part(world, "roller", "1"), head(world, "S-2"))
    proved(world, ann)
    assert outstanding(world) == {"roller": (3, 2), "head": (2, 1)}
    came = world.house.database.read(lambda session: repairs.serials_back(session, {UUID(removal)}))
    assert came == {(UUID(removal), world.named["head"]): {"S-2"}}
    other = announce(world, None, part(world, "roller", "1"))
    receive(world, ann, other, part(world, "roller", "1"))
    proved(world, ann)
    assert outstanding(world)["roller"] == (3, 2)


def test_a_delivery_answers_what_was_sent_for_repair_and_nothing_else(
    world: World, ann: Device
) -> None:
    scrapped = remove(world, rollers(world, "1"), to="scrap")
    with pytest.raises(Refused, match="unknown at removal"):
        announce(world, str(scrapped.id), part(world, "roller", "1"))
    only = remove(world, rollers(world, "1"), repair=True)
    with pytest.raises(Refused, match=r"wrong_value at lines.1.part"):
        announce(world, str(only.id), part(world, "roller", "1"), part(world, "head", "1"))


# What it is when it is fitted


def fit(world: World, device: Device, serial: str, **more: Any) -> None:
    """Seal a record: a print head was fitted, new unless it is said."""
    visit = world.open_visit(f"visit of {serial}")
    device.sync()
    used = {"place": world["van-a"], "part": world["head"], "quantity": "1", "serial": serial}
    sealed = STATEMENTS["record.sealed"](world, visit)
    parts = {**sealed.parts, "parts_used": json.dumps({"lines": [{**used, **more}]})}
    put(device, "record.sealed", Statement(sealed.subject, sealed.data, parts, sealed.signers))


def fitted(world: World) -> list[Fitted]:
    return world.house.database.read(
        lambda session: fitted_in(session, session.get_one(Asset, world.named["asset"]))
    )


@pytest.mark.parametrize("late", [(), ("receipt",), ("announcement",), ("receipt", "announcement")])
def test_a_piece_that_came_back_repaired_is_never_fitted_as_new(
    world: World, ann: Device, late: tuple[str, ...]
) -> None:
    """The record says new of it. When receipt and announcement become known does not matter."""
    removal = send(world)
    delivery = "" if "announcement" in late else announce(world, removal, part(world, "head", "1"))
    delivery = delivery or str(world.new("delivery"))
    receive(world, ann, delivery, head(world, "S-1"))
    held = ann.outbox.pop() if "receipt" in late else None
    fit(world, ann, "S-1")
    fit(world, ann, "S-9")
    proved(world, ann)
    if held is not None:
        ann.outbox.append(held)
        proved(world, ann)
    if "announcement" in late:
        announce(world, removal, part(world, "head", "1"), delivery=delivery)
        proved(world, ann)
    told = {each.row.serial: (each.row.condition, each.condition, each.warranty.why)
            for each in fitted(world)}  # fmt: skip
    assert told == {"S-1": ("new", "repaired", "repaired"), "S-9": ("new", "new", "new")}
    assert fitted(world)[0].warranty.until == date(2027, 2, 22)


def test_what_was_fitted_new_before_it_was_ever_repaired_was_new(world: World, ann: Device) -> None:
    fit(world, ann, "S-9")
    ann.sync()
    world.drain()
    world.clock.advance(60)
    world.decide("stock.opened", "wang", place=world["bad"], lines=[head(world, "S-9")])
    removal = remove(world, head(world, "S-9"), repair=True)
    delivery = announce(world, str(removal.id), part(world, "head", "1"))
    receive(world, ann, delivery, head(world, "S-9"))
    ann.sync()
    world.drain()
    world.clock.advance(60)
    fit(world, ann, "S-9", condition="used")
    ann.sync()
    assert [each.condition for each in fitted(world)] == ["new", "used"]


# What it costs


def cost(world: World) -> Cost:
    now = world.clock.now()
    return world.house.database.read(
        lambda session: average_cost(session, world.named["roller"], now)
    )


def test_a_repair_adds_its_price_to_what_the_piece_was_worth(world: World, ann: Device) -> None:
    removal = send(world)
    priced = announce(world, removal, part(world, "roller", "1", price_fen=500))
    receive(world, ann, priced, part(world, "roller", "1"))
    proved(world, ann)
    assert cost(world) == Cost(None, Decimal(13), 0)  # nobody knows what it was worth
    bought = announce(world, None, part(world, "roller", "5", price_fen=1000), repaired=False)
    receive(world, ann, bought, part(world, "roller", "5"))
    proved(world, ann)
    assert cost(world) == Cost(Decimal("1000.00"), Decimal(18), 1)
    again = announce(world, removal, part(world, "roller", "2", price_fen=300))
    receive(world, ann, again, part(world, "roller", "2"))
    proved(world, ann)
    expected = Decimal(18 * 1000 + 2 * 1300) / 20
    assert cost(world) == Cost(expected.quantize(Decimal("0.01")), Decimal(20), 2)
