"""What is stuck, owed or lacking for too long is found in the night, and gone when it is mended."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from models.facts import Moment
from models.findings import Finding
from models.stock import ledger, transit
from models.stock.demand import Requisition, RequisitionLine, StockLevel, Transfer
from models.stock.fitted import Debt
from models.stock.rows import Balance, Place, virtual_place
from sync.device import Device, Json
from sync.invariants import violations
from sync.nightly import look_again, look_at_everything, note_stuck
from sync.restocking import open_monthly
from sync.settling import settlement
from tests.statements import Statement, put, state
from tests.world import World

DAY = 24 * 3600


def night(world: World) -> None:
    note_stuck(world.house)
    look_at_everything(world.house)
    world.drain()
    assert world.house.database.read(violations) == {}


def line(world: World, part: str, quantity: str = "1", serial: str | None = None) -> Json:
    return {"part": world[part], "quantity": quantity, "serial": serial}


def ship(world: World, *lines: Json) -> str:
    transfer = str(world.new("transfer"))
    world.decide("stock.shipped", "wang", place=world["main"], to=world["van-a"],
                 lines=list(lines), transfer=transfer, requisition=None)  # fmt: skip
    world.drain()
    return transfer


def receive(world: World, device: Device, transfer: str, *lines: Json) -> None:
    world.clock.advance(60)
    told = [{name: value for name, value in one.items() if value} for one in lines]
    about = ("place", world["van-a"])
    put(device, "stock.received", Statement(about, {"transfer": transfer, "lines": told}))
    device.sync()
    world.drain()


def settle(world: World, finding: Finding, resolution: str) -> None:
    data = settlement(finding, resolution, finding.digest)
    world.decide("finding.settled", "wang", **data)
    world.drain()


def at(world: World, kind: str, part: str) -> Decimal:
    place = (virtual_place(kind), world.named[part])
    return world.house.database.read(ledger.net_of_moves).get(place, Decimal(0))


# On the way


def test_what_nobody_receives_for_a_week_is_stuck_until_somebody_does(
    world: World, ann: Device
) -> None:
    lines = line(world, "roller", "3"), line(world, "head", serial="S-1")
    transfer = ship(world, *lines)
    world.clock.advance(7 * DAY - 60)
    night(world)
    assert world.found("stock.stuck_in_transit") == []
    world.clock.advance(60)
    night(world)
    stuck = world.found("stock.stuck_in_transit")
    told = {(one.evidence["part"], one.evidence["quantity"]) for one in stuck}
    assert told == {(world["roller"], "3.000"), (world["head"], "1.000")}
    night(world)
    assert len(world.rows(Moment)) == 1
    ann.sync()
    receive(world, ann, transfer, *lines)
    assert world.open_findings() == set()
    assert len(world.found("stock.stuck_in_transit", "gone")) == 2


def test_a_piece_that_was_lost_on_its_way_is_written_off(world: World, ann: Device) -> None:
    transfer = ship(world, line(world, "head", serial="S-1"))
    world.clock.advance(8 * DAY)
    night(world)
    (stuck,) = world.found("stock.stuck_in_transit")
    assert stuck.evidence["serial"] == "S-1"
    settle(world, stuck, "written_off")
    assert [at(world, kind, "head") for kind in ("in_transit", "adjustment")] == [0, 0]
    assert world.rows(Balance, Balance.serial == "S-1", Balance.quantity > 0) == []
    assert world.open_findings() == set()
    ann.sync()
    assert ann.documents("stock")[world["van-a"]]["incoming"] == []
    # It turns up all the same: whoever received it proves that it was not lost.
    receive(world, ann, transfer, line(world, "head", serial="S-1"))
    (there,) = world.rows(Balance, Balance.serial == "S-1", Balance.quantity > 0)
    assert there.place_id == world.named["van-a"]
    assert world.open_findings() == set()
    assert world.house.database.read(violations) == {}


def test_a_piece_that_is_seen_is_on_its_way_no_more_and_writing_it_off_takes_nothing(
    world: World, ann: Device
) -> None:
    ship(world, line(world, "head", serial="S-1"))
    world.clock.advance(8 * DAY)
    night(world)
    (stuck,) = world.found("stock.stuck_in_transit")
    ann.sync()
    counted = {"lines": [{"part": world["head"], "quantity": "1", "serial": "S-1"}]}
    put(ann, "stock.counted", Statement(("place", world["van-a"]), counted))
    world.clock.advance(60)
    settle(world, stuck, "written_off")
    ann.sync()  # what was counted before arrives after it was written off
    world.drain()
    night(world)
    (there,) = world.rows(Balance, Balance.serial == "S-1", Balance.quantity > 0)
    assert there.place_id == world.named["van-a"]
    assert world.open_findings() == {"stock.variance"}


def test_a_piece_that_was_counted_meanwhile_is_not_stuck(world: World, ann: Device) -> None:
    ship(world, line(world, "head", serial="S-1"))
    counted = {"lines": [{"part": world["head"], "quantity": "1", "serial": "S-1"}]}
    ann.sync()
    world.clock.advance(8 * DAY)
    night(world)
    assert len(world.found("stock.stuck_in_transit")) == 1
    put(ann, "stock.counted", Statement(("place", world["van-a"]), counted))
    ann.sync()
    world.drain()
    night(world)
    assert world.open_findings() == {"stock.variance", "stock.received_short"}


def test_what_was_lost_by_quantity_is_written_off_though_nothing_arrived(
    world: World, ann: Device
) -> None:
    transfer = ship(world, line(world, "roller", "3"))
    world.clock.advance(8 * DAY)
    night(world)
    (stuck,) = world.found("stock.stuck_in_transit")
    settle(world, stuck, "written_off")
    assert at(world, "in_transit", "roller") == 0
    assert at(world, "adjustment", "roller") == -7
    assert world.found("stock.stuck_in_transit", "settled") != []
    ann.sync()
    assert ann.documents("stock")[world["van-a"]]["incoming"] == []
    receive(world, ann, transfer, line(world, "roller", "3"))
    assert world.open_findings() == {"stock.received_unshipped"}
    assert world.house.database.read(violations) == {}


def test_of_what_was_partly_received_it_is_said_once_that_it_is_short(
    world: World, ann: Device
) -> None:
    transfer = ship(world, line(world, "roller", "3"))
    receive(world, ann, transfer, line(world, "roller", "2"))
    world.clock.advance(8 * DAY)
    night(world)
    assert world.open_findings() == {"stock.received_short"}


def test_a_delivery_that_a_supplier_announced_is_never_stuck(world: World, ann: Device) -> None:
    lines, delivery = [line(world, "roller", "9")], str(world.new("delivery"))
    world.decide("delivery.expected", "wang", delivery=delivery, due=None, place=world["main"],
                 supplier="东方", lines=lines)  # fmt: skip
    world.clock.advance(30 * DAY)
    night(world)
    assert world.open_findings() == set()


# Owed


def test_a_debt_is_old_after_thirty_days_and_gone_within_the_hour_when_it_ends(
    world: World, ann: Device
) -> None:
    visit = world.open_visit()
    ann.sync()
    state(ann, world, "record.sealed", visit)
    ann.sync()
    world.drain()
    (debt,) = world.rows(Debt)
    world.clock.advance(30 * DAY)
    night(world)
    (old,) = world.found("debt.old")
    assert old.evidence["debt"] == str(debt.id)
    assert (old.evidence["user"], old.evidence["visit"]) == (world["ann"], visit)
    world.decide("debt.assigned", "wang", visit=visit, debt=str(debt.id), to=None, note="lost")
    world.drain()
    look_again(world.house)
    assert world.found("debt.old") == []


# Lacking


def keep_level(world: World, place: str, least: int, most: int) -> None:
    level = StockLevel(
        id=world.new("level"), place_id=world.named[place], part_id=world.named["roller"],
        shelf="", least=least, most=most,
    )  # fmt: skip
    world.add([level], set())


def monthly(world: World, place: str) -> None:
    def body(session: Session, now: datetime) -> None:
        session.get_one(Place, world.named[place]).monthly = True

    world.house.database.transact(body)


def test_a_place_below_its_least_is_found_with_what_it_lacks_until_it_is_filled(
    world: World, ann: Device
) -> None:
    keep_level(world, "van-a", 2, 4)
    night(world)
    (below,) = world.found("stock.below_level")
    assert below.evidence == {"place": world["van-a"], "lacking": {world["roller"]: "4.000"}}
    since = below.since
    world.clock.advance(DAY)
    night(world)
    assert [one.since for one in world.found("stock.below_level")] == [since]
    ship(world, line(world, "roller", "2"))
    look_again(world.house)
    assert world.found("stock.below_level") == []
    assert world.found("stock.below_level", "gone") != []


def test_each_month_a_place_that_wants_it_asks_for_what_it_lacks_once(
    world: World, ann: Device
) -> None:
    keep_level(world, "van-a", 2, 4)
    keep_level(world, "van-b", 2, 4)
    monthly(world, "van-a")
    assert open_monthly(world.house) == 1  # the month in which it is said has begun
    world.drain()
    (asked,) = world.rows(Requisition)
    (wanted,) = world.rows(RequisitionLine)
    assert (asked.place_id, asked.user_id) == (world.named["van-a"], world.named["ann"])
    assert (asked.status, wanted.wanted) == ("submitted", 4)
    assert open_monthly(world.house) == 0
    world.decide("requisition.refused", "wang", requisition=str(asked.id), reason="later")
    world.drain()
    assert open_monthly(world.house) == 0
    world.clock.advance(31 * DAY)
    assert open_monthly(world.house) == 1
    world.drain()
    ann.sync()
    (shown,) = ann.documents("stock")[world["van-a"]]["requisitions"]
    assert shown["lines"][0]["wanted"] == "4.000"


def test_a_month_begins_in_the_companys_zone(world: World, ann: Device) -> None:
    keep_level(world, "van-a", 2, 4)
    monthly(world, "van-a")
    open_monthly(world.house)
    (began,) = world.rows(Moment, Moment.kind == "month.began")
    assert (began.at.day, began.at.hour) == (31, 16)  # of October, which is November in Shanghai


# Written off


def test_a_transfer_that_was_written_off_whole_is_under_way_no_more(
    world: World, ann: Device
) -> None:
    def under_way() -> list[Transfer]:
        found = world.rows(Transfer, transit.is_under_way())
        rest = world.rows(Transfer, ~transit.is_under_way())
        assert len(found) + len(rest) == len(world.rows(Transfer))
        return found

    transfer = ship(world, line(world, "roller", "2.001"))
    receive(world, ann, transfer, line(world, "roller"))
    assert len(under_way()) == 1
    world.settle("stock.received_short", "written_off", "wang")
    assert under_way() == []
    ship(world, line(world, "roller", "2"), line(world, "head", serial="S-1"))
    world.clock.advance(8 * DAY)
    night(world)
    for one in world.found("stock.stuck_in_transit"):
        assert len(under_way()) == 1
        settle(world, one, "written_off")
    assert under_way() == []
