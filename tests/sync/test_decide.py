"""Decisions at the desk: what they refuse, what they change, and what settles a finding."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from models import enrolment
from models.clock import instant_text
from models.customers import Asset, Site
from models.decisions import Decision
from models.dispatch.rows import Assignment, Visit, WorkOrder
from models.facts import Standing
from models.findings import Finding
from models.refusals import DESK_REFUSALS, Refused
from models.stock.fitted import Debt
from models.stock.rows import virtual_place
from sync.decide import KINDS as DECISIONS
from sync.decide import decide
from sync.device import Device, Json
from sync.settling import settlement
from tests.contracts.agreed import agree
from tests.statements import state
from tests.world import World

Case = Callable[[World], object]
ELSEWHERE = {  # codes that no decision gives, and where they are tested
    "not_allowed": "the api checks roles",
    **dict.fromkeys(("settled", "changed_since", "not_undone"), "an edit"),
    "code_spent": "below",
    "belongs_elsewhere": "reports",
    **dict.fromkeys(("nothing_lacking", "delivery_ended"), "suggestions, deliveries"),
    "opened_before": "openings at the desk",
    "statement_changed": "statements",
    **dict.fromkeys(("throttled", "password_wrong", "password_change_needed"), "sessions"),
    **dict.fromkeys(("otp_needed", "otp_wrong", "otp_unreadable"), "second factor"),
    **dict.fromkeys(("second_factor_needed", "second_factor_required"), "second factor"),
    **dict.fromkeys(("not_yourself", "has_left"), "sessions"),
    **dict.fromkeys(("erased", "too_many_photos", "quota"), "photos and uploads"),
    **dict.fromkeys(("unresolved", "last_supervisor"), "leaving"),
    **dict.fromkeys(("loaner_state", "loaner_taken", "none_free"), "loaners"),
    **dict.fromkeys(("reservation_ended", "unit_state"), "loaners and units"),
    **dict.fromkeys(("return_not_permitted", "return_unready", "return_state"), "returns"),
    **dict.fromkeys(("challenge_spent", "key_wrong", "outbox_unreadable", "revoked"), "rescue"),
    **dict.fromkeys(("key_unknown", "key_unusable"), "rescue and devices"),
}


@pytest.fixture
def world(world: World) -> World:
    world.open_visit()
    world.stock_van("van-a", "2", "S-1")
    world.new("nothing")
    ended = world.open_visit("ended")
    device = world.device()
    device.sync()
    state(device, world, "visit.failed", ended)
    device.sync()
    site = Site(
        id=world.new("other site"), customer_id=world.named["customer"], territory_id=None,
        zone="UTC", name="", address="",
    )  # fmt: skip
    world.house.database.transact(lambda session, now: session.add(site))
    return world


def order(**changed: str) -> Case:
    def case(world: World) -> None:
        data: Json = {
            "work_order": str(world.new("new order")), "site": world["site"],
            "asset": world["asset"], "request": "x", "level": "normal", "due": None,
        }  # fmt: skip
        world.decide("work_order.opened", **data | {key: world[to] for key, to in changed.items()})

    return case


def plan(**changed: Any) -> Case:
    def case(world: World) -> None:
        names = {name: world[value] for name, value in changed.items() if value in world.named}
        world.plan(
            names.pop("visit", str(world.new("new visit"))), world["order of visit"],
            **{name: value for name, value in changed.items() if value not in world.named},
            **names,
        )  # fmt: skip

    return case


def items(*orders: str) -> Case:
    return lambda world: world.plan(
        world["visit"], "", items=[{"work_order": world[name], "task": "x"} for name in orders]
    )


def crew(*members: tuple[str, str], visit: str = "visit") -> Case:
    return lambda world: world.decide("visit.assigned", visit=world[visit], crew=[
        {"user": world[user], "role": role} for user, role in members
    ])  # fmt: skip


def stock(kind: str, *lines: tuple[str, str, str | None], **changed: str) -> Case:
    def case(world: World) -> None:
        places = {"place": "van-a", "to": "main", "transfer": "nothing", **changed}
        data: Json = {name: world[value] for name, value in places.items()}
        data["lines"] = [
            {"part": world[part], "quantity": quantity, "serial": serial}
            for part, quantity, serial in lines
        ]
        world.decide(kind, "wang", **data)

    return case


def settling(resolution: str = "keep", **changed: Any) -> Case:
    def case(world: World) -> None:
        world.assign(world["visit"], "bob")
        device = world.device("ann")
        state(device, world, "visit.arrived", world["visit"])
        device.sync()
        found = world.rows(Finding, Finding.code == "visit.late_work")[0]
        data = settlement(found, resolution, found.digest)
        world.decide("finding.settled", **{**data, **{
            name: world.named.get(value, value) for name, value in changed.items()
        }})  # fmt: skip

    return case


def unassigning(user: str, visit: str = "visit") -> Case:
    """Somebody is taken off the crew, a second later than whatever was before."""

    def case(world: World) -> None:
        world.clock.advance(1)
        data = {"visit": world[visit], "user": world[user]}
        decide(world.house.database, world.ids, world.named["dora"], "visit.unassigned", data)

    return case


def lead_taken_off(world: World) -> None:
    world.open_visit("both", "ann", "bob")
    unassigning("ann", "both")(world)


def owing(to: str | None = None, note: str = "", visit: str = "sealed", debt: int = 0) -> Case:
    """Somebody else is to owe what was taken out on a visit; nobody if no name is given."""

    def case(world: World) -> None:
        device, visit_id = world.device(), world.open_visit("sealed")
        device.sync()
        state(device, world, "record.sealed", visit_id)
        device.sync()
        (owed,) = world.rows(Debt, Debt.visit_id == world.named["sealed"])
        data = {"debt": [str(owed.id), world["nothing"]][debt], "note": note}
        to_id = None if to is None else world[to]
        world.decide("debt.assigned", **data, visit=world[visit], to=to_id)

    return case


def receiving(**changed: Any) -> Case:
    """The old part that was taken out comes into a store."""

    def case(world: World) -> None:
        owing("bob")(world)
        (owed,) = world.rows(Debt, Debt.visit_id == world.named["sealed"])
        line = {"part": world["head"], "quantity": "1", "serial": owed.serial, "lot": None}
        line |= {name: changed[name] for name in line.keys() & changed.keys()}
        named = {"visit": world["sealed"], "place": world[changed.get("place", "bad")]}
        data = {"debt": str(owed.id), "lines": [line], "verdict": "open", "note": "", **named}
        world.decide("debt.received", "wang", **data)
        if changed.get("twice"):
            world.decide("debt.received", "wang", **data)

    return case


def closing(*kinds: str, order: str = "order of visit") -> Case:
    """Decisions about a work order, one after the other."""

    def case(world: World) -> None:
        for kind in kinds:
            rest = {"changed": {"level": "urgent"}} if kind == "changed" else {"reason": "x"}
            world.decide(f"work_order.{kind}", work_order=world[order], **rest)

    return case


def cancelled_order(then: Case) -> Case:
    def case(world: World) -> None:
        world.decide("visit.cancelled", visit=world.open_visit("gone", None), reason="x")
        closing("cancelled", order="order of gone")(world)
        then(world)

    return case


def resolved_order(world: World) -> None:
    device = world.device()
    device.sync()
    state(device, world, "record.sealed", world["visit"])
    device.sync()
    closing("cancelled")(world)


def planned_later(world: World) -> str:
    """A visit of ann's that begins when the other one ends, which is no overlap."""
    first = world.rows(Visit, Visit.id == world.named["visit"])[0]
    later, order_id = str(world.new("later")), world["order of ended"]
    ends = instant_text(first.ends + timedelta(hours=1))
    world.plan(later, order_id, starts=instant_text(first.ends), ends=ends)
    crew(("ann", "lead"), visit="later")(world)
    return later


