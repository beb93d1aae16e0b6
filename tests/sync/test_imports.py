"""A file is written whole or not at all, and what was exported changes nothing."""

import threading
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from models.base import Base
from models.contracts.reading import read_plan_file
from models.contracts.rows import Contract, ServicePlan
from models.customers import Asset, Customer, Site
from models.dialect import insert_rows
from models.edits import Edit
from models.feed import SourceMark
from models.loaners.rows import Loaner
from models.serials import normal
from models.stock.demand import StockLevel
from models.stock.rows import Part
from models.tables import desk
from models.tables.catalogue import ASSETS, CUSTOMERS, LOANERS, PARTS, SITES, STOCK, TABLES
from models.tables.description import Table
from models.tables.importing import Outcome
from models.tables.problems import FileRefused
from sync.imports import import_file
from tests.sheets import csv_of, exported, imported, refused
from tests.world import ZONE, World

FORMS = [
    ("csv", "en", "utf-8"),
    ("csv", "zh", "utf-8"),
    ("csv", "en", "gb18030"),
    ("csv", "zh", "gb18030"),
    ("xlsx", "en", "utf-8"),
    ("xlsx", "zh", "utf-8"),
]
HARD = [
    "=1+1", "@SUM(A1)", "-7", " x ", "'=x", "''", "007", "1.2E+10", "#N/A", "a,b;c\td",
    'say "x"', "two\nlines", "a\r\nb", "_x000D_", "𠮷野家", "\uffff", "东方医院", "Ünïcödé",
    "x" * 200,
]  # fmt: skip


def marks(world: World) -> list[tuple[str, str]]:
    return [(mark.type, mark.source) for mark in world.rows(SourceMark)]


def told(refusal: FileRefused) -> list[tuple[str, str]]:
    return [(one.cell, one.code) for one in refusal.problems]


def values(world: World, row: type[Base]) -> list[dict[str, Any]]:
    return sorted((one.values() for one in world.rows(row)), key=str)


# The round trip


def fill(world: World, booked: bool = False) -> None:
    """Rows of every table whose texts are hard to carry; stock only where it is asked for."""
    new, named = world.ids.new, world.named
    plan = new(world.clock.now())
    customers: list[dict[str, Any]] = []
    contracts: list[dict[str, Any]] = []
    sites: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    assets, loaners, levels = [], [], []
    for number, text in enumerate(HARD):
        now = world.clock.now()
        customer = {"id": new(now), "code": text, "name": text}
        site = {
            "id": new(now), "customer_id": customer["id"], "name": text, "address": text,
            "territory_id": named["east"] if number % 2 else None, "zone": "America/Nuuk",
            "access_notes": text if number % 3 else "",
        }  # fmt: skip
        day = date(1899 + number * 17, 2, 28) if number % 2 else None
        device = {"id": new(now), "model": text, "serial": normal(text)}
        assets.append({**device, "site_id": site["id"], "name": text, "installed": day})
        loaners.append({**device, "id": new(now), "accessories": text if number % 2 else ""})
        contracts.append(
            {
                "id": new(now),
                "code": text,
                "customer_id": customer["id"],
                "plan_id": plan,
                "starts": date(2026, 1, 1),
                "ends": day and date(2027, 1, 1),
                "parameters": {"hours": number + 1},
                "dates": {"paid": "2026-01-05"} if day else {},
                "fixed": {},
            }
        )
        tracking = ("none", "lot", "serial")[number % 3]
        part = {"id": new(now), "code": text, "name": text, "unit": text, "tracking": tracking}
        level = {"id": new(now), "place_id": named["van-a"], "part_id": part["id"], "shelf": text}
        levels.append({**level, "least": Decimal(number % 2), "most": Decimal(number)})
        customers, sites, parts = [*customers, customer], [*sites, site], [*parts, part]

    def body(session: Session, now: Any) -> None:
        for row, rows in (
            (Customer, customers), (Site, sites), (Asset, assets), (Part, parts), (Loaner, loaners),
            (StockLevel, levels), (ServicePlan, [small_plan(plan, now)]), (Contract, contracts),
        ):  # fmt: skip
            insert_rows(session, row, rows)

    world.house.database.transact(body)
    if booked:
        _book(world, parts)
    world.drain()


