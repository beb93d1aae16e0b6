"""The desk's day: orders, visits, crews, stock and loaners."""

from datetime import timedelta
from typing import Any

import pytest

from models.clock import instant_text
from sync.device import Json
from tests.api.door import Door, problem, told

NOBODY = "00000000-0000-7000-8000-000000000000"


def open_order(door: Door, **changed: Any) -> str:
    values = {"site": door.world["site"], "asset": door.world["asset"], "request": "打印不清"}
    order: str = door.post("/work-orders", "dora", **{**values, **changed})["id"]
    return order


def plan(door: Door, order: str, **changed: Any) -> Json:
    start = door.world.clock.now() + timedelta(hours=1)
    return {
        "site": door.world["site"],
        "starts": instant_text(start),
        "ends": instant_text(start + timedelta(hours=2)),
        "items": [{"work_order": order, "task": "更换打印头"}],
        **changed,
    }


def crew(door: Door, lead: str, *helpers: str) -> list[Json]:
    members = [{"user": door.world[lead], "role": "lead"}]
    return members + [{"user": door.world[one], "role": "helper"} for one in helpers]


def planned(door: Door, *assigned: str) -> str:
    visit: str = door.post("/visits", "dora", **plan(door, open_order(door)))["id"]
    if assigned:
        door.put(f"/visits/{visit}/crew", "dora", crew=crew(door, *assigned), overlap=True)
    return visit


# Work orders and visits


def test_a_work_order_becomes_a_visit_that_is_reassigned_and_cancelled(door: Door) -> None:
    order = open_order(door, due="2026-11-22T20:00:00.123456+08:00")
    opened = door.get(f"/work-orders/{order}")
    assert (opened["status"], opened["due_basis"]) == ("received", "manual")
    assert opened["due"] == "2026-11-22T12:00:00.123Z"
    visit = door.post("/visits", "dora", **plan(door, order))
    assert (visit["status"], visit["work_orders"], visit["epoch"]) == ("planned", [order], 0)
    path = f"/visits/{visit['id']}"
    assert door.put(f"{path}/crew", "dora", crew=crew(door, "ann"))["status"] == "assigned"
    door.world.clock.advance(1)
    again = door.put(f"{path}/crew", "dora", crew=crew(door, "bob", "ann"))
    assert again["epoch"] == 2
    assert [one["until"] is None for one in again["assignments"]] == [False, True, True]
    cancelled = door.post(f"{path}/cancel", "dora", reason="客户取消")
    assert cancelled["status"] == "cancelled"
    for method, rest, body in (
        ("PUT", "plan", plan(door, order)),
        ("PUT", "crew", {"crew": crew(door, "ann")}),
        ("POST", "cancel", {"reason": "again"}),
    ):
        response = door.ask(method, f"{path}/{rest}", "dora", json=body)
        problem(response, 409, "visit_ended", "visit")


def test_what_was_planned_can_be_planned_anew(door: Door) -> None:
    visit, later = planned(door, "ann"), open_order(door)
    start = instant_text(door.world.clock.now() + timedelta(days=1))
    end = instant_text(door.world.clock.now() + timedelta(days=2))
    anew = door.put(f"/visits/{visit}/plan", "dora", **plan(door, later, starts=start, ends=end))
    assert anew["work_orders"] == [later]
    assert anew["starts"] == start
    assert anew["status"] == "assigned"


def test_a_visit_that_nobody_planned_cannot_be_planned_anew(door: Door) -> None:
    body = plan(door, open_order(door))
    response = door.ask("PUT", f"/visits/{NOBODY}/plan", "dora", json=body)
    problem(response, 404, "unknown", "id")


