"""A visit is given from one technician to another while the first one is without network."""

from models.dispatch.rows import Visit
from models.facts import Standing
from sync.device import Device
from tests.statements import state
from tests.world import World, proved


def given_away(world: World, *kinds: str) -> tuple[Device, Device]:
    """Ann states these without network, then her visit is given to bob; both phones."""
    world.stock_van("van-a", "9", "S-1")
    visit = world.open_visit()
    ann, bob = world.device("ann"), world.device("bob")
    ann.sync()
    for kind in kinds:
        world.clock.advance(60)
        state(ann, world, kind, visit)
    world.clock.advance(60)
    world.assign(visit, "bob")
    return ann, bob


def test_the_one_who_gets_the_visit_has_it_at_once(world: World) -> None:
    _, bob = given_away(world, "visit.travelling")
    bob.once()
    assert world["visit"] in bob.documents("visit")


def test_the_one_who_loses_it_keeps_it_read_only_while_facts_about_it_are_unsent(
    world: World,
) -> None:
    ann, _ = given_away(world, "visit.travelling")
    waiting = ann.outbox.pop()
    ann.outbox.append(waiting)
    world.drain()
    ann.once(batch=0)
    assert ann.documents("visit") == {}
    held = ann.reading("visit", world["visit"])
    assert held is not None
    assert (held.document["data"]["status"], held.read_only) == ("assigned", True)
    ann.sync()
    assert ann.reading("visit", world["visit"]) is None


def test_a_draft_keeps_it_too_also_through_a_reset(world: World) -> None:
    ann, _ = given_away(world)
    ann.drafts.add(("visit", world["visit"]))
    world.drain()
    del ann.replica.documents["profile", world["ann"]]  # and the server answers with a reset
    ann.sync()
    held = ann.reading("visit", world["visit"])
    assert held is not None
    assert held.read_only
    ann.drafts.clear()
    ann.sync()
    assert ann.reading("visit", world["visit"]) is None


def test_what_is_not_taken_away_can_be_worked_on(world: World) -> None:
    world.open_visit()
    ann = world.device()
    ann.sync()
    held = ann.reading("visit", world["visit"])
    assert held is not None
    assert not held.read_only


def test_both_works_are_judged(world: World) -> None:
    ann, bob = given_away(world, "visit.arrived")
    bob.sync()
    world.clock.advance(60)
    state(bob, world, "visit.arrived", world["visit"])
    bob.sync()
    world.clock.advance(60)
    state(ann, world, "record.sealed", world["visit"])  # by a packet that she only reads
    proved(world, ann, bob)
    assert {one.state for one in world.rows(Standing)} == {"effective"}
    assert world.rows(Visit)[0].status == "done"
    assert len(world.found("visit.late_work")) == 1
    assert len(world.found("visit.decision_overtaken")) == 1
    assert ann.kept == {}