def small_plan(id_: Any, now: Any) -> dict[str, Any]:
    """A plan with one blank and one term."""
    content = read_plan_file(SMALL)
    title = {"en": "Small", "zh": "小"}
    return {"id": id_, "name": "small", "version": 1, "title": title, "text": SMALL,
            "content": content, "added": now}  # fmt: skip


SMALL = """{plan: small, version: 1, en: Small, zh: 小,
parameters: {hours: {unit: hours, en: hours, zh: 小时}},
targets: [{target: reply, clause: small.1, en: A., zh: 甲。, within: $hours hours, until: replied}],
terms: [{term: free, clause: small.2, en: B., zh: 乙。, lasts: 1 month, from: paid}]}"""


def _book(world: World, parts: list[dict[str, Any]]) -> None:
    lines = [
        {
            "part": str(part["id"]),
            "lot": part["code"] if part["tracking"] == "lot" else None,
            "serial": normal(part["code"]) if part["tracking"] == "serial" else None,
            "quantity": "1" if part["tracking"] == "serial" else f"{number + 1}.125",
        }
        for number, part in enumerate(parts)
    ]
    world.decide("stock.opened", "wang", place=world["main"], lines=lines)
    world.stock_van("van-a", "5", "SN-1")


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_what_was_exported_changes_nothing(world: World, table: Table) -> None:
    fill(world, booked=table is STOCK)
    before = values(world, table.row)
    for format_, lang, encoding in FORMS:
        file = exported(world, table, format_, lang, encoding)  # type: ignore[arg-type]
        outcome = imported(world, table, file, encoding=encoding if format_ == "csv" else None)
        assert outcome == Outcome(unchanged=len(before)), (format_, lang, encoding)
        assert outcome.unchanged >= len(HARD)
    assert values(world, table.row) == before
    assert marks(world) == []


@pytest.mark.parametrize("table", [CUSTOMERS, SITES, ASSETS, PARTS, LOANERS], ids=lambda t: t.name)
def test_an_export_brings_back_what_was_changed(world: World, table: Table) -> None:
    fill(world)
    before, file = values(world, table.row), exported(world, table, "xlsx", "zh")
    name = {"assets": "name", "parts": "unit"}.get(table.name, table.columns[-1].name)
    spoil = update(table.row).values({name: "other"})
    world.house.database.transact(lambda session, now: session.execute(spoil))
    assert imported(world, table, file) == Outcome(changed=len(before))
    assert values(world, table.row) == before


# Adding and changing


def test_lines_are_added_changed_or_left_by_their_key(world: World) -> None:
    file = csv_of(["客户编号", "客户名称"], ["C1", "东方医院"], ["C2", "西方医院"])
    assert imported(world, CUSTOMERS, file) == Outcome(added=1, unchanged=1)
    file = csv_of(["name", "code"], ["Eastern Hospital", "C1"], ["西方医院", "C2"])
    assert imported(world, CUSTOMERS, file) == Outcome(changed=1, unchanged=1)
    assert {(row.code, row.name) for row in world.rows(Customer)} == {
        ("C1", "Eastern Hospital"),
        ("C2", "西方医院"),
    }


def test_only_what_changed_is_marked(world: World) -> None:
    world.drain()
    lines = [["C1", "New name"], ["C2", "x"]]
    imported(world, CUSTOMERS, csv_of(["code", "name"], *lines))
    ids = {row.code: str(row.id) for row in world.rows(Customer)}
    assert sorted(marks(world)) == sorted([("customer", ids["C1"]), ("customer", ids["C2"])])
    world.drain()
    imported(world, CUSTOMERS, csv_of(["code", "name"], *lines))
    assert marks(world) == []


def test_phones_see_what_an_import_changed(world: World) -> None:
    world.open_visit()
    phone = world.device()
    phone.sync()
    file = csv_of(
        ["customer", "site name", "address", "access notes"],
        ["C1", "门诊楼", "延安路 2 号", "从北门进"],
    )
    assert imported(world, SITES, file).changed == 1
    world.drain()
    phone.sync()
    (visit,) = phone.documents("visit").values()
    assert (visit["site"]["address"], visit["site"]["access_notes"]) == ("延安路 2 号", "从北门进")