def test_a_phone_gets_the_visit_and_loses_it_with_the_reassignment(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann").device
    door.world.drain()
    phone.sync()
    assert visit in phone.documents("visit")
    door.world.clock.advance(1)
    door.put(f"/visits/{visit}/crew", "dora", crew=crew(door, "bob"))
    door.world.drain()
    phone.sync()
    assert visit not in phone.documents("visit")


def test_a_contact_that_is_added_later_reaches_the_phone(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann").device
    door.world.drain()
    phone.sync()
    door.post("/contacts", "dora", site_id=door.world["site"], name="李护士", phone="139")
    door.world.drain()
    phone.sync()
    names = [one["name"] for one in phone.documents("visit")[visit]["contacts"]]
    assert "李护士" in names


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({"site": NOBODY}, 404, "unknown", "site"),
        ({"items": []}, 422, "wrong_value", "items"),
        (
            {"items": [{"work_order": NOBODY, "task": "x"}]},
            404,
            "unknown",
            "items.0.work_order",
        ),
        ({"ends": "2026-11-22T07:00:00Z"}, 422, "wrong_value", "ends"),
        ({"loaner_duty": NOBODY}, 404, "unknown", "loaner_duty"),
        (
            {"parts_planned": [{"part": NOBODY, "quantity": "1"}]},
            404,
            "unknown",
            "parts_planned.0.part",
        ),
        ({"consents": ["everything"]}, 422, "wrong_value", "consents.0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_its_field(
    door: Door, change: Json, status: int, code: str, field: str
) -> None:
    body = plan(door, open_order(door), **change)
    problem(door.ask("POST", "/visits", "dora", json=body), status, code, field)
    assert door.get("/visits")["items"] == []


def test_a_work_order_of_another_site_is_not_planned(door: Door) -> None:
    elsewhere = door.post(
        "/sites", "dora", customer_id=door.world["customer"], name="分院", address="路"
    )
    order = open_order(door, site=elsewhere["id"], asset=None)
    response = door.ask("POST", "/visits", "dora", json=plan(door, order))
    problem(response, 422, "not_at_site", "items.0.work_order")


@pytest.mark.parametrize(
    ("members", "code", "field"),
    [
        ([("ann", "helper")], "lead_needed", "crew"),
        ([("ann", "lead"), ("bob", "lead")], "lead_needed", "crew"),
        ([("dora", "lead")], "not_technician", "crew.0.user"),
        ([("ann", "lead"), ("ann", "helper")], "wrong_value", "crew"),
        ([("ann", "boss")], "wrong_value", "crew.0.role"),
        ([], "wrong_value", "crew"),
    ],
)
def test_a_crew_has_one_lead_and_technicians_only(
    door: Door, members: list[tuple[str, str]], code: str, field: str
) -> None:
    visit = planned(door)
    body = {"crew": [{"user": door.world[name], "role": role} for name, role in members]}
    problem(door.ask("PUT", f"/visits/{visit}/crew", "dora", json=body), 422, code, field)


@pytest.mark.parametrize(("method", "what"), [("PUT", "crew"), ("POST", "cancel")])
def test_nothing_is_decided_about_a_visit_that_is_unknown(
    door: Door, method: str, what: str
) -> None:
    body = {"crew": crew(door, "ann")} if what == "crew" else {"reason": "x"}
    problem(
        door.ask(method, f"/visits/{NOBODY}/{what}", "dora", json=body), 404, "unknown", "visit"
    )


# Stock


def lines(door: Door, *of: tuple[str, str, str | None]) -> list[Json]:
    return [
        {"part": door.world[part], "quantity": quantity, "serial": serial}
        for part, quantity, serial in of
    ]


def stand_at(door: Door, place: str) -> list[tuple[str, str | None]]:
    found = door.get(f"/stock?place={door.world[place]}")["items"]
    return [(one["quantity"], one["serial"]) for one in found]


def move(door: Door, kind: str, of: list[Json]) -> Any:
    body: Json = {"place": door.world["main"], "lines": of}
    if kind == "shipments":
        body["to"] = door.world["van-a"]
    return door.ask("POST", f"/stock/{kind}", "wang", json=body)


def test_what_was_opened_can_be_shipped_and_no_more(door: Door) -> None:
    told(move(door, "openings", lines(door, ("roller", "5", None), ("head", "1", "S-1"))))
    door.world.clock.advance(1)
    told(move(door, "shipments", lines(door, ("roller", "2.5", None), ("head", "1", "S-1"))))
    assert stand_at(door, "main") == [("2.500", None)]
    door.world.clock.advance(1)
    over = lines(door, ("roller", "1", None), ("roller", "2", None))
    body = problem(move(door, "shipments", over), 409, "not_enough", "lines.1.quantity")
    assert "2.500" in body["detail"]
    gone = lines(door, ("head", "1", "S-1"))
    problem(move(door, "shipments", gone), 409, "not_enough", "lines.0.quantity")
    assert stand_at(door, "main") == [("2.500", None)]
    proved = door.get("/stock/proof")["checks"]
    assert len(proved) == 5
    assert all(check["violations"] == [] for check in proved)


def test_nothing_is_opened_twice_without_a_word_on_why(door: Door) -> None:
    opened = lines(door, ("roller", "5", None), ("head", "1", "S-1"))
    told(move(door, "openings", opened))
    body = problem(move(door, "openings", opened[:1]), 409, "opened_before", "lines.0.part")
    assert "Count what lies there instead" in body["remedy"]
    told(door.ask("POST", "/stock/openings", "wang", json={
        "place": door.world["main"], "lines": opened[:1], "again": "上架时漏数",
    }))  # fmt: skip
    for more in ({}, {"again": "上架时漏数"}):
        data = {"place": door.world["van-a"], "lines": opened[1:], **more}
        body = problem(door.ask("POST", "/stock/openings", "wang", json=data),
                       409, "opened_before", "lines.0.serial")  # fmt: skip
        assert body["detail"] == "by the books it is at main"
    assert sorted(stand_at(door, "main")) == [("1.000", "S-1"), ("10.000", None)]
    twice = lines(door, ("head", "1", "S-2"), ("head", "1", " ｓ-2"))
    problem(move(door, "openings", twice), 409, "opened_before", "lines.1.serial")
    gone = {"place": door.world["main"], "to": "scrap", "reason": "x", "lines": opened[1:]}
    told(door.ask("POST", "/stock/removals", "wang", json=gone))
    door.world.clock.advance(1)
    told(move(door, "openings", opened[1:]))


@pytest.mark.parametrize("kind", ["openings", "shipments"])
@pytest.mark.parametrize(
    ("line", "field"),
    [
        (("head", "1", None), "lines.0.serial"),
        (("head", "2", "S-1"), "lines.0.quantity"),
        (("roller", "1", "S-1"), "lines.0.serial"),
    ],
)
def test_a_part_with_serial_numbers_moves_one_by_one(
    door: Door, kind: str, line: tuple[str, str, str | None], field: str
) -> None:
    problem(move(door, kind, lines(door, line)), 422, "serial_needed", field)


@pytest.mark.parametrize("field", ["place", "to"])
def test_nothing_is_shipped_from_or_to_nowhere(door: Door, field: str) -> None:
    door.world.stock_van("main", "5")
    body = {
        "place": door.world["main"],
        "to": door.world["van-a"],
        "lines": lines(door, ("roller", "1", None)),
    }
    response = door.ask("POST", "/stock/shipments", "wang", json={**body, field: NOBODY})
    problem(response, 404, "unknown", field)
    virtual = next(p["id"] for p in door.get("/places")["items"] if p["kind"] == "customer")
    response = door.ask("POST", "/stock/shipments", "wang", json={**body, field: virtual})
    problem(response, 422, "wrong_value", field)


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2200-01-01"])
def test_parts_are_needed_and_due_on_days_of_our_times(door: Door, day: str) -> None:
    lines = [{"part": door.world["roller"], "quantity": "1"}]
    body = {"place": door.world["van-a"], "lines": lines}
    asked = door.ask("POST", "/requisitions", "wang", json={**body, "needed": day})
    problem(asked, 422, "wrong_value", "needed")
    announced = {**body, "supplier": "x", "due": day}
    problem(door.ask("POST", "/stock/deliveries", "wang", json=announced),
            422, "wrong_value", "due")  # fmt: skip


def test_nobody_keeps_a_place_twice_at_a_time(door: Door) -> None:
    body = {"place_id": door.world["van-a"], "user_id": door.world["bob"]}
    keeping = door.post("/keepers", **body)
    problem(door.ask("POST", "/keepers", json=body), 409, "exists", "user_id")
    door.post(f"/keepers/{keeping['id']}/end")
    door.post("/keepers", **body)


def test_nobody_keeps_a_place_where_nothing_can_lie(door: Door) -> None:
    virtual = next(p["id"] for p in door.get("/places")["items"] if p["kind"] == "customer")
    body = {"place_id": virtual, "user_id": door.world["eve"]}
    problem(door.ask("POST", "/keepers", json=body), 404, "unknown", "place_id")


# Loaners


def test_a_loaner_is_placed_and_its_chain_is_told(door: Door) -> None:
    loaner = door.world["loaner"]
    door.put(f"/loaners/{loaner}/place", "wang", place=door.world["main"])
    door.world.clock.advance(1)
    chain = door.put(f"/loaners/{loaner}/place", "wang", place=door.world["van-a"])["items"]
    assert [one["holder_id"] for one in chain] == [door.world["main"], door.world["van-a"]]
    assert [one["until"] is None for one in chain] == [False, True]
    assert door.get(f"/loaners/{loaner}/custody")["items"] == chain


def test_a_loaner_is_not_placed_nowhere(door: Door) -> None:
    path = f"/loaners/{door.world['loaner']}/place"
    problem(door.ask("PUT", path, "wang", json={"place": NOBODY}), 404, "unknown", "place")
    unknown = door.ask(
        "PUT", f"/loaners/{NOBODY}/place", "wang", json={"place": door.world["main"]}
    )
    problem(unknown, 404, "unknown", "loaner")
    problem(door.ask("GET", f"/loaners/{NOBODY}/custody"), 404, "unknown", "id")
