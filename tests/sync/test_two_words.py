"""Where those who were there do not agree a person says what holds: at its place in the timeline,
for as long as nothing new is said of it."""

from datetime import timedelta

import pytest

from models.decisions import Decision
from models.dispatch.rows import WorkOrder
from models.records.rows import RecordVersion
from models.refusals import Refused
from models.stock.fitted import Debt, Installed
from models.stock.rows import Balance, StockStatement
from sync.decide import decide
from sync.device import Device
from sync.settling import settlement
from tests.statements import STATEMENTS, put, state
from tests.sync.test_conflicts import crew as going
from tests.sync.test_conflicts import do, visit_row
from tests.sync.test_laws import standing
from tests.world import World, proved

Crew = tuple[Device, Device, Device]


@pytest.fixture
def crew(world: World) -> Crew:
    """The phones of a lead and two helpers, up to date and from now on without network."""
    world.stock_van("van-a", "9", "S-1")
    world.open_visit("visit", "ann", "bob", "eve")
    world.drain()
    phones = world.device("ann"), world.device("bob"), world.device("eve")
    for phone in phones:
        phone.sync()
    return phones


def seal_both(world: World, one: Device, other: Device, first: str, last: str) -> None:
    """Each of them seals a record, with that result."""
    for phone, result in ((one, first), (other, last)):
        do(world, phone, "record.sealed", result=result)
    proved(world, one, other)


def differ(world: World, one: Device, other: Device) -> None:
    """One seals a record, and the other says that nothing could be done."""
    do(world, one, "record.sealed")
    do(world, other, "visit.failed")
    proved(world, one, other)


# How the visit ended


@pytest.mark.parametrize("status", ["done", "failed"])
def test_where_two_helpers_differ_and_the_lead_says_nothing_the_desk_says_how_it_ended(
    world: World, crew: Crew, status: str
) -> None:
    _, bob, eve = crew
    do(world, bob, "record.sealed")
    do(world, eve, "visit.failed")
    proved(world, *crew)
    world.settle("visit.crew_differs", f"was_{status}")
    proved(world, *crew)
    assert visit_row(world).status == status


def test_how_a_visit_ended_is_what_somebody_says_who_was_there(world: World, crew: Crew) -> None:
    _, bob, eve = crew
    differ(world, bob, eve)
    with pytest.raises(Refused, match="not_a_resolution at resolution: was_done, was_failed"):
        world.settle("visit.crew_differs", "was_incomplete")
    assert len(world.found("visit.crew_differs")) == 1


def test_a_third_word_opens_it_again(world: World, crew: Crew) -> None:
    ann, bob, eve = crew
    differ(world, bob, eve)
    world.settle("visit.crew_differs", "was_done")
    do(world, ann, "visit.failed")
    proved(world, *crew)
    assert len(world.found("visit.crew_differs")) == 1
    assert visit_row(world).status == "failed"  # as was said last


@pytest.mark.parametrize(
    ("code", "resolution", "first"),
    [
        ("visit.crew_differs", "was_done", "done"),
        ("record.two_records", "first_counts", "done"),
        ("record.two_records", "last_counts", "incomplete"),
    ],
)
def test_what_happens_after_the_choice_moves_the_visit_on(
    world: World, crew: Crew, code: str, resolution: str, first: str
) -> None:
    ann, bob, _ = crew
    seal_both(world, ann, bob, first, "done" if first == "incomplete" else "incomplete")
    world.clock.advance(60)
    world.settle(code, resolution)
    assert visit_row(world).status == "done"
    do(world, ann, "visit.arrived")
    proved(world, ann, bob)
    assert visit_row(world).status == "on_site"
    (order,) = world.rows(WorkOrder, WorkOrder.id == world.named["order of visit"])
    assert order.status == "in_progress"
    do(world, ann, "visit.failed")
    proved(world, ann, bob)
    assert visit_row(world).status == "failed"


def test_who_comes_back_and_leaves_leaves_the_result_of_the_record_that_stands(
    world: World, crew: Crew
) -> None:
    ann, bob, _ = crew
    seal_both(world, ann, bob, "done", "incomplete")
    world.settle("record.two_records", "first_counts")
    do(world, ann, "visit.arrived", "visit.left")
    proved(world, ann, bob)
    assert visit_row(world).status == "done"


