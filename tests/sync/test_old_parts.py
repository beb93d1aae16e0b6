"""What is fitted, what comes out for it, and what a part costs."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models.customers import Asset
from models.stock.cost import Cost, average_cost
from models.stock.fitted import Debt
from models.stock.rows import Balance, virtual_place
from models.stock.warranty import Fitted, fitted_in, part_warranty
from sync.device import Device, Json
from tests.statements import STATEMENTS, Statement, put, state
from tests.world import World, proved

DAY = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("months", "condition", "rest", "until", "why"),
    [
        (12, "new", None, date(2027, 1, 31), "new"),
        (3, "new", None, date(2026, 4, 30), "new"),
        (0, "new", None, None, "consumable"),
        (12, "used", date(2027, 1, 1), None, "used"),
        (12, "repaired", None, date(2026, 4, 30), "repaired"),
        (12, "repaired", date(2026, 4, 1), date(2026, 4, 30), "repaired"),
        (12, "repaired", date(2026, 9, 9), date(2026, 9, 9), "rest"),
        (0, "repaired", None, date(2026, 4, 30), "repaired"),
    ],
)  # fmt: skip
def test_a_part_has_the_warranty_of_its_kind_and_condition(
    months: int, condition: str, rest: date | None, until: date | None, why: str
) -> None:
    warranty = part_warranty(months, condition, DAY, rest)
    assert (warranty.until, warranty.why) == (until, why)


@pytest.fixture
def ann(world: World) -> Device:
    """The phone of the keeper of a van with rollers and two print heads."""
    world.stock_van("van-a", "9", "S-1", "S-2")
    device = world.device()
    world.drain()
    device.sync()
    return device


def fit(world: World, device: Device, visit: str, serial: str, old: str, **more: Any) -> None:
    """Seal a record of a visit: a print head was fitted for another."""
    used = {"place": world["van-a"], "part": world["head"], "quantity": "1", "serial": serial,
            "removed": {"part": world["head"], "serial": old}, **more}  # fmt: skip
    sealed = STATEMENTS["record.sealed"](world, world[visit])
    parts = {**sealed.parts, "parts_used": json.dumps({"lines": [used]})}
    put(device, "record.sealed", Statement(sealed.subject, sealed.data, parts, sealed.signers))
    proved(world, device)


def fitted(world: World) -> list[Fitted]:
    return world.house.database.read(
        lambda session: fitted_in(session, session.get_one(Asset, world.named["asset"]))
    )


def test_what_is_fitted_stands_in_the_machine_until_it_comes_out(world: World, ann: Device) -> None:
    world.open_visit("first")
    fit(world, ann, "first", "S-1", "OLD")
    world.clock.advance(timedelta(days=30).total_seconds())
    world.open_visit("second")
    fit(world, ann, "second", "S-2", "S-1", condition="repaired")
    first, second = fitted(world)
    assert (first.row.serial, second.row.serial) == ("S-1", "S-2")
    assert (first.removed, second.removed) == (second.since, None)
    assert first.warranty.until == date(2027, 11, 22)
    assert (second.warranty.until, second.warranty.why) == (date(2027, 11, 22), "rest")


def test_on_a_visit_to_two_machines_the_record_says_for_which(world: World, ann: Device) -> None:
    world.open_visit("visit")
    other = world.new("other order")
    world.decide("work_order.opened", work_order=str(other), site=world["site"], asset=None,
                 request="x", level="normal", due=None)  # fmt: skip
    both = [{"work_order": world[name], "task": "x"} for name in ("order of visit", "other order")]
    world.plan(world["visit"], world["order of visit"], items=both)
    fit(world, ann, "visit", "S-1", "OLD")
    assert fitted(world) == []
    fit(world, ann, "visit", "S-2", "OLD", work_order=world["order of visit"])
    assert [one.row.serial for one in fitted(world)] == ["S-2"]


def test_an_old_part_is_owed_until_it_lies_in_the_defective_store(
    world: World, ann: Device
) -> None:
    world.open_visit("visit")
    fit(world, ann, "visit", "S-1", "OLD")
    (owed,) = world.rows(Debt)
    line = {"part": world["head"], "quantity": "1", "serial": "OLD", "lot": None}
    world.decide("debt.received", "wang", visit=world["visit"], debt=str(owed.id),
                 place=world["bad"], lines=[line], verdict="repair", note="烧坏")  # fmt: skip
    proved(world, ann)
    assert world.rows(Debt) == []
    (there,) = world.rows(Balance, Balance.place_id == world.named["bad"], Balance.quantity > 0)
    assert there.serial == "OLD"
    state(ann, world, "note.added", world["visit"])
    proved(world, ann)
    assert world.rows(Debt) == []


# Cost


def buy(world: World, device: Device, quantity: str, price: int | None) -> None:
    """A supplier delivers rollers into the van."""
    delivery, lines = str(world.new("delivery")), [{"part": world["roller"], "quantity": quantity}]
    world.decide("delivery.expected", "wang", delivery=delivery, place=world["van-a"],
                 supplier="东方备件", due=None,
                 lines=[{**lines[0], "price_fen": price}])  # fmt: skip
    world.clock.advance(60)
    data: Json = {"transfer": delivery, "lines": lines}
    put(device, "stock.received", Statement(("place", world["van-a"]), data))


def cost(world: World) -> Cost:
    now = world.clock.now()
    return world.house.database.read(
        lambda session: average_cost(session, world.named["roller"], now)
    )


def test_a_part_costs_the_moving_average_of_what_was_paid(world: World, ann: Device) -> None:
    assert cost(world) == Cost(None, Decimal(9), 0)
    buy(world, ann, "1", 1000)
    proved(world, ann)
    assert cost(world) == Cost(Decimal("1000.00"), Decimal(10), 1)
    buy(world, ann, "10", 2000)
    proved(world, ann)
    assert cost(world) == Cost(Decimal("1500.00"), Decimal(20), 2)
    buy(world, ann, "5", None)
    world.decide("stock.removed", "wang", place=world["van-a"], to="scrap", reason="破损",
                 lines=[{"part": world["roller"], "quantity": "2", "serial": None}])  # fmt: skip
    proved(world, ann)
    assert cost(world) == Cost(Decimal("1500.00"), Decimal(23), 2)


def test_it_does_not_matter_when_a_receipt_becomes_known(world: World, ann: Device) -> None:
    bought = [("3", 700), ("4", 1300)]
    for quantity, price in bought:
        buy(world, ann, quantity, price)
    second = ann.outbox.pop()
    first = ann.outbox.pop()
    for sent in (second, first):
        ann.outbox.append(sent)
        proved(world, ann)
    expected = Decimal((9 + 3) * 700 + 4 * 1300) / 16
    assert cost(world).average == expected.quantize(Decimal("0.01"))
    supplier = world.rows(Balance, Balance.place_id == virtual_place("supplier"))
    assert supplier == []
