"""The board: what a dispatcher's screen needs, in one request and a fixed number of queries."""

from datetime import timedelta
from typing import Any

import pytest

from api import board
from models.clock import instant_text
from models.people import Device, User
from sync.device import Json
from tests.api.door import Door, counted, problem
from tests.api.test_desk import crew, open_order, plan, planned
from tests.api.test_edits import edit
from tests.statements import state


def look(door: Door, hours: float = 24, since: float = 0, who: str = "dora") -> Json:
    """The board from so many hours after now, for so many hours."""
    begins = door.world.clock.now() + timedelta(hours=since)
    ends = begins + timedelta(hours=hours)
    path = f"/board?from={instant_text(begins)}&to={instant_text(ends)}"
    seen: Json = door.get(path, who)
    return seen


def lane(seen: Json, name: str) -> Json:
    lanes = [one for area in seen["territories"] for one in area["technicians"]]
    (found,) = (one for one in lanes if one["name"] == name)
    return dict(found)


def test_a_visit_stands_on_the_board_with_what_is_seen_at_a_glance(door: Door) -> None:
    order = open_order(door, level="urgent", due="2026-11-22T12:00:00Z")
    other = open_order(door, asset=None, due="2026-11-22T11:00:00Z")
    body = plan(door, order)
    body["items"].append({"work_order": other, "task": "x"})
    visit = door.post("/visits", "dora", **body)["id"]
    door.put(f"/visits/{visit}/crew", "dora", crew=crew(door, "bob", "ann"))
    (shown,) = look(door)["visits"]
    assert shown == {
        "id": visit, "status": "assigned", "starts": body["starts"], "ends": body["ends"],
        "site": door.world["site"], "site_name": "门诊楼", "zone": "Asia/Shanghai",
        "customer": door.world["customer"], "customer_name": "东方医院", "territory": None,
        "due": "2026-11-22T11:00:00.000Z",
        "work_orders": [
            {"id": order, "level": "urgent", "due": "2026-11-22T12:00:00.000Z",
             "asset_name": "条码打印机"},
            {"id": other, "level": "normal", "due": "2026-11-22T11:00:00.000Z",
             "asset_name": None},
        ],
        "crew": [
            {"user": door.world["bob"], "name": "Bob", "role": "lead"},
            {"user": door.world["ann"], "name": "Ann", "role": "helper"},
        ],
    }  # fmt: skip


def test_technicians_stand_by_territory_with_their_visits_in_the_order_of_time(
    door: Door,
) -> None:
    edit(door, f"/users/{door.world['ann']}", territory_id=door.world["east"])
    later = planned(door, "ann", "bob")
    door.world.clock.advance(-600)
    first = planned(door, "ann")
    door.world.clock.advance(600)
    seen = look(door)
    east, rest = seen["territories"]
    assert (east["code"], [one["name"] for one in east["technicians"]]) == ("E", ["Ann"])
    assert (rest["id"], [one["name"] for one in rest["technicians"]]) == (None, ["Bob", "Eve"])
    assert lane(seen, "Ann")["visits"] == [first, later]
    assert lane(seen, "Bob")["visits"] == [later]
    assert lane(seen, "Eve")["visits"] == []


def test_who_has_left_has_no_lane_and_their_visit_is_still_seen(door: Door) -> None:
    visit = planned(door, "bob")

    def leave(session: Any, now: Any) -> None:
        session.get_one(User, door.world.named["bob"]).active = False

    door.world.house.database.transact(leave)
    seen = look(door)
    names = [one["name"] for area in seen["territories"] for one in area["technicians"]]
    assert names == ["Ann", "Eve"]
    assert [one["id"] for one in seen["visits"]] == [visit]


def test_what_nobody_does_yet_stands_beside(door: Door) -> None:
    unassigned = planned(door)
    planned(door, "ann")
    late = open_order(door)
    soon = open_order(door, due="2026-11-22T12:00:00Z")
    gone = open_order(door)
    door.world.clock.advance(1)
    door.post(f"/work-orders/{gone}/cancel", "dora", reason="x")
    door.world.drain()
    seen = look(door)
    assert seen["unassigned"] == [unassigned]
    assert [one["id"] for one in seen["work_orders"]] == [soon, late]
    assert seen["work_orders"][0]["customer_name"] == "东方医院"
    assert seen["work_orders"][0]["request"] == "打印不清"