def test_work_that_goes_on_unheard_is_not_ended_by_a_choice(world: World, crew: Crew) -> None:
    ann, bob, _ = crew
    differ(world, ann, bob)
    do(world, bob, "visit.arrived")  # back again, and not heard
    world.clock.advance(60)
    world.settle("visit.crew_differs", "was_done")
    assert visit_row(world).status == "done"
    proved(world, ann, bob)
    assert visit_row(world).status == "on_site"


def test_a_choice_holds_too_where_a_wrong_clock_puts_what_it_is_about_after_it(
    world: World, crew: Crew
) -> None:
    ann, bob, _ = crew
    do(world, ann, "record.sealed")
    bob.anchor = None
    late = {**STATEMENTS["record.sealed"](world, world["visit"]).data, "result": "incomplete"}
    ahead = world.clock.now() + timedelta(hours=9)
    state(bob, world, "record.sealed", world["visit"], at=ahead, **late)
    proved(world, ann, bob)
    world.settle("record.two_records", "first_counts")
    proved(world, ann, bob)
    assert visit_row(world).status == "done"
    assert world.found("record.two_records") == []


def test_of_a_crew_that_was_followed_nobody_says_how_the_visit_ended(
    world: World, crew: Crew
) -> None:
    """The desk sent another crew, unaware that the first had ended, and that one ended it too."""
    ann, bob, _ = crew
    do(world, ann, "record.sealed")
    do(world, bob, "visit.failed")
    world.assign(world["visit"], "eve")
    eve = world.device("eve")
    do(world, eve, "visit.failed")
    proved(world, eve, ann, bob)
    world.settle("visit.crew_differs", "was_done")
    assert visit_row(world).status == "failed"


# What a record that does not stand says


def rollers(world: World) -> int:
    query = (Balance.place_id == world.named["van-a"], Balance.part_id == world.named["roller"])
    return int(sum(one.quantity for one in world.rows(Balance, *query)))


def counted(world: World) -> tuple[int, int, int]:
    """Rollers in the van, old parts owed, and parts that are fitted."""
    return rollers(world), len(world.rows(Debt)), len(world.rows(Installed))


@pytest.mark.parametrize(
    ("resolution", "who"), [("first_counts", "ann"), ("last_counts", "bob"), ("keep_both", None)]
)
def test_what_a_record_that_does_not_stand_says_was_used_does_not_count(
    world: World, crew: Crew, resolution: str, who: str | None
) -> None:
    ann, bob, _ = crew
    do(world, ann, "record.sealed")
    do(world, bob, "photo.taken", "record.sealed")
    proved(world, ann, bob)
    assert counted(world) == (5, 2, 4)
    assert len(world.found("stock.serial_jump")) == 1
    world.clock.advance(60)
    world.settle("record.two_records", resolution)
    proved(world, ann, bob)
    if who is None:
        assert counted(world) == (5, 2, 4)
    else:
        assert counted(world) == (7, 1, 2)
        (owed,) = world.rows(Debt)
        assert owed.user_id == world.named[who]
        assert world.found("stock.serial_jump") == []
    assert len(ann.documents("visit")[world["visit"]]["photos"]) == 1  # evidence is never lost
    assert len(world.rows(RecordVersion)) == 2
    do(world, bob, "record.sealed")
    proved(world, ann, bob)
    assert counted(world) == (3, 3, 6)
    assert len(world.found("record.two_records")) == 1
    world.settle("record.two_records", "last_counts")
    proved(world, ann, bob)
    assert counted(world) == (7, 1, 2)


def test_a_clock_is_stopped_only_by_a_record_that_stands(world: World, crew: Crew) -> None:
    """Of the records one says that all is done; the other one stands."""
    ann, bob, _ = crew
    seal_both(world, ann, bob, "incomplete", "done")
    world.settle("record.two_records", "first_counts")
    proved(world, ann, bob)
    (order,) = world.rows(WorkOrder, WorkOrder.id == world.named["order of visit"])
    assert (visit_row(world).status, order.status) == ("incomplete", "received")


