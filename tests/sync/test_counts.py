"""Counting: from its moment on the books say what was seen, whoever hears of it first."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.stock import ledger
from models.stock.proof import held_at
from models.stock.rows import Balance, Move, Part, virtual_place
from sync.device import Device, Json
from sync.settling import settlement
from tests.statements import Statement, put, record_content, sealed, state
from tests.world import World, proved

ADJUSTMENT = virtual_place("adjustment")


@pytest.fixture
def ann(world: World) -> Device:
    """The phone of the keeper of a van that holds five rollers and one print head."""
    world.stock_van("van-a", "5", "S-1")
    world.new("transfer")
    device = world.device()
    world.drain()
    device.sync()
    return device


def count(device: Device, world: World, place: str = "van-a", **data: Any) -> str:
    return put(device, "stock.counted", Statement(("place", world[place]), {"lines": [], **data}))


def rollers(world: World, quantity: str, **more: Any) -> Json:
    return {"part": world["roller"], "quantity": quantity, **more}


def lies(world: World, part: str = "roller", place: str = "van-a") -> Decimal:
    return world.house.database.read(
        lambda session: ledger.balance(session, world.named[place], world.named[part])
    )


def settle(world: World, code: str, resolution: str) -> None:
    world.settle(code, resolution, "sue")
    proved(world)


def test_a_count_sets_the_books_and_what_differs_goes_to_adjustment(
    world: World, ann: Device
) -> None:
    count(ann, world, lines=[rollers(world, "3")])
    proved(world, ann)
    assert lies(world) == 3
    (move,) = world.rows(Move, Move.role == "counted")
    assert (move.from_place, move.to_place) == (world.named["van-a"], ADJUSTMENT)
    assert move.quantity == 2
    (variance,) = world.found("stock.variance")
    assert (variance.evidence["books"], variance.evidence["counted"]) == ("5.000", "3.000")


def test_what_lies_in_two_boxes_is_counted_together(world: World, ann: Device) -> None:
    count(ann, world, lines=[rollers(world, "3"), rollers(world, "2")])
    proved(world, ann)
    assert lies(world) == 5
    assert world.found("stock.variance") == []


def test_a_small_variance_needs_no_approval(world: World, ann: Device) -> None:
    def allow(session: Any, now: Any) -> None:
        session.get(Part, world.named["roller"]).count_limit = Decimal(2)

    world.house.database.transact(allow)
    count(ann, world, lines=[rollers(world, "3")])
    proved(world, ann)
    assert lies(world) == 3
    assert world.found("stock.variance") == []


@pytest.mark.parametrize(("resolution", "left"), [("count_holds", 3), ("count_set_aside", 5)])
def test_a_person_approves_a_count_or_takes_it_out_of_the_books(
    world: World, ann: Device, resolution: str, left: int
) -> None:
    count(ann, world, lines=[rollers(world, "3")])
    proved(world, ann)
    settle(world, "stock.variance", resolution)
    assert lies(world) == left


def test_work_goes_on_while_somebody_counts(world: World, ann: Device) -> None:
    """Two were used after their shelf was counted, and before the count was ended and sent."""
    visit = world.open_visit()
    ann.sync()
    world.clock.advance(3600)
    state(ann, world, "record.sealed", visit)
    world.clock.advance(3600)
    count(ann, world, complete=[world["roller"]], lines=[rollers(world, "5", ago=5400)])
    proved(world, ann)
    assert lies(world) == 3
    assert world.found("stock.variance") == []


def test_what_a_whole_count_does_not_list_is_not_there(world: World, ann: Device) -> None:
    count(ann, world, whole=True, lines=[rollers(world, "5")])
    proved(world, ann)
    assert [lies(world), lies(world, "head")] == [5, 0]
    (variance,) = world.found("stock.variance")
    assert variance.evidence["serial"] == "S-1"
    (move,) = world.rows(Move, Move.role == "missed")
    assert (move.from_place, move.to_place) == (world.named["van-a"], ADJUSTMENT)


def test_a_count_of_some_parts_says_nothing_of_the_others(world: World, ann: Device) -> None:
    count(ann, world, complete=[world["roller"]])
    proved(world, ann)
    assert [lies(world), lies(world, "head")] == [0, 1]


def test_a_whole_count_holds_for_what_arrives_late_too(world: World, ann: Device) -> None:
    """The count found nothing of a part of which the books knew nothing yet."""
    world.clock.advance(60)
    lines = [rollers(world, "2")]
    state(ann, world, "stock.received", "", lines=lines)
    late = ann.outbox.pop()
    world.clock.advance(60)
    count(ann, world, whole=True, lines=[rollers(world, "5"), head(world, "S-1")])
    proved(world, ann)
    ann.outbox.append(late)
    proved(world, ann)
    assert lies(world) == 5
    (variance,) = world.found("stock.variance")
    assert (variance.evidence["books"], variance.evidence["counted"]) == ("7.000", "5.000")


def head(world: World, serial: str, quantity: str = "1") -> Json:
    return {"part": world["head"], "quantity": quantity, "serial": serial}


def test_a_piece_lies_where_it_was_counted(world: World, ann: Device) -> None:
    bob = world.device("bob")
    bob.sync()
    count(bob, world, "van-b", lines=[head(world, "S-1")])
    proved(world, ann, bob)
    assert [lies(world, "head"), lies(world, "head", "van-b")] == [0, 1]
    (variance,) = world.found("stock.variance")
    assert variance.evidence["elsewhere"] == world["van-a"]
    settle(world, "stock.variance", "count_set_aside")
    assert [lies(world, "head"), lies(world, "head", "van-b")] == [1, 0]


@pytest.mark.parametrize("resolution", ["bought_locally", "wrong_part", "written_off"])
def test_a_shortage_is_explained_and_the_discrepancy_is_gone(
    world: World, ann: Device, resolution: str
) -> None:
    count(ann, world, lines=[rollers(world, "0")])
    visit = world.open_visit()
    ann.sync()
    world.clock.advance(60)
    state(ann, world, "record.sealed", visit)
    proved(world, ann)
    assert owed(world) == -2
    settle(world, "stock.short", resolution)
    assert [owed(world), lies(world)] == [0, 0]


def test_what_explains_a_shortage_is_no_help_for_another_of_that_day(
    world: World, ann: Device
) -> None:
    count(ann, world, lines=[rollers(world, "0")])
    visit = world.open_visit()
    ann.sync()
    for taken in ("5", "2"):
        world.clock.advance(60)
        use(ann, world, visit, rollers(world, taken, place=world["van-a"]))
    proved(world, ann)
    first, second = sorted(world.found("stock.short"), key=lambda one: one.since)
    world.decide("finding.settled", "wang", **settlement(second, "bought_locally", second.digest))
    proved(world)
    (left,) = world.found("stock.short")
    assert (left.id, left.evidence["quantity"]) == (first.id, "5.000")
    assert [owed(world), lies(world)] == [-5, 0]


def use(device: Device, world: World, visit: str, *lines: Json) -> None:
    """Seal a record of parts that were used."""
    content = {**record_content(world, visit), "parts_used": json.dumps({"lines": lines})}
    told = sealed(world, visit)
    put(device, "record.sealed", replace(told, parts=content))


def owed(world: World) -> Decimal:
    """What discrepancy holds of rollers: less than nothing while something is unexplained."""
    place = (virtual_place("discrepancy"), world.named["roller"])
    return world.house.database.read(ledger.net_of_moves).get(place, Decimal(0))


def test_what_is_short_after_an_explanation_is_found_again(world: World, ann: Device) -> None:
    visit = world.open_visit()
    ann.sync()
    world.clock.advance(86400)
    count(ann, world, lines=[rollers(world, "2")])
    early = ann.outbox.pop()
    world.clock.advance(60)
    for _ in range(3):
        state(ann, world, "record.sealed", visit)
    proved(world, ann)
    settle(world, "stock.short", "written_off")
    ann.outbox.append(early)
    proved(world, ann)
    short = [(one.evidence["quantity"], one.evidence["explained"])
             for one in world.found("stock.short")]  # fmt: skip
    assert sorted(short) == [("1.000", "1.000"), ("2.000", "0.000")]
    assert lies(world) == 0


def test_the_books_tell_what_lay_there_at_any_moment_and_what_was_known_of_it(
    world: World, ann: Device
) -> None:
    before = world.clock.now()
    world.clock.advance(86400)
    count(ann, world, lines=[rollers(world, "3")])
    counted = world.clock.now()
    world.clock.advance(86400)
    proved(world, ann)

    def held(at: Any, known: Any) -> list[Decimal]:
        roller = world.named["roller"]
        rows = world.house.database.read(lambda session: held_at(session, roller, at, known))
        return [one.quantity for one in rows]

    now = world.clock.now()
    assert held(before, now) == [5]
    assert held(counted, now) == [3]
    assert held(counted, counted) == [5]
    assert held(before - timedelta(days=1), now) == []


def test_what_was_signed_for_after_lunch_shows_as_taken_early(world: World, ann: Device) -> None:
    count(ann, world, lines=[rollers(world, "0")])
    visit = world.open_visit()
    ann.sync()
    world.clock.advance(60)
    state(ann, world, "record.sealed", visit)
    noon = world.clock.now()
    world.clock.advance(600)
    state(ann, world, "stock.received", visit)
    proved(world, ann)
    roller, now = world.named["roller"], world.clock.now()
    rows = world.house.database.read(lambda session: held_at(session, roller, noon, now))
    (row,) = rows
    assert row.quantity == 0
    assert row.early == 2
    assert lies(world) == 0
    assert world.found("stock.short") == []


def test_an_unknown_part_that_is_counted_is_found_and_books_nothing(
    world: World, ann: Device
) -> None:
    count(ann, world, lines=[{"part": str(UUID(int=5)), "quantity": "1"}])
    proved(world, ann)
    assert len(world.found("stock.unknown")) == 1
    assert world.rows(Balance, Balance.part_id == UUID(int=5)) == []


def test_what_lay_where_is_told_of_one_piece_alone(world: World, ann: Device) -> None:
    """Of two pieces of a part, each has a place of its own."""
    world.stock_van("van-b", "1", "S-2")
    world.drain()
    head, now = world.named["head"], world.clock.now()

    def told(serial: str | None = None) -> list[str]:
        rows = world.house.database.read(
            lambda session: held_at(session, head, now, now, serial=serial)
        )
        return [one.place_code for one in rows]

    assert (told(), told("s-2 "), told("S-3")) == (["van-a", "van-b"], ["van-b"], [])
