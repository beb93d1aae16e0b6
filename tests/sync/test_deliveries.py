"""What a supplier announced and what came of it; and what arrives where it was not sent to."""

from decimal import Decimal

import pytest

from models.findings import Finding
from models.refusals import Refused
from models.stock import levels, transit
from models.stock.demand import Requisition, StockLevel, Transfer, TransferLine
from models.stock.rows import Balance, virtual_place
from sync.device import Device, Json
from sync.invariants import violations
from sync.settling import settlement
from tests.statements import Statement, put, state
from tests.world import World


def line(world: World, part: str, quantity: str = "1", **more: str) -> Json:
    return {"part": world[part], "quantity": quantity, **more}


def announce(world: World, *lines: Json, place: str = "van-a", due: str | None = None) -> str:
    """A delivery to the van."""
    delivery = str(world.new("delivery"))
    world.decide("delivery.expected", "wang", delivery=delivery, place=world[place],
                 supplier="东方备件", due=due, lines=list(lines))  # fmt: skip
    world.drain()
    return delivery


def state_at(
    world: World, device: Device, kind: str, place: str, transfer: str, *lines: Json, **more: str
) -> None:
    world.clock.advance(60)
    data = {"transfer": transfer, "lines": list(lines), **more}
    put(device, f"stock.{kind}", Statement(("place", world[place]), data))
    device.sync()
    world.drain()
    assert world.house.database.read(violations) == {}


def receive(world: World, device: Device, transfer: str, *lines: Json) -> None:
    state_at(world, device, "received", "van-a", transfer, *lines)


def close(world: World, delivery: str) -> None:
    world.decide("delivery.closed", "wang", delivery=delivery, reason="停产")
    world.drain()


def under_way(world: World) -> list[str]:
    return [str(one.transfer_id) for one in world.rows(Transfer, transit.is_under_way())]


def shown(world: World, device: Device) -> list[tuple[str, str]]:
    """What the phone is told to be on its way to the van."""
    device.sync()
    incoming = device.documents("stock")[world["van-a"]]["incoming"]
    return [(one["part"], one["quantity"]) for some in incoming for one in some["lines"]]


def differing(world: World) -> dict[str, tuple[str, str]]:
    """By part what was announced and received, of what is found to differ."""
    told = [one.evidence for one in world.found("delivery.differs")]
    return {one["part"]: (one["announced"], one["received"]) for one in told}


# What a supplier announced


def test_a_delivery_is_under_way_until_all_of_it_has_come(world: World, ann: Device) -> None:
    delivery = announce(world, line(world, "roller", "6"), line(world, "head", "1"))
    assert differing(world) == {}
    receive(world, ann, delivery, line(world, "roller", "4"))
    assert under_way(world) == [delivery]
    assert sorted(shown(world, ann)) == sorted(
        [(world["roller"], "2.000"), (world["head"], "1.000")]
    )
    assert differing(world) == {
        world["roller"]: ("6.000", "4.000"), world["head"]: ("1.000", "0.000"),
    }  # fmt: skip
    (one, _) = world.found("delivery.differs")
    assert (one.evidence["supplier"], one.evidence["place"]) == ("东方备件", world["van-a"])
    receive(world, ann, delivery, line(world, "roller", "2"), line(world, "head", serial="S-7"))
    assert (under_way(world), shown(world, ann), world.open_findings()) == ([], [], set())


@pytest.mark.parametrize("comes", [True, False])
def test_what_comes_no_more_is_awaited_no_more(world: World, ann: Device, comes: bool) -> None:
    delivery = announce(world, line(world, "roller", "6"))
    if comes:
        receive(world, ann, delivery, line(world, "roller", "4"))
    close(world, delivery)
    assert (under_way(world), shown(world, ann), world.open_findings()) == ([], [], set())
    (closed,) = world.rows(TransferLine)
    assert (closed.received + closed.written_off, closed.awaited) == (6, 0)
    receive(world, ann, delivery, line(world, "roller", "2"))  # it came all the same
    assert world.open_findings() == set()


def test_of_one_part_it_is_said_that_what_came_is_final_and_the_others_are_awaited(
    world: World, ann: Device
) -> None:
    delivery = announce(world, line(world, "roller", "6"), line(world, "head", "1"))
    receive(world, ann, delivery, line(world, "roller", "4"))
    (short,) = (
        one for one in world.found("delivery.differs") if one.evidence["received"] != "0.000"
    )
    settle(world, short)
    assert shown(world, ann) == [(world["head"], "1.000")]
    assert list(differing(world)) == [world["head"]]


def test_more_than_was_announced_or_another_part_is_found_until_it_is_said_to_be_final(
    world: World, ann: Device
) -> None:
    delivery = announce(world, line(world, "roller", "6"))
    receive(world, ann, delivery, line(world, "roller", "7"), line(world, "head", serial="S-7"))
    assert differing(world) == {
        world["roller"]: ("6.000", "7.000"), world["head"]: ("0.000", "1.000"),
    }  # fmt: skip
    for one in world.found("delivery.differs"):
        settle(world, one)
    assert (under_way(world), world.open_findings()) == ([], set())
    receive(world, ann, delivery, line(world, "roller", "1"))
    assert differing(world) == {world["roller"]: ("6.000", "8.000")}