def booked_twice(world: World) -> None:
    world.open_visit("second", None)
    crew(("bob", "lead"), ("ann", "helper"), visit="second")(world)


def moved_into_another(world: World) -> None:
    world.plan(planned_later(world), world["order of ended"])


def noticed(*kinds: str, **changed: Any) -> Case:
    def case(world: World) -> None:
        world.new("notice")
        for kind in kinds:
            if kind == "sent":
                world.send_notice("ann", **changed)
            else:
                world.decide("notice.withdrawn", notice=world["notice"])

    return case


def sent_again(world: World) -> None:
    world.send_notice("ann", notice=world.send_notice("ann"))


def placing(**changed: str) -> Case:
    names = {"loaner": "loaner", "place": "van-a", **changed}
    return lambda world: world.decide(
        "loaner.placed", "wang", **{name: world[value] for name, value in names.items()}
    )


def open_twice(world: World) -> None:
    first = world.rows(Decision, Decision.kind == "work_order.opened")[0]
    world.decide("work_order.opened", **first.data)


def place_kind(world: World) -> None:
    scrap = str(virtual_place("scrap"))
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=scrap)


def asked(*steps: str, quantity: str = "1", wanted: str | None = None, **changed: str) -> Case:
    """Somebody asks for a roller in their van, and the warehouse takes steps about it."""

    def case(world: World) -> None:
        named = {"place": "van-b", "part": "roller", "from": "van-a", **changed}
        lines = [{"part": world[named["part"]], "quantity": quantity, "serial": None}]
        requisition = str(world.new("requisition"))
        who, visit = changed.get("requester"), changed.get("visit")
        asks = [{**line, "quantity": wanted or quantity} for line in lines]
        world.decide("requisition.opened", requisition=requisition, place=world[named["place"]],
                     lines=asks, requester=None if who is None else world[who],
                     visit=None if visit is None else world[visit],
                     needed=None, urgent=False)  # fmt: skip
        for step in steps:
            rest: Json = {"reason": "x"} if step == "refused" else {}
            if step == "reserved":
                rest = {"place": world[named["from"]], "lines": lines}
            asked_for = world[changed.get("requisition", "requisition")]
            world.decide(f"requisition.{step}", "wang", requisition=asked_for, **rest)

    return case