def test_new_parts_are_in_every_catalogue(world: World) -> None:
    phone = world.device()
    imported(world, PARTS, csv_of(["备件编号", "备件名称", "追踪方式"], ["B-1", "皮带", "批次"]))
    world.drain()
    phone.sync()
    parts = {part["code"]: part for part in phone.documents("part").values()}
    assert (parts["B-1"]["unit"], parts["B-1"]["tracking"]) == ("pc", "lot")


def test_a_column_that_is_left_out_stays_as_it_is(world: World) -> None:
    imported(world, SITES, csv_of(["customer", "name", "address"], ["C1", "门诊楼", "新路"]))
    (site,) = world.rows(Site)
    assert (site.address, site.access_notes, site.zone) == ("新路", "从南门进", ZONE)


def test_an_empty_cell_empties(world: World) -> None:
    file = csv_of(["customer", "name", "address", "access notes"], ["C1", "门诊楼", "路", ""])
    imported(world, SITES, file)
    assert world.rows(Site)[0].access_notes == ""


def test_new_rows_have_what_stands_for_empty(world: World) -> None:
    imported(world, SITES, csv_of(["customer", "name", "address"], ["C1", "new", "x"]))
    (site,) = world.rows(Site, Site.name == "new")
    assert (site.zone, site.territory_id, site.access_notes) == ("Asia/Shanghai", None, "")


def test_sites_and_assets_name_others_by_their_codes(world: World) -> None:
    sites = csv_of(
        ["customer", "site name", "address", "territory code"], ["C1", "急诊楼", "路", "E"]
    )
    assert imported(world, SITES, sites).added == 1
    (site,) = world.rows(Site, Site.name == "急诊楼")
    assert (str(site.customer_id), str(site.territory_id)) == (world["customer"], world["east"])
    heading = ["model", "serial", "name", "customer", "site"]
    assets = csv_of(heading, ["BP-200", "A-1", "printer", "C1", "急诊楼"])
    assert imported(world, ASSETS, assets) == Outcome(changed=1)
    assert world.rows(Asset)[0].site_id == site.id


# Refusing


def test_unknown_codes_are_named_at_their_cells(world: World) -> None:
    heading = ["model", "serial", "name", "customer", "site"]
    lines = [
        ["M", "1", "x", "C1", "门诊楼"],
        ["M", "2", "x", "C9", "门诊楼"],
        ["M", "3", "x", "C1", "nowhere"],
        ["M", "", "x", "C9", "nowhere"],
    ]
    refusal = refused(world, ASSETS, csv_of(heading, *lines))
    assert told(refusal) == [
        ("D3", "cell.unknown"),
        ("E4", "cell.unknown"),
        ("B5", "cell.needed"),
        ("D5", "cell.unknown"),
    ]
    assert refusal.problems[0].message == "there is no customer code of that name"
    assert len(world.rows(Asset)) == 1


def test_an_unknown_territory_is_named(world: World) -> None:
    file = csv_of(["customer", "name", "address", "区域编号"], ["C1", "x", "x", "W"])
    assert told(refused(world, SITES, file)) == [("D2", "cell.unknown")]


def test_one_wrong_cell_and_nothing_is_written(world: World) -> None:
    world.drain()
    before = values(world, Customer)
    lines = [[f"N{number}", "x"] for number in range(100)]
    file = csv_of(["code", "name"], ["C1", "other"], *lines, ["", "x"])
    assert told(refused(world, CUSTOMERS, file)) == [("A103", "cell.needed")]
    assert values(world, Customer) == before
    assert marks(world) == []


def test_a_dry_run_tells_the_same_and_writes_nothing(world: World) -> None:
    world.drain()
    before = values(world, Customer)
    lines = csv_of(["code", "name"], ["C1", "other"], ["C2", "x"])
    assert imported(world, CUSTOMERS, lines, dry_run=True) == Outcome(added=1, changed=1)
    assert values(world, Customer) == before
    assert marks(world) == []
    lines.seek(0)
    assert imported(world, CUSTOMERS, lines) == Outcome(added=1, changed=1)


