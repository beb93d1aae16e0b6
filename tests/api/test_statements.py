"""A statement adds up, stays as it was confirmed, and tells late moves as from their period."""

import csv
from datetime import timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook

from models.stock.fitted import Debt
from models.stock.statement import keeper_moves
from sync.device import Device, Json
from sync.invariants import violations
from tests.api.door import Door, problem
from tests.statements import Statement, put, state
from tests.world import World

COLUMNS = ("opening", *keeper_moves.COLUMNS, "closing")


@pytest.fixture
def world(world: World) -> World:
    """The world's clock begins in November; ann's van got five rollers then."""
    world.stock_van("van-a", "5", "S-1")
    world.drain()
    return world


def advance_to(world: World, year: int, month: int, day: int, hour: int = 0) -> None:
    """Let time pass to that hour of UTC."""
    at = world.clock.now().replace(year=year, month=month, day=day, hour=hour, minute=0, second=0)
    world.clock.advance((at - world.clock.now()) / timedelta(seconds=1))


def told(door: Door, month: str, user: str = "ann", who: str = "wang") -> Json:
    found: Json = door.get(f"/statements?user={door.world[user]}&month={month}", who)
    return found


def line(told: Json, part: str = "R-1", key: str = "lines") -> dict[str, str]:
    """What is not nothing of the part's line."""
    (one,) = [one for one in told[key] if one["part_code"] == part]
    shown = {name: one[name] for name in COLUMNS if name in one}
    return {name: value for name, value in shown.items() if Decimal(value)}


def confirm(door: Door, said: Json, who: str = "wang") -> Any:
    path = f"/statements/{said['user']}/{said['month']}/confirm"
    return door.ask("POST", path, who, json={"sha256": said["sha256"]})


def rollers(world: World, quantity: str) -> list[Json]:
    return [{"part": world["roller"], "quantity": quantity}]


def hand_on(world: World, phone: Device, quantity: str, to: str = "van-b") -> None:
    transfer = str(world.new("transfer"))
    data = {"transfer": transfer, "to": world[to], "lines": rollers(world, quantity)}
    put(phone, "stock.transferred", Statement(("place", world["van-a"]), data))


def busy(door: Door) -> None:
    """In November ann uses two rollers and a head, hands one on, returns one; then counts four."""
    world, phone = door.world, door.phone("ann").device
    visit = world.open_visit()
    phone.sync()
    place = ("place", world["van-a"])
    state(phone, world, "record.sealed", visit)
    for to in ("van-b", "bad"):
        world.clock.advance(60)
        hand_on(world, phone, "1", to)
    phone.sync()
    world.drain()
    world.clock.advance(3600)
    put(phone, "stock.counted", Statement(place, {"lines": rollers(world, "4")}))
    phone.sync()
    world.drain()


def test_a_statement_adds_up_column_by_column(door: Door) -> None:
    busy(door)
    said = told(door, "2026-11")
    assert line(said) == {
        "used": "2.000", "handed_on": "1.000", "returned": "1.000", "counted": "8.000",
        "closing": "4.000",
    }  # fmt: skip
    assert line(said, "H-1") == {"used": "1.000", "counted": "1.000"}
    for one in said["lines"]:
        entered = [Decimal(one[name]) for name in ("opening", "received", "counted", "other")]
        left = [Decimal(one[name]) for name in keeper_moves.LEAVING]
        assert sum(entered) - sum(left) == Decimal(one["closing"])
    (debt,) = said["debts"]
    assert debt["debt"] == str(door.world.rows(Debt)[0].id)
    assert said["earlier"] == []
    assert door.world.house.database.read(violations) == {}


def test_what_one_month_ends_with_the_next_begins_with(door: Door) -> None:
    busy(door)
    advance_to(door.world, 2026, 12, 10)
    assert line(told(door, "2026-12")) == {"opening": "4.000", "closing": "4.000"}
    assert told(door, "2026-10")["lines"] == []


def test_what_is_stated_late_stands_in_the_next_statement_as_from_its_period(door: Door) -> None:
    world, phone = door.world, door.phone("ann").device
    world.clock.advance(60)
    hand_on(world, phone, "2")
    advance_to(world, 2026, 12, 5)
    before = told(door, "2026-11")
    assert confirm(door, before).status_code == 200
    phone.sync()
    world.drain()
    after, following = told(door, "2026-11"), told(door, "2026-12")
    assert (after["lines"], after["sha256"]) == (before["lines"], before["sha256"])
    assert line(following) == {"opening": "5.000", "handed_on": "2.000", "closing": "3.000"}
    (earlier,) = following["earlier"]
    assert (earlier["period"], line(following, key="earlier")) == (
        "2026-11", {"handed_on": "2.000"}
    )  # fmt: skip