def again(case: Case, kind: str) -> Case:
    """The last decision of the kind, a second time."""

    def twice(world: World) -> None:
        case(world)
        world.decide(kind, **world.rows(Decision, Decision.kind == kind)[-1].data)

    return twice


def claimed_by_another(world: World) -> None:
    asked("reserved", quantity="2")(world)
    stock("stock.shipped", ("roller", "0.001", None))(world)


def ordered(*steps: str, **changed: Any) -> Case:
    """A dealer orders a roller, and the desk takes steps about it: a gate, `re-` and a gate taken
    back, `ship`, `tell`."""

    def case(world: World) -> None:
        if "contract" not in world.named:
            agree(world, "ebike-dealer", parameters={"report_day": 5})
        lines = [{"part": world["roller"], "quantity": "1", "serial": None}]
        data = {"requisition": str(world.new("requisition")), "place": None, "kind": "sold",
                "contract": world["contract"], "lines": lines, "requester": None, "visit": None,
                "needed": None, "urgent": False}  # fmt: skip
        world.decide("requisition.opened", **data | changed)
        for step in steps:
            order_step(world, step, lines)

    return case


def order_step(world: World, step: str, lines: list[Json]) -> None:
    about: Json = {"requisition": world["requisition"]}
    goal = str(virtual_place("customer"))
    way, _, more = step.partition(" ")
    if way == "ship":
        shipped: Json = {
            "place": world["van-a"],
            "to": goal,
            "lines": lines,
            "waybill": more or None,
        }
        if more == "van":
            shipped["to"] = world["van-b"]
        world.decide("stock.shipped", "wang", transfer=str(world.new("transfer")),
                     **about, **shipped)  # fmt: skip
    elif way == "tell":
        at = instant_text(world.clock.now() + timedelta(hours=int(more or 0), seconds=1))
        world.named.setdefault("transfer", world.named["nothing"])
        world.decide("requisition.told", transfer=world["transfer"], at=at, note="", **about)
    elif way == "back":
        world.decide("requisition.gate_reopened", gate=more, reason="x", **about)
    else:
        said: Json = {"gate": way, "number": more or None, "answer": None, "note": ""}
        world.decide("requisition.gate_passed", **about, **said)


