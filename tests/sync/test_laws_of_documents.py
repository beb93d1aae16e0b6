"""Laws 4 and 5 for every type of document: how one changes, and how it is taken away."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import instant_text
from models.derived import Source
from models.edits import Editor
from models.facts import Standing, fact_key
from models.feed import Published, mark
from models.findings import Finding
from models.kept import KEPT
from models.knowledge import Article, FaultCode
from models.records.rows import RecordVersion
from models.stock.rows import Part, PlaceKeeper
from sync.device import Device
from sync.documents.registry import DOCUMENTS
from sync.passing import move_windows
from tests.statements import state
from tests.world import World, proved


class Way(NamedTuple):
    """Of one type of document: the id of one that ann holds, how it is changed for the n-th time,
    and how it leaves her; None where it never does."""

    named: Callable[[World], str]
    change: Callable[[World, Device, int], Any]
    leave: Callable[[World], Any] | None


@pytest.fixture
def device(world: World) -> Device:
    """Ann's phone, which holds one document of each type at least."""
    world.new("transfer")
    world.stock_van("van-a", "5", "S-1")
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    until = instant_text(world.clock.now() + timedelta(days=20))
    world.send_notice("ann", valid_until=until)
    world.add(catalogue(world), {Source(one, world[one]) for one in ("part", "fault_code")})
    edit(world, "articles", "article", published=True)
    world.open_visit()
    sealed = world.open_visit("sealed")
    device = world.device()
    state(device, world, "note.added", world["visit"])
    state(device, world, "record.sealed", sealed)
    state(device, world, "visit.arrived", sealed)  # she came again: it may be given to others
    proved(world, device)
    return device


def catalogue(world: World) -> list[Any]:
    """One row of each of its types, of which nothing is said anywhere else."""
    return [
        Part(id=world.new("part"), code="P-1", name="垫片", unit="只", tracking="none"),
        FaultCode(id=world.new("fault_code"), code="F-1", kind="fault", name_zh="卡纸",
                  name_en="Jam"),
        Article(id=world.new("article"), code="A-1", language="zh", title="打印头", body="清洁",
                models=[]),
    ]  # fmt: skip


def edit(world: World, table: str, row_name: str, /, **values: Any) -> None:
    """Have the desk edit a row; without values, remove it."""
    kept = KEPT[table]

    def body(session: Session, now: Any) -> None:
        row = session.get(kept.row, world.named[row_name], with_for_update=True)
        editor = Editor(session, now, world.ids, world.named["dora"])
        if values:
            editor.change(kept, row, values)
        else:
            editor.remove(kept, row)

    world.house.database.transact(body)


def end_keeping(world: World) -> None:
    """Ann keeps her van no longer."""

    def body(session: Session, now: Any) -> None:
        kept = PlaceKeeper.user_id == world.named["ann"]
        for keeper in session.scalars(select(PlaceKeeper).where(kept)):
            keeper.until = now
        mark(session, {Source("place", world["van-a"])})

    world.house.database.transact(body)


def state_once_more(world: World, device: Device, number: int) -> None:
    state(device, world, "note.added", world["visit"])
    device.once()


def seal_another(world: World, device: Device, number: int) -> None:
    state(device, world, "record.sealed", world.open_visit(f"visit {number}"))
    device.once()


def change_crew(world: World, device: Device, number: int) -> None:
    world.assign(world["visit"], "ann", *(["bob"] if number % 2 else []))


def place_elsewhere(world: World, device: Device, number: int) -> None:
    place = world["van-b" if number % 2 else "van-a"]
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=place)


def renamed(table: str, name: str, column: str) -> Callable[[World, Device, int], None]:
    return lambda world, device, number: edit(world, table, name, **{column: f"{name} {number}"})


