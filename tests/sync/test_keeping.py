"""What is stated for a place by somebody who does not keep it waits, and nobody overlooks that."""

from itertools import permutations
from typing import Any

import pytest

from models.derived import Source
from models.facts import Fact
from models.stock import keeping, ledger
from models.stock.demand import Requisition, StockLevel
from models.stock.rows import Balance, Place
from sync import nightly
from sync.device import Device
from tests.statements import Statement, put, state
from tests.world import World, proved

NOT_KEPT = "place.not_kept"


@pytest.fixture
def bob(world: World) -> Device:
    """The phone of somebody who does not keep the van of Ann, in which five rollers lie."""
    world.stock_van("van-a", "5")
    device = world.device("bob")
    world.drain()
    device.sync()
    return device


def count(world: World, device: Device, quantity: str = "3", place: str = "van-a") -> str:
    world.clock.advance(60)
    lines = [{"part": world["roller"], "quantity": quantity}]
    return put(device, "stock.counted", Statement(("place", world[place]), {"lines": lines}))


def keeps(world: World, place: str = "van-a", user: str = "bob") -> None:
    """The user is made a keeper of the place, and what follows is done."""
    where, who = world.named[place], world.named[user]
    world.house.database.transact(
        lambda session, now: session.add(keeping.keeper(session, now, world.ids, where, who))
    )
    world.drain()


def rollers(world: World) -> Any:
    return world.house.database.read(
        lambda session: ledger.balance(session, world.named["van-a"], world.named["roller"])
    )


def test_a_count_at_a_place_that_its_author_does_not_keep_is_found_until_they_do(
    world: World, bob: Device
) -> None:
    count(world, bob)
    count(world, bob, "2")
    proved(world, bob)
    (found,) = world.found(NOT_KEPT)
    keys = [str(one.key) for one in sorted(world.rows(Fact), key=lambda one: one.happened)]
    assert found.evidence == {
        "place": world["van-a"], "user": world["bob"],
        "facts": [{"key": key, "kind": "stock.counted"} for key in keys],
    }  # fmt: skip
    assert (found.since, rollers(world)) == (min(one.happened for one in world.rows(Fact)), 5)
    keeps(world)
    proved(world, bob)
    assert (world.found(NOT_KEPT), rollers(world)) == ([], 2)


def test_whatever_arrives_first_the_same_waits_for_the_same_people(
    world: World, bob: Device
) -> None:
    """Two phones of one person and one of another state something; only one is made keeper."""
    other, eve = world.device("bob"), world.device("eve")
    told = set()
    for number, order in enumerate(permutations((bob, other, eve))):
        van = f"van-{number}"
        world.add([_van(world, van)], set())
        for device in (bob, other, eve):
            count(world, device, place=van)
        for device in order:
            device.sync()
            world.drain()
        found = [one for one in world.found(NOT_KEPT) if one.evidence["place"] == world[van]]
        told.add(tuple(sorted((one.evidence["user"], len(one.evidence["facts"])) for one in found)))
        keeps(world, van, "eve")
        left = [one for one in world.found(NOT_KEPT) if one.evidence["place"] == world[van]]
        assert [one.evidence["user"] for one in left] == [world["bob"]]
    assert told == {tuple(sorted([(world["bob"], 2), (world["eve"], 1)]))}


def _van(world: World, code: str) -> Any:
    return Place(id=world.new(code), kind="van", code=code, name=code, zone="Asia/Shanghai")


def test_what_somebody_has_seen_is_found_again_when_more_waits(world: World, bob: Device) -> None:
    count(world, bob)
    proved(world, bob)
    world.settle(NOT_KEPT, "noted", "wang")
    proved(world, bob)
    assert world.found(NOT_KEPT) == []
    count(world, bob)
    proved(world, bob)
    assert len(world.found(NOT_KEPT)) == 1


def test_what_else_is_found_of_the_place_stays_as_it_is(world: World, bob: Device) -> None:
    level = StockLevel(
        id=world.new("level"), place_id=world.named["van-a"], part_id=world.named["roller"],
        shelf="", least=8, most=9,
    )  # fmt: skip
    world.add([level], {Source("place", world["van-a"])})
    nightly.look_at_everything(world.house)
    count(world, bob)
    proved(world, bob)
    assert world.open_findings() == {NOT_KEPT, "stock.below_level"}


def test_a_count_at_a_place_that_does_not_exist_is_found_too(world: World, bob: Device) -> None:
    world.new("nowhere")
    count(world, bob, place="nowhere")
    proved(world, bob)
    assert [one.evidence["place"] for one in world.found(NOT_KEPT)] == [world["nowhere"]]


def test_what_is_asked_for_a_place_is_found_until_its_author_keeps_it(
    world: World, bob: Device
) -> None:
    state(bob, world, "parts.requested", "")
    proved(world, bob)
    (found,) = world.found(NOT_KEPT)
    assert (found.subject_type, world.rows(Requisition)) == ("requisition", [])
    assert found.evidence["place"] == world["van-a"]
    keeps(world)
    proved(world, bob)
    assert (world.found(NOT_KEPT), len(world.rows(Requisition))) == ([], 1)


def test_a_piece_is_one_piece_however_its_number_is_typed(world: World, bob: Device) -> None:
    """The fact stays as it was written; what it says is read in the number's one form."""
    world.stock_van("van-b", "1", "S-7")
    world.clock.advance(60)
    line = {"part": world["head"], "quantity": "0", "serial": "ｓ-７\u200b "}
    put(bob, "stock.counted", Statement(("place", world["van-b"]), {"lines": [line]}))
    proved(world, bob)
    assert world.rows(Balance, Balance.serial == "S-7", Balance.quantity > 0) == []
    assert "ｓ-７" in world.rows(Fact)[0].text.decode()