def delivery(**changed: str) -> Case:
    def case(world: World) -> None:
        named = {"place": "main", "part": "roller", **changed}
        lines = [{"part": world[named["part"]], "quantity": "1", "price_fen": None}]
        world.decide("delivery.expected", "wang", delivery=str(world.new("delivery")),
                     place=world[named["place"]], supplier="x", due=None, lines=lines)  # fmt: skip

    return case


def removing(quantity: str = "1", to: str = "scrap") -> Case:
    lines = [("roller", quantity, None)]
    return lambda world: world.decide(
        "stock.removed", "wang", place=world["van-a"], to=to, reason="x",
        lines=[{"part": world[part], "quantity": q, "serial": s} for part, q, s in lines],
    )  # fmt: skip


CASES: dict[str, dict[str, Case]] = {
    "unknown": {
        "site of an order": order(site="nothing"), "asset": order(asset="nothing"),
        "site of a plan": plan(site="nothing"), "order of a plan": items("nothing"),
        "visit": crew(("ann", "lead"), visit="nothing"),
        "cancelled visit": lambda world: world.decide("visit.cancelled", visit=world["nothing"]),
        "place": stock("stock.opened", ("roller", "1", None), place="nothing"),
        "goal": stock("stock.shipped", ("roller", "1", None), to="nothing"),
        "part": stock("stock.opened", ("nothing", "1", None)),
        "place of a requisition": asked(place="nothing"), "wanted part": asked(part="nothing"),
        "who asks": asked(requester="nothing"), "visit of a requisition": asked(visit="nothing"),
        "requisition": asked("refused", requisition="nothing"),
        "place to reserve at": asked("reserved", **{"from": "nothing"}),
        "contract of an order": ordered(contract="7" * 32), "gate": ordered("list L-1"),
        "what the customer is told of": ordered("tell"),
        "place of a delivery": delivery(place="nothing"),
        "part of a delivery": delivery(part="nothing"),
        "loaner": placing(loaner="nothing"), "place of a loaner": placing(place="nothing"),
        "finding": settling(finding="7" * 32),
        "changed order": closing("changed", order="nothing"),
        "cancelled order": closing("cancelled", order="nothing"),
        "who is not assigned": unassigning("eve"),
        "visit to take off": unassigning("ann", "nothing"),
        "debt": owing("bob", debt=1), "debt of another visit": owing("bob", visit="visit"),
        "who is to owe": owing("nothing"), "debt received twice": receiving(twice=True),
        "store of an old part": receiving(place="nothing"),
        "notice": noticed("withdrawn"), "visit of a notice": noticed("sent", visit="7" * 32),
    },
    "exists": {
        "order": open_twice, "notice": sent_again,
        "requisition": again(asked(), "requisition.opened"),
        "delivery": again(delivery(), "delivery.expected"),
        "telling": ordered("paid 1", "ship SF", "tell", "tell"),
    },
    "requisition_ended": {
        "reserved": asked("refused", "reserved"), "refused": asked("refused", "refused"),
        "shipped": ordered("paid 1", "ship SF", "back paid"),
    },
    "not_wanted": {
        "more than asked": asked("reserved", quantity="1.001", wanted="1"),
        "again": asked("reserved", "reserved"),
    },
    "gate_open": {"never passed": ordered("ship SF"),
                  "taken back": ordered("paid 1", "back paid", "ship SF")},
    "gate_state": {"passed": ordered("paid 1", "paid 2"), "open": ordered("back paid")},
    "not_reserved": {"picked": asked("picked"), "released": asked("reserved", "released",
                                                                  "released")},
    "in_use": {"visit to come": closing("cancelled")},
    "work_order_ended": {
        "changed": cancelled_order(closing("changed", order="order of gone")),
        "cancelled": cancelled_order(closing("cancelled", order="order of gone")),
        "planned": cancelled_order(lambda world: world.plan(
            str(world.new("late")), world["order of gone"])),
        "resolved": resolved_order,
    },
    "double_booked": {"assigned": booked_twice, "planned anew": moved_into_another},
    "withdrawn": {"twice": noticed("sent", "withdrawn", "withdrawn")},
    "visit_ended": {
        "assigned": crew(("ann", "lead"), visit="ended"), "planned": plan(visit="ended"),
        "cancelled": lambda world: world.decide("visit.cancelled", visit=world["ended"]),
        "taken off": unassigning("ann", "ended"),
    },
    "not_at_site": {"order": plan(site="other site")},
    "lead_needed": {
        "nobody": crew(), "only helpers": crew(("ann", "helper")),
        "two": crew(("ann", "lead"), ("bob", "lead")),
        "lead taken off": lead_taken_off,
    },
    "not_technician": {"dispatcher": crew(("ann", "lead"), ("dora", "helper")),
                       "nobody": crew(("nothing", "lead"))},
    "not_enough": {
        "too much": stock("stock.shipped", ("roller", "2.001", None)),
        "together": stock("stock.shipped", ("roller", "1", None), ("roller", "1.001", None)),
        "no such piece": stock("stock.shipped", ("head", "1", "S-2")),
        "a piece twice": stock("stock.shipped", ("head", "1", "S-1"), ("head", "1", "S-1")),
        "reserved": asked("reserved", quantity="2.001"),
        "reserved twice": asked("reserved", "reserved", quantity="1.001", wanted="3"),
        "claimed": claimed_by_another, "removed": removing("2.001"),
        "a piece elsewhere": stock("stock.shipped", ("head", "1", "S-1"), place="main", to="van-a"),
    },
    "serial_needed": {
        "none": stock("stock.opened", ("head", "1", None)),
        "too much": stock("stock.opened", ("head", "2", "S-3")),
        "not tracked": stock("stock.shipped", ("roller", "1", "S-3")),
    },
    "lot_needed": {"not tracked": lambda world: world.decide(
        "stock.opened", "wang", place=world["main"],
        lines=[{"part": world["roller"], "quantity": "1", "serial": None, "lot": "L"}])},
    "evidence_changed": {"other": settling(digest="0" * 64)},
    "not_a_resolution": {"other": settling("adopt")},
    "wrong_value": {
        "window": plan(starts="2026-11-22T08:00:00.001Z", ends="2026-11-22T08:00:00.000Z"),
        "order twice": items("order of visit", "order of visit"),
        "somebody twice": crew(("ann", "lead"), ("ann", "helper")),
        "virtual place": place_kind, "removed to a customer": removing(to="customer"),
        "nobody": noticed("sent", recipients=[]),
        "to where it lies": stock("stock.shipped", ("roller", "1", None), to="van-a"),
        "asking for another's place": asked(requester="ann"),
        "kind of an order": ordered(kind=None), "gate without a number": ordered("paid"),
        "no waybill": ordered("paid 1", "ship"), "order into a van": ordered("ship van"),
        "told tomorrow": ordered("paid 1", "ship SF", "tell 24"),
        "told before": ordered("paid 1", "ship SF", "tell -1"),
        "debt without a word": owing(note=" "),
        "old part into a van": receiving(place="van-a"), "another piece": receiving(serial="S-9"),
    },
}  # fmt: skip