def test_a_name_that_two_sites_have_is_ambiguous(world: World) -> None:
    def body(session: Session, now: Any) -> None:
        twin = session.get_one(Site, world.named["site"]).values()
        session.add(Site(**{**twin, "id": world.new("twin")}))

    world.house.database.transact(body)
    file = csv_of(["customer", "name", "address"], ["C1", "门诊楼", "x"])
    assert told(refused(world, SITES, file)) == [("B2", "cell.ambiguous")]
    heading = ["model", "serial", "name", "customer", "site"]
    file = csv_of(heading, ["BP-200", "A-1", "x", "C1", "门诊楼"])
    assert told(refused(world, ASSETS, file)) == [("E2", "cell.ambiguous")]


def test_tracking_stays_once_stock_is_booked(world: World) -> None:
    file = csv_of(["code", "name", "tracking"], ["R-1", "胶辊", "lot"])
    assert imported(world, PARTS, file, dry_run=True) == Outcome(changed=1)
    world.stock_van("van-a", "5")
    file.seek(0)
    refusal = refused(world, PARTS, file)
    assert told(refusal) == [("C2", "cell.settled")]
    assert "(none)" in refusal.problems[0].message
    file = csv_of(["code", "name", "tracking"], ["R-1", "new name", "none"])
    assert imported(world, PARTS, file) == Outcome(changed=1)


def test_no_more_problems_are_named_than_asked_for(world: World) -> None:
    heading = ["model", "serial", "name", "customer", "site"]
    lines = [["M", f"{n}", "x" if n % 2 else "", "C9", "x"] for n in range(50)]
    refusal = refused(world, ASSETS, csv_of(heading, *lines), shown=10)
    assert (len(refusal.problems), refusal.count, refusal.more) == (10, 75, 65)
    assert [one.line for one in refusal.problems] == [2, 2, 3, 4, 4, 5, 6, 6, 7, 8]


def test_keys_are_found_in_any_order_and_however_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pairs are asked for column by column, so a query also finds what another one asks for."""
    monkeypatch.setattr(desk, "KEYS_PER_QUERY", 3)
    heading = ["model", "serial", "accessories"]
    lines = [[model, serial, "x"] for serial in "EBADC" for model in "21534"]
    assert imported(world, LOANERS, csv_of(heading, *lines)) == Outcome(added=25)
    lines = [[model, serial, "x"] for model in "123456" for serial in "ABCDEF"]
    assert imported(world, LOANERS, csv_of(heading, *lines)) == Outcome(added=11, unchanged=25)


# At the same time


def test_two_imports_at_once_add_every_site_once(postgresql_url: str, tmp_path: Path) -> None:
    """No constraint of the database keeps two sites of one name apart: the lock does."""
    world = World.open(postgresql_url, tmp_path)
    lines = [["C1", f"site {number}", "x"] for number in range(300)]
    outcomes: list[Outcome] = []

    def run() -> None:
        file = csv_of(["customer", "name", "address"], *lines)
        outcomes.append(imported(world, SITES, file))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.added for one in outcomes) == 300
    assert sum(one.unchanged for one in outcomes) == 900
    assert len(world.rows(Site)) == 301
    world.close()


def test_progress_is_told_by_steps(world: World) -> None:
    steps: list[tuple[str, int, int | None]] = []
    lines = [[f"N{number}", "x"] for number in range(2500)]
    file = csv_of(["code", "name"], *lines)
    database = world.house.database
    user_id = world.named["sue"]
    import_file(
        database, world.ids, user_id, CUSTOMERS, file, progress=lambda *step: steps.append(step)
    )
    assert list(dict.fromkeys(step for step, _, _ in steps)) == ["reading", "checking", "writing"]
    assert steps[-1] == ("writing", 2500, 2500)


def test_what_was_imported_is_in_the_trail_with_before_and_after(world: World) -> None:
    file = csv_of(["code", "name"], ["C1", "东方医院"], ["C2", "new"], ["C3", "other"])
    imported(world, CUSTOMERS, file)
    world.clock.advance(1)
    imported(world, CUSTOMERS, csv_of(["code", "name"], ["C2", "newer"], ["C3", "other"]))
    edits = sorted(world.rows(Edit), key=lambda edit: (edit.at, str(edit.after["name"])))
    assert {edit.user_id for edit in edits} == {world.named["wang"]}
    added, _, changed = edits
    assert (added.table, added.before, added.after["name"]) == ("customers", None, "new")
    assert (changed.before, changed.after) == ({"name": "new"}, {"name": "newer"})
    assert changed.row_id == added.row_id
