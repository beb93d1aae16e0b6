"""Lists with 100,000 rows: any page in the same time, from the first to the last, in any order."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from models.base import Base
from models.customers import Asset, Customer, Site
from models.decisions import Decision
from models.dialect import insert_rows, learn_size
from models.dispatch.rows import Visit, WorkOrder
from models.edits import Edit
from models.findings import Finding
from models.stock.rows import Move
from tests.api.door import Door
from tests.conftest import Figures
from tests.world import World

ROWS = 100_000
AT_ONCE = 10_000
TRIES = 15
NAMES = ("东方医院", "西门超市", "Northern Clinic", "南山学校", "Harbour Office")

Make = Callable[[World, int, UUID], dict[str, Any]]


def customer(world: World, number: int, id_: UUID) -> dict[str, Any]:
    return {"id": id_, "code": f"N{number:06}", "name": f"{NAMES[number % 5]} {number % 977}"}


def site(world: World, number: int, id_: UUID) -> dict[str, Any]:
    return {
        "id": id_, "customer_id": world.named["customer"], "territory_id": None,
        "name": f"{NAMES[number % 5]} {number}", "address": f"{number} 号", "zone": "Asia/Shanghai",
        "access_notes": "",
    }  # fmt: skip


def asset(world: World, number: int, id_: UUID) -> dict[str, Any]:
    return {
        "id": id_, "site_id": world.named["site"], "model": f"M{number % 40}",
        "serial": f"S{number:06}", "name": NAMES[number % 5],
        "installed": None if number % 3 else date(2020, 1, 1) + timedelta(days=number % 2000),
    }  # fmt: skip


def _owned(id_: UUID) -> dict[str, Any]:
    return {"id": id_, "owner_type": "proof", "owner_id": id_}


def visit(world: World, number: int, id_: UUID) -> dict[str, Any]:
    starts = world.clock.now() + timedelta(minutes=number % 50_000)
    return {
        **_owned(id_), "site_id": world.named["site"], "status": "planned", "starts": starts,
        "ends": starts + timedelta(hours=1), "epoch": 0, "plan": {}, "plans": 0,
        "billed": False,
    }  # fmt: skip


def work_order(world: World, number: int, id_: UUID) -> dict[str, Any]:
    now = world.clock.now()
    return {
        **_owned(id_), "site_id": world.named["site"], "asset_id": None, "level": "normal",
        "request": NAMES[number % 5], "due": now if number % 2 else None, "due_basis": "manual",
        "opened": now + timedelta(seconds=number % 50_000), "status": "received",
        "changes": 0,
    }  # fmt: skip


def finding(world: World, number: int, id_: UUID) -> dict[str, Any]:
    return {
        "id": id_, "code": "device.clock", "subject_type": "visit", "subject_id": id_,
        "evidence": {}, "digest": "0", "state": "open",
        "since": world.clock.now() + timedelta(seconds=number % 50_000),
    }  # fmt: skip


def move(world: World, number: int, id_: UUID) -> dict[str, Any]:
    at = world.clock.now() + timedelta(seconds=number % 50_000)
    return {
        "id": id_, "book_id": id_, "cause_id": id_, "role": "stated", "ordinal": 1, "quantity": 1,
        "part_id": world.named["roller"], "lot": None, "serial": None, "happened": at, "posted": at,
        "from_place": world.named["main"], "to_place": world.named["van-a"],
    }  # fmt: skip


def edit(world: World, number: int, id_: UUID) -> dict[str, Any]:
    return {
        "id": id_, "at": world.clock.now() + timedelta(seconds=number % 50_000), "table": "sites",
        "user_id": world.named["dora"], "row_id": id_, "before": None, "after": {}, "undoes": None,
    }  # fmt: skip


def decision(world: World, number: int, id_: UUID) -> dict[str, Any]:
    return {
        "id": id_, "kind": "visit.planned", "user_id": world.named["dora"], "data": {}, "seen": {},
        "at": world.clock.now() + timedelta(seconds=number % 50_000),
    }  # fmt: skip


TABLES: dict[str, tuple[type[Base], Make]] = {
    "customers": (Customer, customer),
    "sites": (Site, site),
    "assets": (Asset, asset),
    "visits": (Visit, visit),
    "work-orders": (WorkOrder, work_order),
    "findings": (Finding, finding),
    "moves": (Move, move),
    "edits": (Edit, edit),
    "decisions": (Decision, decision),
}


def fill(world: World, table: str, rows: int = ROWS) -> None:
    """So many rows more, without any of what usually comes with them."""
    row, make = TABLES[table]
    for start in range(0, rows, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, rows))
        made = [make(world, number, world.ids.new(world.clock.now())) for number in numbers]

        def body(session: Session, now: Any, made: list[dict[str, Any]] = made) -> None:
            insert_rows(session, row, made)

        world.house.database.transact(body)
    world.house.database.transact(lambda session, now: learn_size(session, row))


def orders(door: Door, path: str) -> list[str]:
    for parameter in door.get("/openapi.json")["paths"][f"/api/v1/{path}"]["get"]["parameters"]:
        if parameter["name"] == "sort":
            found: list[str] = parameter["schema"]["enum"]
            return found
    return []


def cursors(door: Door, path: str, sort: str) -> list[str]:
    """Where each page begins that has fifty rows: of the first pages, and of the last."""
    found, after = [""], ""
    while True:
        page = door.get(f"/{path}?limit=500&sort={sort}{after}")
        if page["next"] is None:
            return [found[0], found[len(found) // 2], found[-1]]
        after = f"&after={page['next']}"
        if len(page["items"]) == 500:
            found.append(after)


def milliseconds(door: Door, asked: Iterable[str]) -> list[float]:
    """The median time of each request, asked by turns so that what disturbs one disturbs all."""
    paths = list(asked)
    times: list[list[float]] = [[] for _ in paths]
    for _ in range(TRIES):
        for number, path in enumerate(paths):
            began = perf_counter()
            assert door.ask("GET", path).status_code == 200
            times[number].append((perf_counter() - began) * 1000)
    return [median(one) for one in times]


@pytest.mark.proof
@pytest.mark.parametrize("path", TABLES)
def test_any_page_of_a_hundred_thousand_rows_costs_the_same(
    door: Door, path: str, figures: Figures
) -> None:
    fill(door.world, path)
    worst, slowest = 0.0, 0.0
    for sort in orders(door, path):
        begins = cursors(door, path, sort)
        asked = [f"/{path}?limit=50&sort={sort}{after}" for after in begins]
        first, middle, last = milliseconds(door, asked)
        worst, slowest = max(worst, last / first, middle / first), max(slowest, middle, last)
    (rare,) = (
        milliseconds(door, [f"/{path}?limit=50&q=nothing-has-this"])
        if (path in SEARCHED)
        else (0.0,)
    )
    figures(
        rows=ROWS,
        worst_ratio_to_first_page=round(worst, 2),
        slowest_page_ms=round(slowest, 1),
        search_that_finds_nothing_ms=round(rare, 1),
    )
    assert worst <= 1.5


SEARCHED = {"customers", "sites", "assets", "visits", "work-orders", "moves"}