def test_every_code_of_the_catalogue_has_a_case() -> None:
    assert set(CASES) | set(ELSEWHERE) == {kind.code for kind in DESK_REFUSALS}


@pytest.mark.parametrize("code", CASES)
def test_what_cannot_be_done_is_refused_and_changes_nothing(world: World, code: str) -> None:
    for name, case in CASES[code].items():
        with pytest.raises(Refused) as refused:
            case(world)
        assert refused.value.kind.code == code, name
        latest = max(one.at for one in world.rows(Decision))
        assert latest < world.clock.now(), name


def test_an_asset_at_another_site_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="wrong_value at asset"):
        order(site="other site")(world)
    assert len(world.rows(Asset)) == 1


def test_a_code_works_once_and_for_15_minutes(world: World) -> None:
    database = world.house.database

    def issue() -> str:
        return database.transact(
            lambda session, now: enrolment.issue_code(session, now, world.ids, world.named["ann"])
        )

    def enrol(code: str, key: str) -> object:
        return database.transact(
            lambda session, now: enrolment.enrol(session, now, world.ids, code, key, "x")
        )

    code = issue()
    enrol(code.lower() + " ", "ce" * 32)
    late = issue()
    world.clock.advance(15 * 60)
    for spent in (code, late, "AAAAA-AAAAA"):
        with pytest.raises(Refused, match="code_spent"):
            enrol(spent, "cd" * 32)
    with pytest.raises(Refused, match="wrong_value at public_key"):
        enrol(issue(), "AB" * 32)