def test_the_parts_of_a_record_that_is_adopted_count_from_then_on(world: World, crew: Crew) -> None:
    ann, _, _ = crew
    world.open_visit("other", "ann")
    bob = world.device("bob")
    bob.sync()
    sent = put(bob, "record.sealed", STATEMENTS["record.sealed"](world, world["other"]))
    proved(world, ann, bob)
    assert standing(world, sent) == ("held", "not_assigned")
    assert (rollers(world), world.rows(StockStatement, StockStatement.seq > 0)) == (9, [])
    world.settle("visit.unassigned_work", "adopt")
    proved(world, ann, bob)
    assert counted(world) == (7, 1, 2)


# Decisions that were overtaken, and followed

OVERTAKEN = "visit.decision_overtaken"


def decided(world: World, kind: str, word: str) -> None:
    """A decision of the kind, the first time or, aware of what was done, the second."""
    world.clock.advance(60)
    first = word == "unaware"
    if kind == "visit.planned":
        world.plan(world["visit"], world["order of visit"], checklist=[word])
    elif kind == "visit.cancelled":
        world.decide(kind, visit=world["visit"], reason=word)
    elif kind == "visit.assigned":
        world.assign(world["visit"], "ann", "bob" if first else "eve")
    else:
        taken_off = {"visit": world["visit"], "user": world["bob" if first else "eve"]}
        decide(world.house.database, world.ids, world.named["dora"], kind, taken_off)


KINDS = ["visit.planned", "visit.assigned", "visit.unassigned", "visit.cancelled"]


def stands(world: World) -> tuple[object, ...]:
    """How the visit is planned, who goes there, and how far it has come."""
    row = visit_row(world)
    return row.plan, row.status, going(world)


@pytest.mark.parametrize("kind", KINDS)
def test_a_decision_is_not_reversed_over_one_that_knew_better(
    world: World, crew: Crew, kind: str
) -> None:
    ann, *_ = crew
    do(world, ann, "visit.arrived")
    decided(world, kind, "unaware")
    do(world, ann, "visit.paused")
    proved(world, ann)
    assert "followed_by" not in world.found(OVERTAKEN)[0].evidence
    decided(world, kind, "aware")
    before = stands(world)
    (one,) = world.found(OVERTAKEN)
    latest = max(world.rows(Decision, Decision.kind == kind), key=lambda row: row.at)
    assert one.evidence["followed_by"] == str(latest.id)
    with pytest.raises(Refused, match="not_a_resolution at resolution: keep"):
        world.settle(OVERTAKEN, "reverse")
    proved(world, ann)
    assert stands(world) == before
    world.settle(OVERTAKEN, "keep")


def test_a_decision_about_something_else_may_follow(world: World, crew: Crew) -> None:
    ann, *_ = crew
    do(world, ann, "visit.arrived")
    decided(world, "visit.planned", "unaware")
    proved(world, ann)
    decided(world, "visit.assigned", "aware")
    world.settle(OVERTAKEN, "reverse")
    assert visit_row(world).plan["checklist"] == []
    assert going(world) == {world.named["ann"], world.named["eve"]}


def test_what_was_kept_is_not_asked_again_when_the_desk_goes_on_deciding(
    world: World, crew: Crew
) -> None:
    ann, *_ = crew
    do(world, ann, "visit.arrived")
    decided(world, "visit.planned", "unaware")
    proved(world, ann)
    world.settle(OVERTAKEN, "keep")
    decided(world, "visit.planned", "aware")
    proved(world, ann)
    assert world.found(OVERTAKEN) == []


def test_of_two_decisions_that_were_overtaken_the_last_is_reversed(
    world: World, crew: Crew
) -> None:
    ann, *_ = crew
    do(world, ann, "visit.arrived")
    decided(world, "visit.planned", "unaware")
    decided(world, "visit.planned", "aware")  # of nothing yet
    proved(world, ann)
    first, last = sorted(world.found(OVERTAKEN), key=lambda one: one.since)
    assert first.evidence["followed_by"] == last.evidence["decision"]
    world.decide("finding.settled", **settlement(last, "reverse", last.digest))
    proved(world, ann)
    assert visit_row(world).plan["checklist"] == ["unaware"]
    world.settle(OVERTAKEN, "keep")