def test_what_was_posted_anew_is_taken_back_where_it_stood(door: Door) -> None:
    """A late transfer of November changes by how much that month's count had differed."""
    world, phone = door.world, door.phone("ann").device
    world.clock.advance(60)
    hand_on(world, phone, "2")
    busy(door)
    advance_to(world, 2026, 12, 5)
    assert line(told(door, "2026-12")) == {"opening": "4.000", "closing": "4.000"}
    phone.sync()
    world.drain()
    said = told(door, "2026-12")
    late = {"handed_on": "2.000", "counted": "1.000", "other": "1.000"}
    assert line(said) == {"opening": "4.000", **late, "closing": "4.000"}
    assert line(said, key="earlier") == late
    assert world.house.database.read(violations) == {}


def test_a_month_is_over_by_the_companys_clock_and_confirmed_once_as_it_was_seen(
    door: Door,
) -> None:
    world = door.world
    advance_to(world, 2026, 11, 30, 15)  # 23:00 in Shanghai
    problem(confirm(door, told(door, "2026-11")), 422, "wrong_value", "month")
    advance_to(world, 2026, 11, 30, 17)
    said = told(door, "2026-11")
    problem(confirm(door, {**said, "sha256": "0" * 64}), 409, "statement_changed", "sha256")
    problem(confirm(door, said, "bob"), 404, "unknown", "user")
    problem(confirm(door, said, "dora"), 403, "not_allowed")
    answer = confirm(door, said, "ann")
    assert answer.status_code == 200
    assert answer.json["confirmed"]["by"] == "Ann"
    assert answer.json["sha256"] == said["sha256"]
    problem(confirm(door, said), 409, "exists", "month")


def test_a_confirmed_statement_keeps_its_content_though_names_change(door: Door) -> None:
    busy(door)
    advance_to(door.world, 2026, 12, 5)
    said = told(door, "2026-11")
    confirm(door, said)
    etag = door.ask("GET", f"/parts/{door.world['roller']}").headers["ETag"]
    path = f"/parts/{door.world['roller']}"
    door.ask("PATCH", path, "wang", json={"name": "新名"}, headers={"If-Match": etag})
    kept = told(door, "2026-11")
    assert kept["confirmed"] is not None
    assert {**kept, "confirmed": None} == {**said, "confirmed": None}


def test_a_place_counts_for_its_keeper_from_when_to_when_they_kept_it(door: Door) -> None:
    busy(door)
    world = door.world
    (keeping,) = door.get(f"/keepers?place={world['van-a']}")["items"]
    world.clock.advance(3600)
    door.post(f"/keepers/{keeping['id']}/end")
    door.post("/keepers", place_id=world["van-a"], user_id=world["eve"])
    world.clock.advance(3600)
    world.stock_van("van-a", "6")
    world.drain()
    assert line(told(door, "2026-11"))["closing"] == "4.000"
    assert line(told(door, "2026-11", "eve")) == {
        "opening": "4.000", "counted": "6.000", "closing": "10.000"
    }  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_statement_is_a_table_as_csv_and_xlsx(door: Door, lang: str) -> None:
    busy(door)
    path = f"/statements/{door.world['ann']}/2026-11/file?lang={lang}"
    text = door.ask("GET", path, "ann").data.decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text)))
    at = rows[0].index("期末结存" if lang == "zh" else "closing")
    assert next(row[at] for row in rows if "R-1" in row) == "4"
    assert rows[-1][0] == ("欠还旧件" if lang == "zh" else "owed")
    book = load_workbook(BytesIO(door.ask("GET", f"{path}&format=xlsx", "ann").data))
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    assert [str(cell) for cell in sheet[0]] == rows[0]
    assert len(sheet) == len(rows)


def test_no_month_and_nobody_are_refused(door: Door) -> None:
    for month in ("2026-13", "202611", "1900-01"):
        assert door.ask("GET", f"/statements?month={month}", "wang").status_code == 422
        path = f"/statements/{door.world['ann']}/{month}/file"
        problem(door.ask("GET", path, "wang"), 422, "wrong_value", "month")
    nobody = door.world["roller"]
    problem(door.ask("GET", f"/statements?month=2026-11&user={nobody}"), 404, "unknown", "user")