def settle(world: World, finding: Finding) -> None:
    told = settlement(finding, "count_final", finding.digest)
    world.decide("finding.settled", "wang", **told)
    world.drain()


def test_nothing_is_closed_that_is_not_awaited(world: World) -> None:
    with pytest.raises(Refused, match="unknown at delivery"):
        close(world, str(world.new("nothing")))
    delivery = announce(world, line(world, "roller", "6"))
    close(world, delivery)
    with pytest.raises(Refused, match="delivery_ended at delivery"):
        close(world, delivery)


@pytest.mark.parametrize(
    ("part", "quantities", "due", "field"),
    [
        ("head", ["1.5"], None, "lines.0.quantity"),
        ("roller", ["600000000"] * 2, None, "lines.1.quantity"),
        ("nothing", ["1"], None, "lines.0.part"),
        ("roller", ["1"], "2026-10-01", "due"),
        ("roller", ["1"], "2036-11-01", "due"),
    ],
)
def test_what_cannot_be_announced_is_refused_with_its_field(
    world: World, part: str, quantities: list[str], due: str | None, field: str
) -> None:
    world.new("nothing")
    with pytest.raises(Refused) as refused:
        announce(world, *(line(world, part, quantity) for quantity in quantities), due=due)
    assert refused.value.field == field


def test_what_is_announced_is_coming_until_it_is_there_or_comes_no_more(
    world: World, ann: Device
) -> None:
    def lacking() -> dict[str, Decimal]:
        place = world.named["van-a"]
        found = world.house.database.read(lambda session: levels.lacking(session, place))
        return {str(part): quantity for part, quantity in found.items()}

    level = StockLevel(
        id=world.new("level"), place_id=world.named["van-a"], part_id=world.named["roller"],
        shelf="", least=Decimal(6), most=Decimal(6),
    )  # fmt: skip
    world.add([level], set())
    assert lacking() == {world["roller"]: 6}
    delivery = announce(world, line(world, "roller", "6"))
    assert lacking() == {}
    receive(world, ann, delivery, line(world, "roller", "4"))
    assert lacking() == {}
    close(world, delivery)
    assert lacking() == {world["roller"]: 2}


# Where it was not sent to


@pytest.mark.parametrize("announced", [True, False])
def test_what_is_signed_for_at_another_place_lies_there_and_is_found(
    world: World, ann: Device, announced: bool
) -> None:
    rollers = line(world, "roller", "3")
    if announced:
        transfer = announce(world, rollers, place="main")
    else:
        transfer = str(world.new("transfer"))
        world.decide("stock.shipped", "wang", place=world["main"], to=world["van-b"],
                     lines=[rollers], transfer=transfer, requisition=None)  # fmt: skip
    receive(world, ann, transfer, rollers)
    (there,) = world.rows(Balance, Balance.place_id == world.named["van-a"])
    assert there.quantity == 3
    assert world.open_findings() == {"stock.wrong_place"}
    (wrong,) = world.found("stock.wrong_place")
    assert wrong.evidence["place"] == world["van-a"]
    assert wrong.evidence["to"] == [world["main" if announced else "van-b"]]
    world.settle("stock.wrong_place", "noted", "wang")
    assert world.open_findings() == set()


@pytest.mark.parametrize("to", ["van-a", "in_transit"])
def test_what_is_handed_on_to_where_it_lies_or_to_nowhere_is_found(
    world: World, ann: Device, to: str
) -> None:
    world.stock_van("van-a", "3")
    goal = str(virtual_place("in_transit")) if to == "in_transit" else world[to]
    data: Json = line(world, "roller", "2")
    world.clock.advance(60)
    state_at(world, ann, "transferred", "van-a", str(world.new("away")), data, to=goal)
    assert world.open_findings() == {"stock.wrong_place"}
    (wrong,) = world.found("stock.wrong_place")
    assert (wrong.evidence["place"], wrong.evidence["to"]) == (None, [goal])


# A piece that nobody received


def test_a_piece_that_was_seen_elsewhere_ends_its_requisition_once_somebody_says_so(
    world: World, ann: Device
) -> None:
    state(ann, world, "parts.requested", "", lines=[line(world, "head")])
    ann.sync()
    world.drain()
    (asked,) = world.rows(Requisition)
    transfer = str(world.new("transfer"))
    head = line(world, "head", serial="S-1")
    world.decide("stock.shipped", "wang", place=world["main"], to=world["van-a"], lines=[head],
                 transfer=transfer, requisition=str(asked.id))  # fmt: skip
    world.drain()
    assert shown(world, ann) == [(world["head"], "1.000")]
    world.clock.advance(60)
    put(ann, "stock.counted", Statement(("place", world["van-a"]), {"lines": [head]}))
    ann.sync()
    world.drain()
    assert shown(world, ann) == []
    assert world.open_findings() == {"stock.variance", "stock.received_short"}
    world.settle("stock.received_short", "written_off", "wang")
    world.drain()
    assert [one.status for one in world.rows(Requisition)] == ["received"]
    (there,) = world.rows(Balance, Balance.serial == "S-1", Balance.quantity > 0)
    assert there.place_id == world.named["van-a"]
    assert world.open_findings() == {"stock.variance"}
    assert world.house.database.read(violations) == {}
    receive(world, ann, transfer, head)  # a late word of it
    assert world.open_findings() <= {"stock.variance", "stock.serial_jump"}
