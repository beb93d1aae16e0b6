"""What happened to stock and who has what is written as CSV and XLSX, row by row."""

import csv
from io import BytesIO, StringIO

from openpyxl import load_workbook

from models.stock.rows import Move
from models.tables.journals import JOURNALS
from tests.api.door import Door
from tests.returned import ask, head, permitted, receive, remove, rollers
from tests.statements import state


def written(door: Door, name: str, lang: str = "en") -> list[dict[str, str]]:
    response = door.ask("GET", f"/exports/{name}?lang={lang}", "wang")
    assert response.status_code == 200
    return list(csv.DictReader(StringIO(response.data.decode("utf-8-sig"))))


def test_what_was_asked_for_sent_and_moved_is_written_row_by_row(door: Door) -> None:
    world, phone = door.world, door.phone("ann").device
    world.stock_van("main", "10")
    state(phone, world, "parts.requested", "")
    phone.once()
    world.drain()
    (asked,) = door.get("/requisitions", "wang")["items"]
    lines = [{"part": world["roller"], "quantity": "3"}]
    sent = door.post(
        f"/requisitions/{asked['id']}/ship", "wang", place=world["main"], lines=lines
    )  # fmt: skip
    world.drain()
    moves = written(door, "moves")
    assert [one["id"] for one in moves] == [
        str(one.id) for one in sorted(world.rows(Move), key=lambda one: (one.posted, str(one.id)))
    ]
    told = {(one["from"], one["to"], one["quantity"], one["part code"]) for one in moves}
    assert told == {("adjustment", "main", "10", "R-1"), ("main", "in_transit", "3", "R-1")}
    (transfer,) = written(door, "transfers", "zh")
    assert (transfer["调拨单"], transfer["类别"]) == (sent["transfers"][0], "发货")
    rollers = [one for one in written(door, "requisitions") if one["part code"] == "R-1"]
    assert [(one["requisition"], one["shipped"]) for one in rollers] == [(asked["id"], "3")]
    assert rollers[0]["status"] == "in transit"


def test_returns_are_written_line_by_line_in_both_languages(door: Door) -> None:
    world = door.world
    return_id = permitted(world, rollers(world, "5"), head(world, "S-1"))
    receive(world, return_id, rollers(world, "3"), rollers(world, "2", refused="messy"))
    remove(world, rollers(world, "2"), repair=True, due="2026-12-20", **{"return": return_id})
    by_part = {one["part code"]: one for one in written(door, "returns")}
    told = [by_part["R-1"][name] for name in ("case", "outcome", "status", "listed", "accepted")]
    assert told == ["in warranty", "return", "partly received", "5", "3"]
    assert [by_part["R-1"][name] for name in ("refused", "to repair")] == ["2", "2"]
    assert (by_part["H-1"]["listed"], by_part["H-1"]["accepted"]) == ("1", "0")
    ask(world)
    unlisted = written(door, "returns", "zh")[-1]
    assert (unlisted["状态"], unlisted["备件编号"], unlisted["清单数量"]) == ("已申请", "", "")
    (away,) = written(door, "repairs")
    assert (away["quantity"], away["back"], away["return"]) == ("2", "0", return_id)


def test_who_owes_what_and_has_which_loaner_and_unit_is_written(door: Door) -> None:
    world, phone = door.world, door.phone("ann").device
    world.stock_van("van-a", "5", "S-1")
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    visit = world.open_visit()
    for kind in ("record.sealed", "loaner.handed_over", "unit.taken"):
        world.clock.advance(60)
        state(phone, world, kind, visit)
    phone.once()
    world.drain()
    unit = world["asset"]
    world.decide("unit.received", "wang", asset=unit, place=world["main"], note="")
    world.decide("unit.diagnosed", "wang", asset=unit, fault="主板烧毁")
    world.decide("unit.quoted", "wang", asset=unit, price_fen=68_050, note="")
    world.drain()
    (owed,) = written(door, "debts")
    told = [owed[name] for name in ("owed by", "part code", "serial number", "quantity", "visit")]
    assert told == ["Ann", "H-1", "OLD-S-1", "1", visit]
    body = {"place": world["bad"], "verdict": "maker", "note": "烧坏"}
    door.post(f"/debts/{owed['id']}/receive", "wang", **body)
    (came,) = door.get("/debts/received?verdict=maker", "wang")["items"]
    told = [came[name] for name in ("place_code", "part_code", "serial", "note", "user_name")]
    assert told == ["bad", "H-1", "OLD-S-1", "烧坏", "Wang"]
    assert door.get("/debts/received?verdict=scrap", "wang")["items"] == []
    before, lent = written(door, "custody", "zh")
    assert [before[name] for name in ("状态", "保管方", "结束时间")] == [
        "可借", "van-a", lent["起始时间"],
    ]  # fmt: skip
    assert [lent[name] for name in ("状态", "库位或客户", "保管方", "技术员", "应还日期")] == [
        "借出", "客户地点", "门诊楼", "Ann", "2026-12-06",
    ]  # fmt: skip
    assert lent["签收人"]
    assert lent["附件"]
    (stay,) = written(door, "units")
    told = [stay[name] for name in ("customer", "taken by", "may lose its data", "condition")]
    assert told == ["东方医院", "Ann", "yes", "not working"]
    told = [stay[name] for name in ("step", "place code", "price in yuan", "until")]
    assert told == ["quoted", "main", "680.50", ""]


def test_a_journal_is_a_sheet_too_and_no_technicians(door: Door) -> None:
    for name, table in JOURNALS.items():
        data = door.ask("GET", f"/exports/{name}?format=xlsx&lang=zh", "dora").data
        rows = list(load_workbook(BytesIO(data)).worksheets[0].iter_rows(values_only=True))
        assert list(rows[0]) == [column.heading.zh for column in table.columns]
        assert door.ask("GET", f"/exports/{name}", "ann").status_code == 403
