"""A customer's statement adds up, stays as it was confirmed, and tells late moves as from their
period."""

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook

from sync.device import Json
from sync.invariants import violations
from sync.settling import settlement
from tests.api.door import Door, problem
from tests.api.test_statements import advance_to
from tests.returned import agreement, ask, head, permit, receive, rollers
from tests.statements import STATEMENTS, Statement, put
from tests.sync.test_orders import let, order, ship
from tests.world import World

COLUMNS = ("sold", "guarantee", "returned")


@pytest.fixture
def world(world: World) -> World:
    """The customer is a dealer; in the warehouse are ten rollers and a print head."""
    agreement(world, "ebike-dealer")
    world.stock_van("main", "10", "S-1")
    world.drain()
    return world


def told(door: Door, month: str = "2026-11", who: str = "dora", whose: str = "customer") -> Json:
    found: Json = door.get(f"/customers/{door.world[whose]}/statement?month={month}", who)
    return found


def lines(said: Json, key: str = "lines") -> dict[str, dict[str, str]]:
    """By code of the part, what is not nothing of its line."""
    return {
        one["part_code"]: {name: one[name] for name in COLUMNS if float(one[name])}
        for one in said[key]
    }


def confirm(door: Door, said: Json, who: str = "wang") -> Any:
    path = f"/customers/{said['customer']}/statement/confirm"
    return door.ask("POST", path, who, json={name: said[name] for name in ("month", "sha256")})


def opened(world: World, kind: str, *wanted: Json) -> None:
    """An order of the dealer's, which passed its gates."""
    order(world, kind, lines=list(wanted))
    for gate in ("paid", "list", "waybill") if kind == "guarantee" else ("paid",):
        let(world, gate)


def busy(world: World) -> None:
    """Of four rollers two are shipped, and the head in the guarantee period; of two rollers that
    may come back one comes."""
    opened(world, "sold", rollers(world, "4"))
    ship(world, "2")
    opened(world, "guarantee", head(world, "S-1"))
    ship(world, lines=[head(world, "S-1")])
    back = ask(world, rollers(world, "2"))
    permit(world, back, "exchange")
    receive(world, back, rollers(world, "1"), rollers(world, "1", refused="messy", note="脏"))
    ask(world, rollers(world, "5"), name="not permitted")
    later = ask(world, rollers(world, "3"), head(world, "S-7"), name="later")
    permit(world, later, "exchange")
    world.drain()


def test_a_customers_statement_tells_what_was_shipped_accepted_and_is_open(door: Door) -> None:
    busy(door.world)
    world, said = door.world, told(door)
    assert lines(said) == {
        "H-1": {"guarantee": "1.000"}, "R-1": {"sold": "2.000", "returned": "1.000"}
    }  # fmt: skip
    assert said["earlier"] == []
    (open_order,) = said["orders"]
    assert (open_order["kind"], open_order["part_code"]) == ("sold", "R-1")
    assert (open_order["quantity"], open_order["asked"]) == ("2.000", "2026-11-22")
    assert [(one["return"], one["serial"], one["quantity"]) for one in said["returns"]] == [
        (world["later"], "S-7", "1.000"), (world["later"], None, "3.000"),
    ]  # fmt: skip
    assert world.house.database.read(violations) == {}


def test_nothing_is_told_of_other_months_and_of_other_customers(door: Door) -> None:
    busy(door.world)
    other = door.post("/customers", "dora", code="C-2", name="别家")["id"]
    door.world.named["other"] = other
    for said in (told(door, "2026-10"), told(door, whose="other")):
        for name in ("lines", "earlier", "orders", "returns"):
            assert said[name] == [], name
    advance_to(door.world, 2026, 12, 5)
    assert (told(door, "2026-12")["lines"], len(told(door, "2026-12")["orders"])) == ([], 1)


def test_what_a_technician_used_at_the_customers_is_none_of_their_orders(door: Door) -> None:
    world = door.world
    world.stock_van("van-a", "5")
    world.drain()
    phone, visit = door.phone("ann").device, world.open_visit()
    phone.sync()
    put(phone, "record.sealed", STATEMENTS["record.sealed"](world, visit))
    phone.sync()
    world.drain()
    assert told(door)["lines"] == []


def test_what_was_sent_back_and_goes_to_the_customer_again_is_shipped_and_not_returned(
    door: Door,
) -> None:
    world = door.world
    busy(world)
    opened(world, "sold", rollers(world, "1"))
    ship(world, "1", place=world["bad"], **{"return": world["return"]})
    world.drain()
    assert lines(told(door))["R-1"] == {"sold": "3.000", "returned": "1.000"}


