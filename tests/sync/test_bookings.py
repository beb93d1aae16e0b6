"""A technician is at one place at a time, told by intervals, unless the desk knows better."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from models.clock import ManualClock, instant_text
from models.dispatch.rows import Assignment, Visit
from models.edits import Editor
from models.refusals import Refused
from sync.decide import decide
from sync.device import Json
from sync.invariants import violations
from sync.leaving import leave
from tests.statements import state
from tests.sync.test_races import THREADS, at_once
from tests.world import World

MORNING = ManualClock().now() + timedelta(days=1)


def window(starts: float, ends: float) -> Json:
    """From and to, in hours of the next day."""
    hours = {"starts": starts, "ends": ends}
    return {name: instant_text(MORNING + timedelta(hours=hour)) for name, hour in hours.items()}


def visit_at(world: World, name: str, starts: float, ends: float) -> str:
    """A visit that is planned and not assigned."""
    visit = world.open_visit(name, None)
    world.plan(visit, world[f"order of {name}"], **window(starts, ends))
    return visit


def book(world: World, visit: str, *crew: str, **more: Any) -> None:
    """Assign the visit; the first of the crew leads."""
    members = [{"user": world[one], "role": "helper" if one != crew[0] else "lead"} for one in crew]
    world.decide("visit.assigned", visit=visit, crew=members, **more)


@pytest.mark.parametrize(
    ("starts", "ends", "free"),
    [
        (8, 9, True),
        (8, 10, True),  # it only touches
        (12, 13, True),
        (8, 10.01, False),
        (8, 13, False),  # around it
        (10.5, 11, False),  # within it
        (10, 12, False),
        (11, 11, False),
        (11.99, 15, False),
    ],
)
def test_what_overlaps_is_told_by_both_ends(
    world: World, starts: float, ends: float, free: bool
) -> None:
    book(world, visit_at(world, "first", 10, 12), "ann")
    other = visit_at(world, "other", starts, ends)
    book(world, other, "bob")
    if free:
        book(world, other, "bob", "ann")
        return
    with pytest.raises(Refused, match=r"double_booked at crew\.1\.user") as refused:
        book(world, other, "bob", "ann")
    assert world["first"] in refused.value.detail
    assert instant_text(MORNING + timedelta(hours=10)) in refused.value.detail
    book(world, other, "bob", "ann", overlap=True)


def test_a_visit_is_not_moved_into_another_of_its_crew(world: World) -> None:
    book(world, visit_at(world, "first", 10, 12), "ann")
    moved = visit_at(world, "moved", 14, 16)
    book(world, moved, "bob", "ann")
    order = world["order of moved"]
    with pytest.raises(Refused, match="double_booked at starts"):
        world.plan(moved, order, **window(11, 13))
    world.plan(moved, order, **window(15, 17))  # its own old window is no other visit
    world.plan(moved, order, **window(11, 13), overlap=True)


@pytest.mark.parametrize("freed", ["cancelled", "reassigned", "visit.declined", "visit.failed"])
def test_a_visit_that_keeps_nobody_busy_any_more_is_in_nobodys_way(
    world: World, freed: str
) -> None:
    first, other = visit_at(world, "first", 10, 12), visit_at(world, "other", 11, 13)
    book(world, first, "ann")
    if freed == "cancelled":
        world.decide("visit.cancelled", visit=first, reason="x")
    elif freed == "reassigned":
        book(world, first, "bob")
    else:
        device = world.device()
        state(device, world, freed, first)
        device.sync()
    book(world, other, "ann")
    assert len(world.rows(Assignment, Assignment.visit_id == world.named["other"])) == 1


def test_what_passes_from_who_leaves_goes_to_the_busy_only_if_it_is_said(world: World) -> None:
    book(world, visit_at(world, "first", 10, 12), "ann")
    passed = visit_at(world, "passed", 11, 13)
    book(world, passed, "eve")

    def eve_leaves(**more: bool) -> None:
        choices: dict[str, list[Any]] = {
            "visits": [{"visit": UUID(passed), "to": world.named["ann"], **more}],
            "places": [], "debts": [], "loaners": [], "give_up": [],
        }  # fmt: skip
        world.clock.advance(1)
        world.house.database.transact(
            lambda session, now: leave(
                Editor(session, now, world.ids, world.named["sue"]), world.named["eve"], choices
            )
        )

    with pytest.raises(Refused, match=r"double_booked at visits\.0\.to"):
        eve_leaves()
    eve_leaves(overlap=True)
    current = world.rows(Assignment, Assignment.until.is_(None))
    assert {one.user_id for one in current} == {world.named["ann"]}


# Only PostgreSQL has two desks at once.


@pytest.fixture
def busy(postgresql_url: str, tmp_path: Path) -> Iterator[World]:
    opened = World.open(postgresql_url, tmp_path)
    yield opened
    opened.close()


def test_of_many_desks_that_book_one_technician_at_once_one_succeeds(busy: World) -> None:
    visits = [visit_at(busy, f"visit {number}", 10, 12) for number in range(THREADS)]

    def assign(number: int) -> str:
        # Each desk has a helper of its own choice, so that locks are asked for in any order.
        crew = [{"user": busy["ann"], "role": "lead"}]
        crew += [{"user": busy["bob"], "role": "helper"}] if number % 2 else []
        try:
            decide(
                busy.house.database, busy.ids, busy.named["dora"], "visit.assigned",
                {"visit": visits[number], "crew": crew[:: -1 if number % 4 == 3 else 1]},
            )  # fmt: skip
        except Refused as refused:
            return refused.kind.code
        return "assigned"

    answers = at_once(THREADS, assign)
    assert sorted(set(answers)) == ["assigned", "double_booked"]
    assert answers.count("assigned") == 1
    busy.drain()
    assert len(busy.rows(Visit, Visit.status == "assigned")) == 1
    assert busy.house.database.read(violations) == {}


def test_assigning_and_moving_at_once_leaves_no_overlap(busy: World) -> None:
    """Half of the desks give ann another visit, half move hers to the same hours."""
    hers = visit_at(busy, "hers", 14, 16)
    book(busy, hers, "ann")
    visits = [visit_at(busy, f"visit {number}", 10, 12) for number in range(THREADS)]
    plan = busy.rows(Visit, Visit.id == busy.named["hers"])[0].plan

    def act(number: int) -> str:
        kind, data = "visit.planned", {**plan, **window(10, 12)}
        if number % 2:
            crew = [{"user": busy["ann"], "role": "lead"}]
            kind, data = "visit.assigned", {"visit": visits[number], "crew": crew}
        try:
            decide(busy.house.database, busy.ids, busy.named["dora"], kind, data)
        except Refused as refused:
            return refused.kind.code
        return kind

    answers = at_once(THREADS, act)
    assert len(set(answers) - {"double_booked"}) == 1
    assert answers.count("visit.assigned") <= 1


def test_a_work_order_is_not_planned_while_it_is_being_cancelled(busy: World) -> None:
    busy.open_visit("visit", None)
    busy.decide("visit.cancelled", visit=busy["visit"], reason="x")
    order, fresh = busy["order of visit"], [str(busy.new(f"v{n}")) for n in range(THREADS)]
    plan = busy.rows(Visit)[0].plan

    def act(number: int) -> str:
        kind, data = "visit.planned", {**plan, "visit": fresh[number]}
        if number % 2:
            kind, data = "work_order.cancelled", {"work_order": order, "reason": "x"}
        try:
            decide(busy.house.database, busy.ids, busy.named["dora"], kind, data)
        except Refused as refused:
            return refused.kind.code
        return kind

    answers = set(at_once(THREADS, act))
    assert answers in (
        {"visit.planned", "in_use"},
        {"work_order.cancelled", "work_order_ended"},
    )