def test_every_decision_is_a_row_with_who_and_when(world: World) -> None:
    kinds = {one.kind for one in world.rows(Decision)}
    assert kinds == {"work_order.opened", "visit.planned", "visit.assigned", "stock.opened"}
    assert kinds < set(DECISIONS)


# Lifecycle


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([], "assigned"),
        (["visit.accepted"], "accepted"),
        (["visit.declined"], "declined"),
        (["visit.travelling"], "travelling"),
        (["visit.arrived"], "on_site"),
        (["visit.arrived", "visit.paused"], "paused"),
        (["visit.arrived", "visit.paused", "visit.resumed"], "on_site"),
        (["visit.arrived", "visit.accepted"], "on_site"),
        (["visit.arrived", "visit.left"], "incomplete"),
        (["visit.failed"], "failed"),
        (["record.sealed"], "done"),
        (["visit.arrived", "record.sealed", "visit.left"], "done"),
        (["record.sealed", "visit.arrived", "visit.left"], "done"),
    ],
)
def test_a_visits_status_follows_from_what_was_stated(
    world: World, kinds: list[str], status: str
) -> None:
    device = world.device()
    device.sync()
    for kind in kinds:
        world.clock.advance(60)
        state(device, world, kind, world["visit"])
    device.sync()
    assert world.rows(Visit, Visit.id == world.named["visit"])[0].status == status
    assert {one.state for one in world.rows(Standing)} == {"effective"}


def test_a_work_orders_status_follows_from_its_visits(world: World) -> None:
    device: Device = world.device()
    device.sync()
    id_ = world.named["order of visit"]

    def status() -> str:
        world.drain()
        found: str = world.rows(WorkOrder, WorkOrder.id == id_)[0].status
        return found

    assert status() == "planned"
    for kind, expected in (("visit.arrived", "in_progress"), ("record.sealed", "resolved")):
        state(device, world, kind, world["visit"])
        device.sync()
        assert status() == expected


def test_who_is_taken_off_a_visit_keeps_a_row_that_ends(world: World) -> None:
    world.assign(world["visit"], "bob", "ann")
    rows = world.rows(Assignment, Assignment.visit_id == world.named["visit"])
    told = sorted((one.epoch, one.role, one.until is None) for one in rows)
    assert told == [(1, "lead", False), (2, "helper", True), (2, "lead", True)]


def test_work_after_a_cancellation_counts_and_is_found(world: World) -> None:
    world.decide("visit.cancelled", visit=world["visit"])
    device = world.device()
    device.sync()
    at = world.clock.now() - timedelta(seconds=30)
    state(device, world, "visit.travelling", world["visit"], at=at)
    device.sync()
    assert world.open_findings() == set()
    state(device, world, "visit.arrived", world["visit"])
    device.sync()
    assert world.open_findings() == {"visit.work_after_cancellation"}
    assert world.rows(Visit, Visit.id == world.named["visit"])[0].status == "on_site"
    assert instant_text(at) < instant_text(world.clock.now())


def test_a_decision_is_later_than_every_one_before_it_whatever_its_clock_says(
    world: World,
) -> None:
    visit = world.open_visit("contended", "ann")
    world.clock.advance(-60)  # whoever waited for the lock had read an earlier time
    world.assign(visit, "bob")
    (current,) = world.rows(
        Assignment, Assignment.visit_id == world.named["contended"], Assignment.until.is_(None)
    )
    assert current.user_id == world.named["bob"]
