"""Lists: walked without gap or repeat in any order, narrowed, searched, never a query a row."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest

from api.lists import CURSOR_MAX, SEARCH_MAX
from models.tables.catalogue import TABLES
from models.tables.journals import JOURNALS
from sync.device import Json
from tests.api.door import Door, counted, problem
from tests.api.test_desk import NOBODY, open_order, planned
from tests.api.test_edits import PLAN
from tests.contracts.examples import PLANS
from tests.returned import agreement, ask, permit, receive, remove, rollers
from tests.statements import state


def three_of_each(door: Door) -> None:
    """At least three rows in every table that is listed, some of them without what may be empty."""
    plan = door.post("/plans", text=PLAN)["id"]
    agreement(door.world)
    door.post("/plans", text=(PLANS / "hospital-software.yaml").read_text())
    for number in range(3):
        tag = f"x{number}"
        door.post(
            "/contracts", code=tag, customer_id=door.world["customer"], plan_id=plan,
            starts="2026-01-01", ends=None if number == 1 else f"2030-01-0{number + 1}",
        )  # fmt: skip
        door.post("/company-days", day=f"2027-01-0{number + 1}", kind="off", name=tag)
        door.post("/territories", code=tag, name=tag, tier="local")
        door.post("/customers", code=tag, name="same name")
        site = door.post("/sites", customer_id=door.world["customer"], name="same", address=tag)
        door.post("/contacts", site_id=site["id"], name=tag, phone=tag)
        installed = None if number == 1 else "2026-01-01"
        asset = door.post(
            "/assets", site_id=site["id"], model=tag, serial=tag, name="same", installed=installed
        )
        door.post("/parts", code=tag, name=tag)
        keeper = ("wang", "eve", "bob")[number]
        door.post("/keepers", place_id=door.world["main"], user_id=door.world[keeper])
        loaner = door.post("/loaners", model=tag, serial=tag)
        door.put(f"/loaners/{loaner['id']}/place", place=door.world["main"])
        days = {"starts": f"2026-12-0{number + 1}", "until": "2026-12-09"}
        door.post(f"/loaners/{loaner['id']}/reservations", site=site["id"], **days)
        door.post("/fault-codes", code=tag, kind="fault", name_zh=tag, name_en=tag)
        door.post("/checklists", code=tag, name="same", lines=[tag])
        door.post("/articles", code=tag, language="en", title="same", body=tag)
        open_order(door, due=f"2026-11-2{number}T12:00:00Z")
        visit = planned(door, "ann")
        words = {"zh": tag, "en": tag}
        until = f"2026-12-0{number + 1}T12:00:00Z"
        door.post("/notices", to={"user": door.world["ann"]}, text=words, valid_until=until)
        phone = door.phone().device
        state(phone, door.world, "visit.arrived", visit)
        state(phone, door.world, "record.sealed", visit)
        state(phone, door.world, "unit.taken", visit, asset=asset["id"])
        if number < 2:
            phone.sync()
        returned(door, number)
        door.world.stock_van("main", "1", f"S-{number}")
        keep_stock(door, number)
    door.world.drain()
    bring_back(door)


def bring_back(door: Door) -> None:
    """Of the old parts that are owed, two come into the defective store."""
    phone = door.phone().device
    for _ in range(2):
        state(phone, door.world, "record.sealed", planned(door, "ann"))
    phone.sync()
    door.world.drain()
    for number, one in enumerate(door.get("/debts")["items"][:2]):
        verdict = ("maker", "open")[number]
        door.post(f"/debts/{one['id']}/receive", "wang", place=door.world["bad"], verdict=verdict)
    door.world.drain()


def returned(door: Door, number: int) -> None:
    """A return, of which something came and went to repair or nothing did."""
    world = door.world
    listed = rollers(world, str(number + 2), lot=None)
    return_id = ask(world, listed, name=f"return {number}", since="2026-11-01")
    permit(world, return_id)
    if number != 1:
        receive(world, return_id, rollers(world, str(number + 1)))
        due = "2026-12-24" if number else None
        remove(world, rollers(world, "1"), repair=True, due=due, **{"return": return_id})


def keep_stock(door: Door, number: int) -> None:
    """A level, a requisition and a transfer."""
    van, main = door.world[f"van-{'ab'[number % 2]}"], door.world["main"]
    part = door.post("/parts", code=f"y{number}", name="y")["id"]
    door.post("/levels", place_id=van, part_id=part, shelf=f"A-{number}")
    lines = [{"part": door.world["roller"], "quantity": "1"}]
    door.post("/requisitions", "wang", place=van, lines=lines, urgent=number == 1)
    door.post("/stock/shipments", "wang", place=main, to=van, lines=lines)


def parameters(operation: Json) -> dict[str, Json]:
    return {one["name"]: one for one in operation.get("parameters", []) if one["in"] == "query"}


def listed(door: Door) -> dict[str, dict[str, Json]]:
    """Every list of the API, with the parameters of its query: what is paged is a list. One that
    is about something is about a part."""
    paths = door.get("/openapi.json")["paths"]
    roller = door.world["roller"]
    found = {
        path.replace("{id_}", roller): parameters(one["get"])
        for path, one in paths.items()
        if "get" in one
    }
    return {path: one for path, one in found.items() if "after" in one}


def orders(door: Door) -> Iterator[tuple[str, str]]:
    """Every list in every order; a list without a choice once."""
    for path, given in listed(door).items():
        for sort in given.get("sort", {"schema": {"enum": [""]}})["schema"]["enum"]:
            yield path, f"&sort={sort}" if sort else ""


def key(item: Json) -> Any:
    return item.get("id") or (item["book"], item["place"])


def walk(door: Door, path: str, limit: int, more: str = "") -> list[Json]:
    """Every item of a list, page by page; each page but the last is full."""
    items: list[Json] = []
    after = ""
    while True:
        page = door.get(f"{path}?limit={limit}{more}{after}")
        items += page["items"]
        assert len(page["items"]) <= limit
        if page["next"] is None:
            return items
        assert len(page["items"]) == limit
        after = f"&after={page['next']}"


def test_every_list_is_walked_in_every_order_without_gap_or_repeat(door: Door) -> None:
    three_of_each(door)
    seen = 0
    for path, sort in orders(door):
        whole = door.get(f"{path}?limit=500{sort}")["items"]
        keys = [key(one) for one in whole]
        assert len(keys) >= 2, (path, sort)
        assert len(set(keys)) == len(keys)
        for limit in (2, len(keys), len(keys) + 1):
            assert [key(one) for one in walk(door, path, limit, sort)] == keys, (path, sort, limit)
        seen += 1
    assert seen > 40


def test_an_order_is_that_of_its_column_and_what_is_empty_comes_last(door: Door) -> None:
    three_of_each(door)
    checked = 0
    for path, sort in orders(door):
        column = sort.removeprefix("&sort=")
        values = [one.get(column.removeprefix("-")) for one in walk(door, path, 500, sort)]
        given = [value for value in values if value is not None]
        if not column or len(given) < 2:
            continue
        assert values == given + [None] * (len(values) - len(given)), (path, sort)
        # The databases may compare letters by another rule than Python, but not these.
        plain = [value for value in given if str(value).isascii()]
        assert plain == sorted(plain, reverse=column.startswith("-")), (path, sort)
        checked += 1
    assert checked > 30


def test_a_row_that_is_added_meanwhile_moves_no_page(door: Door) -> None:
    for number in range(4):
        door.post("/customers", code=f"K{number}", name="x")
    first = door.get("/customers?limit=2&sort=code")
    door.post("/customers", code="A0", name="before all of them")
    rest = door.get(f"/customers?limit=9&sort=code&after={first['next']}")
    codes = [one["code"] for one in first["items"] + rest["items"]]
    assert codes == ["C1", "K0", "K1", "K2", "K3"]


@pytest.mark.parametrize(
    "after", ["x", "e30", "bnVsbA", "W10", "WyJjb2RlIl0", "WyJjb2RlIiwxLDJd", "A" * CURSOR_MAX, "é"]
)
def test_a_cursor_that_no_page_gave_is_refused_by_name(door: Door, after: str) -> None:
    response = door.ask("GET", f"/customers?after={quote(after)}")
    problem(response, 422, "wrong_value", "after")


def test_a_cursor_of_another_order_is_refused_by_name(door: Door) -> None:
    door.post("/customers", code="K1", name="x")
    told = door.get("/customers?limit=1&sort=code")["next"]
    response = door.ask("GET", f"/customers?sort=name&after={told}")
    body = problem(response, 422, "wrong_value", "after")
    assert "code" in body["detail"]


def test_a_page_begins_behind_a_row_that_is_gone(door: Door) -> None:
    added = door.post("/customers", code="K1", name="x")
    door.post("/customers", code="K2", name="x")
    after = door.get("/customers?limit=2&sort=code")["next"]
    edit = door.get(f"/edits?row={added['id']}")["items"][0]["id"]
    door.post(f"/edits/{edit}/undo")
    assert [one["code"] for one in door.get(f"/customers?after={after}")["items"]] == ["K2"]


# Narrowing


def test_every_filter_of_every_list_is_taken_and_narrows(door: Door) -> None:
    """Each filter is asked with what nothing has: nothing is left, and nothing is refused."""
    three_of_each(door)
    tried = 0
    for path, given in listed(door).items():
        everything = len(walk(door, path, 500))
        for name, parameter in given.items():
            schema = parameter["schema"]
            if name in {"after", "limit", "sort", "q"}:
                continue
            found = sum(len(walk(door, path, 500, f"&{name}={value}")) for value in values(schema))
            whole = everything if len(values(schema)) > 1 else 0
            if (path.endswith("/findings") and name == "state") or name == "at":
                assert found >= everything  # A decision may be a tick later than now.
            elif name.endswith("_from"):
                assert found == 0, (path, name)
            else:
                assert found <= max(whole, everything), (path, name)
            tried += 1
    assert tried > 50


def test_an_export_is_narrowed_by_every_filter_of_its_list(door: Door) -> None:
    """By what is there, by what nothing has, and by every word a filter may hold."""
    three_of_each(door)
    of_list, paths = listed(door), door.get("/openapi.json")["paths"]
    tried = 0
    for name in (*TABLES, *JOURNALS):
        path = f"/api/v1/{'loaners/whereabouts' if name == 'custody' else name}"
        given = parameters(paths[f"/api/v1/exports/{name}"]["get"])
        assert of_list[path].keys() - {"after", "limit", "sort"} <= given.keys()
        whole = len(written(door, name))
        for filter_ in given.keys() & of_list[path].keys():
            schema = given[filter_]["schema"]
            there = {one[filter_] for one in walk(door, path, 500) if one.get(filter_)}
            one = sorted(there)[:1] if schema["type"] == "string" else []
            for value in {*values(schema), *one}:
                query = f"&{filter_}={quote(value)}"
                found, shown = len(written(door, name, query)), len(walk(door, path, 500, query))
                # The stock that may be imported is that of real places.
                assert found <= whole if name == "stock" else shown <= found, (name, query)
                assert shown or not found, (name, query)
                tried += 1
    assert tried > 120


def written(door: Door, name: str, query: str = "") -> list[list[str]]:
    with door.ask("GET", f"/exports/{name}?{query}") as response:
        assert response.status_code == 200, (name, query, response.data)
        return list(csv.reader(StringIO(response.data.decode("utf-8-sig"))))[1:]


def values(schema: Json) -> list[str]:
    """What a filter may hold: all of a few words, else something that nothing has."""
    if "enum" in schema:
        return [str(one) for one in schema["enum"]]
    if schema.get("type") == "boolean":
        return ["true", "false"]
    if schema.get("format") == "uuid":
        return [NOBODY]
    return ["2199-01-01T00:00:00Z"] if schema.get("format") == "date-time" else ["nothing-has-this"]


def test_visits_are_narrowed_by_time_status_and_technician(door: Door) -> None:
    mine, his = planned(door, "ann"), planned(door, "bob")
    door.post(f"/visits/{his}/cancel", "dora", reason="x")

    def found(query: str) -> set[str]:
        return {one["id"] for one in door.get(f"/visits?{query}")["items"]}

    starts = door.get(f"/visits/{mine}")["starts"]
    assert found(f"user={door.world['ann']}") == {mine}
    assert found("status=cancelled") == {his}
    assert found(f"starts_from={starts}") >= {mine}
    assert found(f"starts_to={starts}") == set()
    assert found(f"customer={door.world['customer']}&status=assigned") == {mine}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("东方", True),
        ("医院 c1", True),
        ("C1 东方", True),
        ("EAST", False),
        ("%", False),
        ("_", False),
        ("东方 西方", False),
        ("", True),
        ("   ", True),
    ],
)
def test_every_word_must_occur_in_any_case_and_none_is_a_pattern(
    door: Door, query: str, found: bool
) -> None:
    items = door.get(f"/customers?q={quote(query)}")["items"]
    assert [one["name"] for one in items] == (["东方医院"] if found else [])


def test_visits_are_found_by_the_name_of_their_customer(door: Door) -> None:
    visit = planned(door, "ann")
    assert [one["id"] for one in door.get("/visits?q=东方医院")["items"]] == [visit]


@pytest.mark.parametrize("query", ["%00", "a" * (SEARCH_MAX + 1)])
def test_a_search_that_no_database_could_take_is_refused_by_name(door: Door, query: str) -> None:
    problem(door.ask("GET", f"/customers?q={query}"), 422, "wrong_value", "q")


def test_times_of_visits_have_the_zone_of_their_site_beside_them(door: Door) -> None:
    planned(door, "ann")
    (line,) = door.get("/visits")["items"]
    assert (line["zone"], line["starts"][-1]) == ("Asia/Shanghai", "Z")


# Queries


def test_no_list_asks_once_a_row(door: Door) -> None:
    """As many statements for all rows as for none: who asks, and the page, in two parts at most."""
    three_of_each(door)
    for path, sort in orders(door):
        with counted(door) as of_one:
            door.get(f"{path}?limit=1{sort}")
        with counted(door) as of_all:
            door.get(f"{path}?limit=500{sort}")
        asked = [one for one in of_all if one.startswith("SELECT")]
        assert len(asked) <= 4, (path, sort, asked)
        assert len(of_one) <= len(of_all) <= len(of_one) + 1, (path, sort)