WAYS: dict[str, Way] = {
    "visit": Way(
        lambda world: world["visit"], change_crew,
        lambda world: world.assign(world["visit"], "bob"),
    ),
    "stock": Way(
        lambda world: world["van-a"],
        lambda world, device, number: world.stock_van("van-a", str(number + 1)),
        end_keeping,
    ),
    "loaner": Way(
        lambda world: world["loaner"], place_elsewhere,
        lambda world: place_elsewhere(world, world.device(), 1),
    ),
    "record": Way(
        lambda world: str(world.rows(RecordVersion)[0].record_id),
        seal_another,
        lambda world: world.assign(world["sealed"], "bob"),
    ),
    "notice": Way(
        lambda world: world["notice"],
        lambda world, device, number: edit(world, "users", "dora", full_name=f"Dora {number}"),
        lambda world: None,  # it ends by itself
    ),
    "standing": Way(
        lambda world: f"visit:{world['visit']}", state_once_more,
        lambda world: world.clock.advance(2 * 86400),  # with the month it is long past
    ),
    "profile": Way(
        lambda world: world["ann"], renamed("users", "ann", "full_name"), None,
    ),
    "article": Way(
        lambda world: world["article"], renamed("articles", "article", "title"),
        lambda world: edit(world, "articles", "article", published=False),
    ),
    "part": Way(
        lambda world: world["part"], renamed("parts", "part", "name"),
        lambda world: edit(world, "parts", "part"),
    ),
    "fault_code": Way(
        lambda world: world["fault_code"], renamed("fault_codes", "fault_code", "name_en"),
        lambda world: edit(world, "fault_codes", "fault_code"),
    ),
}  # fmt: skip


def test_every_type_of_document_has_a_way() -> None:
    assert set(WAYS) == set(DOCUMENTS)


# Law 4


def test_law_4_no_position_is_ever_given_twice_or_below_one_that_was_read(
    world: World, device: Device
) -> None:
    last: dict[str, int] = {}
    for type_, number in product(sorted(DOCUMENTS), range(3)):
        before = positions(world, Published.type == type_)
        WAYS[type_].change(world, device, number)
        world.drain()
        fresh = positions(world, Published.type == type_) - before
        assert fresh, (type_, number)
        for channel, position in fresh:
            assert position > last.get(channel, 0), (type_, number, channel)
        for channel, position in positions(world):
            last[channel] = max(last.get(channel, 0), position)
    proved(world, device)


def positions(world: World, *where: Any) -> set[tuple[str, int]]:
    return {(row.channel, row.position) for row in world.rows(Published, *where)}


# Law 5


@pytest.mark.parametrize("type_", sorted(DOCUMENTS))
def test_law_5_what_leaves_is_taken_away_whatever_it_is_also_after_a_month(
    world: World, device: Device, type_: str
) -> None:
    way = WAYS[type_]
    document = way.named(world)
    assert document in device.documents(type_)
    if way.leave is not None:
        way.leave(world)
    world.drain()
    world.clock.advance(29 * 86400)
    move_windows(world.house)
    world.drain()
    gone = {(one["type"], one["id"]) for one in device.once()["documents"] if one.get("gone")}
    assert ((type_, document) in gone) == (way.leave is not None)
    assert (document in device.documents(type_)) == (way.leave is None)
    proved(world, device)


def test_law_5_only_who_one_is_never_leaves() -> None:
    assert {type_ for type_, way in WAYS.items() if way.leave is None} == {"profile"}
    assert not KEPT["users"].removable


def test_law_5_visits_leave_for_three_reasons_from_a_phone_that_was_off_for_a_month(
    world: World, device: Device
) -> None:
    kept, taken, cancelled, passed = [world.open_visit(name) for name in "abcd"]
    proved(world, device)
    assert set(device.documents("visit")) >= {world["visit"], kept, taken, cancelled, passed}
    world.assign(taken, "bob")
    world.decide("visit.cancelled", visit=cancelled, reason="customer")
    world.clock.advance(29 * 86400)
    late = world.open_visit("late")
    world.drain()
    world.clock.advance(3 * 86400)
    move_windows(world.house)
    proved(world, device)
    assert set(device.documents("visit")) == {late}


def test_law_5_a_visit_under_way_stays_readable_until_it_is_sealed(
    world: World, device: Device
) -> None:
    state(device, world, "visit.arrived", world["visit"])
    device.sync()
    world.assign(world["visit"], "bob")
    proved(world, device)
    assert world["visit"] not in device.documents("visit")
    assert ("visit", world["visit"]) in device.kept
    sealed = state(device, world, "record.sealed", world["visit"])
    device.sync()
    key = fact_key(device.id, UUID(sealed))
    assert [one.state for one in world.rows(Standing, Standing.id == key)] == ["effective"]
    assert device.kept == {}
    assert "visit.late_work" in {one.code for one in world.rows(Finding)}