def test_what_is_taken_back_late_stands_in_the_next_statement_as_from_its_period(
    door: Door,
) -> None:
    """A late fact of November tells that the head that was shipped had been elsewhere before."""
    world, phone = door.world, door.phone("ann").device
    data = {"transfer": str(world.new("handed on")), "to": world["van-b"],
            "lines": [{"part": world["head"], "quantity": "1", "serial": "S-1"}]}  # fmt: skip
    put(phone, "stock.transferred", Statement(("place", world["van-a"]), data))
    busy(world)
    advance_to(world, 2026, 12, 5)
    before = told(door)
    assert confirm(door, before).status_code == 200
    phone.sync()
    world.drain()
    assert told(door, "2026-12")["lines"] == []  # what only covers a difference is not theirs
    found = next(one for one in world.found("stock.serial_jump")
                 if one.evidence["from"] == world["main"])  # fmt: skip
    world.decide("finding.settled", "dora", **settlement(found, "first_use_holds", found.digest))
    world.drain()
    after, following = told(door), told(door, "2026-12")
    assert (after["lines"], after["sha256"]) == (before["lines"], before["sha256"])
    assert lines(following) == lines(following, "earlier") == {"H-1": {"guarantee": "-1.000"}}
    assert [one["period"] for one in following["earlier"]] == ["2026-11"]
    assert world.house.database.read(violations) == {}


def test_the_warehouse_confirms_a_month_that_is_over_once_as_it_was_seen(door: Door) -> None:
    world = door.world
    busy(world)
    advance_to(world, 2026, 11, 30, 15)  # 23:00 in Shanghai
    problem(confirm(door, told(door)), 422, "wrong_value", "month")
    advance_to(world, 2026, 11, 30, 17)
    said = told(door)
    problem(confirm(door, {**said, "sha256": "0" * 64}), 409, "statement_changed", "sha256")
    for who in ("dora", "ann"):
        problem(confirm(door, said, who), 403, "not_allowed")
    path = f"/customers/{world['customer']}/statement?month=2026-11"
    problem(door.ask("GET", path, "ann"), 403, "not_allowed")
    answer = confirm(door, said)
    assert answer.status_code == 200
    assert (answer.json["confirmed"]["by"], answer.json["sha256"]) == ("Wang", said["sha256"])
    problem(confirm(door, said), 409, "exists", "month")


def test_a_confirmed_statement_keeps_its_content_though_names_change_and_orders_end(
    door: Door,
) -> None:
    world = door.world
    busy(world)
    advance_to(world, 2026, 12, 5)
    said = told(door)
    assert confirm(door, said).status_code == 200
    for path in (f"/parts/{world['roller']}", f"/customers/{world['customer']}"):
        etag = door.ask("GET", path).headers["ETag"]
        changed = door.ask("PATCH", path, json={"name": "新名"}, headers={"If-Match": etag})
        assert changed.status_code == 200
    world.decide("requisition.refused", "wang", requisition=said["orders"][0]["requisition"],
                 reason="缺货")  # fmt: skip
    world.drain()
    kept = told(door)
    assert kept["confirmed"] is not None
    assert {**kept, "confirmed": None} == {**said, "confirmed": None}
    following = told(door, "2026-12")
    assert (following["customer_name"], following["orders"]) == ("新名", [])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_customers_statement_is_a_table_as_csv_and_xlsx(door: Door, lang: str) -> None:
    busy(door.world)
    path = f"/customers/{door.world['customer']}/statement/file?month=2026-11&lang={lang}"
    text = door.ask("GET", path, "dora").data.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text)))
    at = [rows[0].index(name) for name in (
        ("部分", "备件编号", "销售", "未结数量") if lang == "zh"
        else ("section", "part code", "sold", "open")
    )]  # fmt: skip
    sections = ("本期", "未发订单", "未到退货") if lang == "zh" else (
        "month", "open orders", "open returns")  # fmt: skip
    assert [[row[place] for place in at] for row in rows[1:]] == [
        [sections[0], "H-1", "0", ""], [sections[0], "R-1", "2", ""],
        [sections[1], "R-1", "", "2"],
        [sections[2], "H-1", "", "1"], [sections[2], "R-1", "", "3"],
    ]  # fmt: skip
    book = load_workbook(BytesIO(door.ask("GET", f"{path}&format=xlsx", "dora").data))
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    assert [str(cell) for cell in sheet[0]] == rows[0]
    assert len(sheet) == len(rows)


def test_no_month_and_no_customer_are_refused(door: Door) -> None:
    world = door.world
    for tail in ("statement?month=2026-13", "statement", "statement/file?month=1900-01"):
        path = f"/customers/{world['customer']}/{tail}"
        assert door.ask("GET", path, "wang").status_code == 422
    nobody = {"customer": world["ann"], "month": "2026-10", "sha256": "0" * 64}
    problem(confirm(door, nobody), 404, "unknown", "customer")
    path = f"/customers/{world['ann']}/statement?month=2026-11"
    problem(door.ask("GET", path, "wang"), 404, "unknown", "customer")
