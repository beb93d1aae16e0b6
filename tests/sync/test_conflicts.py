"""Conflicts of real life: each is a named finding, and each way of ending it does what it says."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from models import enrolment
from models.dispatch.rows import Assignment, Visit
from models.facts import Standing
from models.findings import KINDS
from models.records.rows import RecordVersion
from models.refusals import Refused
from models.stock.fitted import Installed
from models.stock.rows import Balance, Move, virtual_place
from sync.decide import decide
from sync.device import Device
from sync.photos import note_missing
from tests.statements import STATEMENTS, Statement, put, record_content, signer, state
from tests.sync.test_laws import standing
from tests.world import World, proved


@pytest.fixture
def ann(world: World) -> Device:
    """The phone of the lead of a visit, up to date and from now on without network."""
    world.stock_van("van-a", "9", "S-1")
    world.stock_van("van-b", "9", "S-2")
    world.open_visit("visit", "ann", "bob")
    ann = world.device()
    world.drain()
    ann.sync()
    return ann


@pytest.fixture
def bob(world: World, ann: Device) -> Device:
    """The phone of the helper."""
    bob = world.device("bob")
    bob.sync()
    return bob


def visit_row(world: World) -> Visit:
    (row,) = world.rows(Visit, Visit.id == world.named["visit"])
    assert isinstance(row, Visit)
    return row


def crew(world: World) -> set[UUID]:
    rows = world.rows(
        Assignment, Assignment.visit_id == world.named["visit"], Assignment.until.is_(None)
    )
    return {one.user_id for one in rows}


def do(world: World, phone: Device, *kinds: str, result: str | None = None) -> list[str]:
    """State these a minute after one another; nothing is sent yet."""
    stated = []
    for kind in kinds:
        world.clock.advance(60)
        statement = STATEMENTS[kind](world, world["visit"])
        if result is not None:
            statement = replace(statement, data={**statement.data, "result": result})
        stated.append(put(phone, kind, statement))
    return stated


# Cancelled, taken away


@pytest.mark.parametrize(("resolution", "billed"), [("keep", False), ("bill", True)])
def test_work_after_a_cancellation_counts_and_is_billed_if_the_desk_says_so(
    world: World, ann: Device, resolution: str, billed: bool
) -> None:
    world.decide("visit.cancelled", visit=world["visit"], reason="customer")
    do(world, ann, "visit.arrived", "record.sealed")
    proved(world, ann)
    world.settle("visit.work_after_cancellation", resolution)
    assert (visit_row(world).status, visit_row(world).billed) == ("done", billed)


def test_work_by_who_lost_the_visit_and_by_who_got_it_is_found_as_both(
    world: World, ann: Device
) -> None:
    eve = world.device("eve")
    world.assign(world["visit"], "eve")
    eve.sync()
    do(world, ann, "visit.arrived", "record.sealed")
    do(world, eve, "visit.arrived", "record.sealed")
    proved(world, eve, ann)
    (late,) = world.found("visit.late_work")
    assert late.evidence["author"] == world["ann"]
    (twice,) = world.found("visit.done_twice")
    assert twice.evidence == {"former": [world["ann"]], "crew": [world["eve"]]}
    assert len(world.found("record.two_records")) == 1
    assert {one.state for one in world.rows(Standing)} == {"effective"}
    world.settle("visit.late_work", "keep")
    world.settle("visit.done_twice", "keep")


def test_who_was_there_before_the_visit_was_taken_away_did_not_do_it_twice(
    world: World, ann: Device
) -> None:
    do(world, ann, "visit.arrived")
    ann.sync()
    world.clock.advance(60)
    world.assign(world["visit"], "eve")
    eve = world.device("eve")
    do(world, eve, "visit.arrived")
    proved(world, ann, eve)
    assert world.found("visit.done_twice") == []


# Two records, and who says what


@pytest.mark.parametrize(
    ("resolution", "standing_", "status"),
    [
        ("keep_both", [True, True], "incomplete"),
        ("first_counts", [True, False], "done"),
        ("last_counts", [False, True], "incomplete"),
    ],
)
def test_of_two_records_the_one_stands_that_the_desk_names(
    world: World, ann: Device, bob: Device, resolution: str, standing_: list[bool], status: str
) -> None:
    do(world, ann, "record.sealed")
    do(world, bob, "record.sealed", result="incomplete")
    proved(world, ann, bob)
    world.settle("record.two_records", resolution)
    proved(world, ann, bob)
    versions = sorted(world.rows(RecordVersion), key=lambda one: one.sealed)
    assert [one.stands for one in versions] == standing_
    assert visit_row(world).status == status
    shown = [ann.documents("record")[str(one.record_id)]["versions"][0] for one in versions]
    assert [one["stands"] for one in shown] == standing_
    do(world, ann, "record.sealed")
    proved(world, ann, bob)
    assert len(world.found("record.two_records")) == 1
    assert all(one.stands for one in world.rows(RecordVersion))


@pytest.mark.parametrize(("resolution", "status"), [("was_done", "done"), ("was_failed", "failed")])
def test_where_lead_and_helper_differ_the_desk_says_how_the_visit_ended(
    world: World, ann: Device, bob: Device, resolution: str, status: str
) -> None:
    do(world, ann, "record.sealed")
    do(world, bob, "visit.failed")
    proved(world, ann, bob)
    assert visit_row(world).status == "failed"  # as was said last
    world.settle("visit.crew_differs", resolution)
    assert visit_row(world).status == status


def test_who_changes_their_own_mind_differs_from_nobody(world: World, ann: Device) -> None:
    do(world, ann, "visit.failed", "record.sealed")
    proved(world, ann)
    assert world.found("visit.crew_differs") == []


# Serials, loaners


def test_one_serial_used_twice_leaves_only_one_book_when_a_person_says_which(
    world: World, ann: Device, bob: Device
) -> None:
    do(world, ann, "record.sealed")
    proved(world, ann, bob)
    assert world.rows(Balance, Balance.serial == "S-1", Balance.quantity > 0) == []
    used = {"place": world["van-b"], "part": world["head"], "quantity": "1", "serial": "S-1"}
    content = {**record_content(world, world["visit"]), "parts_used": json.dumps({"lines": [used]})}
    manifest = {
        "record": str(world.new("record")), "number": 1, "previous": None, "result": "done",
        "sign_off": "refused", "cites": [],
    }  # fmt: skip
    world.clock.advance(60)
    put(bob, "record.sealed", Statement(
        ("visit", world["visit"]), manifest, content, {"technician": signer("bob")}
    ))  # fmt: skip
    proved(world, ann, bob)
    assert (left(world, "van-a", "S-1"), left(world, "van-b", "S-1")) == (1, 1)
    (jump,) = world.found("stock.serial_jump")
    assert (jump.evidence["serial"], jump.evidence["from"]) == ("S-1", world["van-b"])
    world.settle("stock.serial_jump", "first_use_holds")
    proved(world, ann, bob)
    assert world.found("stock.serial_jump") == []
    assert left(world, "van-b", "S-1") == 0  # as if nobody had named it there
    assert left(world, "van-a", "S-1") == 1
    (other,) = world.rows(Balance, Balance.serial == "S-2")
    assert (other.place_id, other.quantity) == (world.named["van-b"], 1)
    # Both records stand, and each still tells what it says was fitted.
    assert [one.serial for one in world.rows(Installed, Installed.serial.is_not(None))] == [
        "S-1", "S-1",
    ]  # fmt: skip


def left(world: World, place: str, serial: str) -> int:
    """How many of that number left the place and did not come back, by all moves."""
    moves, here = world.rows(Move, Move.serial == serial), world.named[place]
    gone = [one for one in moves if one.to_place == virtual_place("customer")]
    back = [one for one in moves if one.from_place == virtual_place("customer")]
    out, home = (one.from_place == here for one in gone), (one.to_place == here for one in back)
    return sum(map(int, out)) - sum(map(int, home))


# Old packets, decisions without knowing


def test_work_by_a_plan_that_was_changed_before_is_found(world: World, ann: Device) -> None:
    world.plan(world["visit"], world["order of visit"], checklist=["锁门"])
    do(world, ann, "visit.arrived", "record.sealed")
    proved(world, ann)
    (one,) = world.found("visit.old_packet")
    assert (one.evidence["seen"], one.evidence["in_force"]) == ("e1p1t0", "e1p2t0")
    world.settle("visit.old_packet", "keep")
    assert visit_row(world).status == "done"


def test_work_by_terms_that_were_changed_before_is_found(world: World, ann: Device) -> None:
    order = world["order of visit"]
    world.decide("work_order.changed", work_order=order, changed={"level": "urgent"})
    do(world, ann, "visit.arrived")
    proved(world, ann)
    (one,) = world.found("visit.old_packet")
    assert (one.evidence["seen"], one.evidence["in_force"]) == ("e1p1t0", "e1p1t1")
    assert ann.documents("visit")[world["visit"]]["basis"] == "e1p1t1"
    do(world, ann, "record.sealed")
    proved(world, ann)
    assert len(world.found("visit.old_packet")) == 1


def test_a_plan_that_is_changed_after_the_work_makes_no_old_packet(
    world: World, ann: Device
) -> None:
    do(world, ann, "visit.arrived")
    world.clock.advance(60)
    world.plan(world["visit"], world["order of visit"])
    proved(world, ann)
    assert world.found("visit.old_packet") == []


def overtaken(world: World, ann: Device, kind: str) -> None:
    """The desk decides while ann, who is not heard, has begun."""
    do(world, ann, "visit.arrived")
    world.clock.advance(60)
    if kind == "visit.cancelled":
        world.decide(kind, visit=world["visit"], reason="customer")
    elif kind == "visit.assigned":
        world.assign(world["visit"], "eve")
    elif kind == "visit.unassigned":
        taken_off = {"visit": world["visit"], "user": world["bob"]}
        decide(world.house.database, world.ids, world.named["dora"], kind, taken_off)
    else:
        world.plan(world["visit"], world["order of visit"], checklist=["x"])
    proved(world, ann)
    (one,) = world.found("visit.decision_overtaken")
    assert (one.evidence["kind"], one.evidence["saw"], one.evidence["was"]) == (
        kind, "assigned", "on_site",
    )  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["visit.cancelled", "visit.assigned", "visit.unassigned", "visit.planned"]
)
def test_a_decision_that_later_facts_overtake_can_be_reversed(
    world: World, ann: Device, kind: str
) -> None:
    overtaken(world, ann, kind)
    world.settle("visit.decision_overtaken", "reverse")
    proved(world, ann)
    assert crew(world) == {world.named["ann"], world.named["bob"]}
    packet = ann.documents("visit")[world["visit"]]
    assert (packet["status"], packet["checklist"]) == ("on_site", [])
    do(world, ann, "visit.paused")
    proved(world, ann)
    assert world.found("visit.late_work") == []
    assert world.found("visit.work_after_cancellation") == []


def test_a_decision_that_is_kept_stands(world: World, ann: Device) -> None:
    overtaken(world, ann, "visit.assigned")
    world.settle("visit.decision_overtaken", "keep")
    assert crew(world) == {world.named["eve"]}


def test_a_crew_is_not_given_back_to_a_visit_that_has_ended(world: World, ann: Device) -> None:
    overtaken(world, ann, "visit.assigned")
    do(world, ann, "record.sealed")
    ann.sync()
    with pytest.raises(Refused, match="visit_ended"):
        world.settle("visit.decision_overtaken", "reverse")


def test_a_decision_that_knew_is_not_overtaken(world: World, ann: Device) -> None:
    do(world, ann, "visit.arrived")
    ann.sync()
    world.clock.advance(60)
    world.assign(world["visit"], "eve")
    proved(world, ann)
    assert world.found("visit.decision_overtaken") == []


# Visits and devices that are none


def test_facts_about_a_visit_that_nobody_knows_are_held_and_found(
    world: World, ann: Device
) -> None:
    nowhere = str(world.new("nowhere"))
    sent = state(ann, world, "visit.arrived", nowhere)
    proved(world, ann)
    assert standing(world, sent) == ("held", "unknown_subject")
    (one,) = world.found("visit.unknown")
    assert one.evidence == {"authors": [world["ann"]], "facts": 1, "last_fact": sent}
    world.settle("visit.unknown", "set_aside")
    state(ann, world, "record.sealed", nowhere)
    state(ann, world, "visit.travelling", nowhere, at=world.clock.now() - timedelta(hours=1))
    proved(world, ann)
    assert world.found("visit.unknown")[0].evidence["facts"] == 3
    world.settle("visit.unknown", "set_aside")
    world.plan(nowhere, world["order of visit"])
    world.assign(nowhere, "ann")
    proved(world, ann)
    assert standing(world, sent) == ("effective", None)


@pytest.mark.parametrize(
    ("resolution", "status", "state_"),
    [("adopt", "on_site", "effective"), ("set_aside", "assigned", "held")],
)
@pytest.mark.parametrize("whose", ["eve's", "revoked"])
def test_what_was_held_takes_effect_if_the_desk_adopts_it(
    world: World, ann: Device, whose: str, resolution: str, status: str, state_: str
) -> None:
    phone, code = world.device("eve"), "visit.unassigned_work"
    if whose == "revoked":
        phone, code = ann, "visit.revoked_work"
        revoke(world, ann)
    (sent,) = do(world, phone, "visit.arrived")
    phone.sync()
    world.settle(code, resolution)
    proved(world, world.device("bob"))
    assert visit_row(world).status == status
    assert standing(world, sent)[0] == state_


def revoke(world: World, phone: Device) -> None:
    world.clock.advance(1)
    world.house.database.transact(lambda session, now: enrolment.revoke(session, now, phone.id))


def test_nobody_adopts_what_no_release_understands(world: World, ann: Device) -> None:
    revoke(world, ann)
    world.clock.advance(60)
    sent = put(ann, "drone.landed", Statement(("visit", world["visit"]), {"roof": True}))
    ann.sync()
    proved(world)
    assert standing(world, sent) == ("held", "newer")
    assert world.found("visit.revoked_work") == []


def test_a_seal_of_a_revoked_device_never_counts(world: World, ann: Device) -> None:
    revoke(world, ann)
    (sent,) = do(world, ann, "record.sealed")
    ann.sync()
    assert KINDS["record.revoked_seal"].resolutions == ("set_aside",)
    world.settle("record.revoked_seal", "set_aside")
    assert standing(world, sent) == ("held", "revoked")
    assert world.rows(RecordVersion) == []


def test_a_device_that_is_revoked_with_facts_on_it_is_found(world: World, ann: Device) -> None:
    do(world, ann, "visit.arrived")
    ann.exchange({**ann.request([])})  # it says what it still holds, and the network breaks
    revoke(world, ann)
    (one,) = world.found("device.unsent")
    assert one.evidence == {"device": str(ann.id), "facts": 1}
    world.settle("device.unsent", "noted")


def test_a_device_with_nothing_on_it_is_revoked_in_silence(world: World, ann: Device) -> None:
    revoke(world, ann)
    assert world.found("device.unsent") == []


# Clocks, photos


def test_a_clock_that_is_wrong_is_found_and_its_facts_count(world: World, ann: Device) -> None:
    ann.anchor = None
    world.clock.advance(60)
    (sent,) = do(world, ann, "visit.arrived")
    proved(world, ann)
    world.settle("device.clock", "noted")
    assert standing(world, sent) == ("effective", None)


def test_a_fact_from_before_the_plan_takes_effect_like_any_other(world: World, ann: Device) -> None:
    """A clock stood at the year 1970: the site is where the visit was planned to later."""
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    early = world.clock.now() - timedelta(days=20_000)
    ann.anchor = None
    sent = state(ann, world, "loaner.handed_over", world["visit"], at=early)
    proved(world, ann)
    assert standing(world, sent) == ("effective", None)


def test_a_photo_that_never_comes_is_waited_for_until_the_desk_gives_it_up(
    world: World, ann: Device
) -> None:
    do(world, ann, "photo.taken")
    ann.sync()

    def shown() -> str:
        proved(world, ann)
        return str(ann.documents("visit")[world["visit"]]["photos"][0]["state"])

    assert shown() == "promised"
    world.clock.advance(25 * 3600)
    note_missing(world.house)
    assert shown() == "missing"
    world.settle("photo.missing", "given_up")
    assert shown() == "given_up"


def test_what_was_given_up_is_waited_for_again_where_another_visit_wants_it(
    world: World, ann: Device
) -> None:
    do(world, ann, "photo.taken")
    proved(world, ann)
    world.clock.advance(25 * 3600)
    note_missing(world.house)
    world.settle("photo.missing", "given_up")
    proved(world, ann)
    other = world.open_visit("other")
    proved(world, ann)
    state(ann, world, "photo.taken", other)
    proved(world, ann)
    assert world.open_findings() == {"photo.missing"}
    for visit in (world["visit"], other):
        assert ann.documents("visit")[visit]["photos"][0]["state"] == "missing"
