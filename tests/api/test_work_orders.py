"""Work orders: what was asked for may change, and may be called off, and reality wins."""

from typing import Any

import pytest

from models.facts import Standing
from sync.device import Json
from sync.invariants import violations
from tests.api.door import Door, problem, told
from tests.api.test_desk import NOBODY, open_order, plan, planned
from tests.api.test_edits import edit, etag
from tests.statements import state


def of_visit(door: Door, visit: str) -> str:
    (order,) = door.get(f"/visits/{visit}")["work_orders"]
    return str(order)


def cancel(door: Door, order: str) -> Any:
    return door.ask("POST", f"/work-orders/{order}/cancel", "dora", json={"reason": "客户取消"})


def test_a_change_is_a_decision_and_reaches_the_phone(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann").device
    order = of_visit(door, visit)
    path = f"/work-orders/{order}"
    door.world.drain()
    before = door.get(path)
    door.world.clock.advance(1)
    change = {"level": "urgent", "due": "2026-11-22T20:00:00.123456+08:00"}
    response = edit(door, path, "dora", **change)
    after = told(response)
    assert after == {**before, "level": "urgent", "due": "2026-11-22T12:00:00.123Z"}
    assert response.headers["ETag"] == etag(door, path)
    door.world.drain()
    phone.sync()
    (item,) = phone.documents("visit")[visit]["items"]
    assert (item["level"], item["due"]) == ("urgent", after["due"])
    newest = door.get(f"/decisions?subject={order}")["items"][0]
    assert (newest["kind"], newest["user"]) == ("work_order.changed", door.world["dora"])
    assert newest["data"]["changed"] == {"level": "urgent", "due": after["due"]}


def test_changes_add_up_in_the_order_in_which_they_were_decided(door: Door) -> None:
    order = open_order(door, due="2026-11-22T12:00:00Z")
    for change in ({"request": "卡纸"}, {"level": "urgent"}, {"due": None}, {"level": "minor"}):
        door.world.clock.advance(1)
        told(edit(door, f"/work-orders/{order}", "dora", **change))
    stands = door.get(f"/work-orders/{order}")
    assert (stands["request"], stands["level"], stands["due"]) == ("卡纸", "minor", None)
    assert len(door.get(f"/decisions?subject={order}")["items"]) == 5


def test_what_somebody_else_changed_since_is_not_overwritten(door: Door) -> None:
    order = open_order(door)
    path = f"/work-orders/{order}"
    seen = etag(door, path)
    told(edit(door, path, "dora", seen, level="urgent"))
    problem(edit(door, path, "dora", seen, level="minor"), 412, "precondition_failed")
    blind = door.ask("PATCH", path, "dora", json={"level": "minor"})
    problem(blind, 428, "precondition_needed")
    assert door.get(path)["level"] == "urgent"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"site": NOBODY}, "site"),
        ({"status": "resolved"}, "status"),
        ({"request": " "}, "request"),
        ({"level": None}, "level"),
        ({"due": "2026-11-22T12:00:00"}, "due"),
    ],
)
def test_only_what_was_asked_for_may_change(door: Door, change: Json, field: str) -> None:
    order = open_order(door)
    response = edit(door, f"/work-orders/{order}", "dora", **change)
    problem(response, 422, "wrong_value", field)


def test_changing_nothing_is_no_decision(door: Door) -> None:
    order = open_order(door)
    told(edit(door, f"/work-orders/{order}", "dora"))
    assert len(door.get(f"/decisions?subject={order}")["items"]) == 1


def test_an_order_that_nobody_opened_is_neither_changed_nor_cancelled(door: Door) -> None:
    path = f"/work-orders/{NOBODY}"
    headers = {"If-Match": "*"}
    change = door.ask("PATCH", path, "dora", json={"level": "x"}, headers=headers)
    problem(change, 404, "unknown", "id")
    problem(cancel(door, NOBODY), 404, "unknown", "work_order")


# Cancelling


def test_an_order_is_cancelled_only_after_its_visits_and_they_are_named(door: Door) -> None:
    visit = planned(door, "ann")
    order = of_visit(door, visit)
    refused = problem(cancel(door, order), 409, "in_use", "work_order")
    assert visit in refused["detail"]
    assert "assigned" in refused["detail"]
    door.post(f"/visits/{visit}/cancel", "dora", reason="x")
    door.world.clock.advance(1)
    cancelled = told(cancel(door, order))
    assert (cancelled["status"], cancelled["cancel_reason"]) == ("cancelled", "客户取消")
    assert [one["id"] for one in door.get("/work-orders?status=cancelled")["items"]] == [order]
    problem(cancel(door, order), 409, "work_order_ended", "work_order")
    change = edit(door, f"/work-orders/{order}", "dora", level="urgent")
    problem(change, 409, "work_order_ended", "work_order")


def test_no_visit_is_planned_for_what_was_cancelled(door: Door) -> None:
    order = open_order(door)
    door.world.clock.advance(1)
    told(cancel(door, order))
    response = door.ask("POST", "/visits", "dora", json=plan(door, order))
    problem(response, 409, "work_order_ended", "items.0.work_order")


def test_what_was_solved_cannot_be_called_off(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann").device
    state(phone, door.world, "record.sealed", visit)
    phone.sync()  # and the work order has not been judged yet
    refused = problem(cancel(door, of_visit(door, visit)), 409, "work_order_ended", "work_order")
    assert refused["detail"] == "it is resolved"


def test_work_that_was_done_all_the_same_is_done(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone("ann").device
    order = of_visit(door, visit)
    phone.sync()
    door.post(f"/visits/{visit}/cancel", "dora", reason="x")
    door.world.clock.advance(1)
    told(cancel(door, order))
    door.world.drain()
    assert door.get(f"/work-orders/{order}")["status"] == "cancelled"
    door.world.clock.advance(60)
    state(phone, door.world, "record.sealed", visit)
    phone.sync()
    door.world.drain()
    assert door.get(f"/work-orders/{order}")["status"] == "resolved"
    codes = {one["code"] for one in door.get("/findings")["items"]}
    assert "visit.work_after_cancellation" in codes


# What nobody folds yet


@pytest.mark.parametrize("about", ["work_order", "notice"])
def test_a_fact_of_a_newer_kind_about_what_the_desk_decides_waits_for_a_release(
    door: Door, about: str
) -> None:
    world, phone = door.world, door.phone("ann").device
    visit = planned(door, "ann")
    subject = of_visit(door, visit) if about == "work_order" else world.send_notice("ann")
    phone.state("drone.landed", (about, subject), {})
    phone.sync()
    world.drain()
    (standing,) = world.rows(Standing)
    assert (standing.state, standing.reason) == ("held", "newer")
    assert world.house.database.read(violations) == {}