def test_a_cancelled_visit_is_not_on_the_board(door: Door) -> None:
    visit = planned(door)
    door.post(f"/visits/{visit}/cancel", "dora", reason="x")
    seen = look(door)
    assert (seen["visits"], seen["unassigned"]) == ([], [])


@pytest.mark.parametrize(
    ("since", "hours", "seen"),
    [(0, 1, False), (0, 1.01, True), (1.5, 0.5, True), (2.99, 5, True), (3, 5, False)],
)
def test_what_overlaps_the_window_is_on_the_board(
    door: Door, since: float, hours: float, seen: bool
) -> None:
    planned(door, "ann")  # from one hour after now to three
    assert len(look(door, hours, since)["visits"]) == seen


def test_a_phone_that_is_silent_stuck_or_revoked_is_seen_to_be(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann")
    phone.device.sync()
    seen_at = instant_text(door.world.clock.now())

    def stuck(session: Any, now: Any) -> None:
        row = session.get_one(Device, phone.device.id)
        row.unsent_facts, row.unsent_since = 7, now

    door.world.house.database.transact(stuck)
    (shown,) = lane(look(door), "Ann")["phones"]
    assert shown == {
        "id": str(phone.device.id), "name": "phone", "last_seen": seen_at, "unsent_facts": 7,
        "unsent_since": seen_at, "revoked": None,
    }  # fmt: skip
    door.ask("POST", f"/devices/{phone.device.id}/revoke", "sue")
    assert lane(look(door), "Ann")["phones"][0]["revoked"] is not None
    assert visit in lane(look(door), "Ann")["visits"]


def test_open_findings_are_counted_by_kind(door: Door) -> None:
    for number in range(2):
        visit, phone = planned(door, "bob"), door.phone("ann").device
        state(phone, door.world, "visit.arrived", visit)
        phone.sync()
        assert look(door)["findings"][0]["count"] == number + 1
    (count,) = look(door)["findings"]
    assert (count["code"], count["role"]) == ("visit.unassigned_work", "dispatcher")
    assert count["chinese"].endswith("。")


def test_there_is_more_than_is_told_and_it_says_so(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "VISITS_MAX", 2)
    monkeypatch.setattr(board, "WORK_ORDERS_MAX", 1)
    first = [planned(door) for _ in range(2)]
    open_order(door)
    door.world.drain()
    seen = look(door)
    assert ([one["id"] for one in seen["visits"]], seen["more"]) == (sorted(first), False)
    assert seen["more_work_orders"] is False
    planned(door)
    open_order(door)
    door.world.drain()
    seen = look(door)
    assert (len(seen["visits"]), seen["more"]) == (2, True)
    assert (len(seen["work_orders"]), seen["more_work_orders"]) == (1, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "from"),
        ("from=2026-11-22T08:00:00Z", "to"),
        ("from=2026-11-22T08:00:00Z&to=2026-11-22T08:00:00Z", "to"),
        ("from=2026-11-22T08:00:00Z&to=2026-12-23T08:00:01Z", "to"),
        ("from=2026-11-22T08:00:00&to=2026-11-23T08:00:00Z", "from"),
    ],
)
def test_a_window_is_given_and_at_most_a_month_long(door: Door, query: str, field: str) -> None:
    problem(door.ask("GET", f"/board?{query}", "dora"), 422, "wrong_value", field)


def test_the_board_is_for_the_office(door: Door) -> None:
    problem(door.ask("GET", "/board", "ann"), 403, "not_allowed")
    assert look(door, who="wang")["visits"] == []


def test_more_visits_cost_no_more_queries(door: Door) -> None:
    with counted(door) as of_none:
        look(door)
    for _ in range(3):
        state(phone := door.phone("ann").device, door.world, "visit.arrived", planned(door, "ann"))
        phone.sync()
        open_order(door)
    with counted(door) as of_many:
        look(door)
    asked = [one for one in of_many if one.startswith("SELECT")]
    assert len(asked) == len([one for one in of_none if one.startswith("SELECT")]) <= 10
