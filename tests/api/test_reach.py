"""Whatever the desk edits reaches every document that shows it: published is derived, field by
field."""

from typing import Any
from uuid import UUID

import pytest

from models.feed import Published
from models.kept import KEPT
from sync.device import Json
from sync.invariants import INVARIANTS
from tests.api.door import Door, told
from tests.api.test_edits import edit, path_of

# By table another value for each field that may be edited; what ends with _id names a row.
OTHER: dict[str, Json] = {
    "company": {"name": "公司", "zone": "Europe/London"},
    "territories": {"code": "W", "name": "西区", "tier": "remote", "zone": "Europe/London"},
    "users": {"full_name": "Ann Other", "territory_id": "west", "language": "en"},
    "customers": {"code": "C2", "name": "西方医院"},
    "sites": {
        "customer_id": "other customer", "territory_id": "west", "name": "住院楼",
        "address": "新路 2 号", "zone": "Europe/London", "access_notes": "从北门进",
    },
    "contacts": {"name": "李护士", "phone": "139", "site_id": "other site"},
    "assets": {
        "site_id": "other site", "model": "BP-300", "serial": "A-2", "name": "打印机",
        "installed": "2026-03-01",
    },
    "parts": {"code": "R-2", "name": "辊", "unit": "根", "tracking": "lot", "count_limit": "2",
              "warranty_months": 3},
    "levels": {"shelf": "A-2", "most": "9", "least": "2"},
    "places": {"code": "van-c", "name": "新车", "zone": "Europe/London", "monthly": True},
    "loaners": {"model": "BP-101", "serial": "L-2", "accessories": "电源, 线"},
    "fault_codes": {
        "code": "F2", "kind": "cause", "name_zh": "磨损", "name_en": "worn", "active": False,
    },
    "checklists": {"code": "CL2", "name": "巡检", "lines": ["清洁", "试打"]},
    "articles": {
        "code": "KB2", "language": "en", "title": "Heads", "body": "Clean them.",
        "models": ["BP-300"], "published": False,
    },
}  # fmt: skip

# Fields that no document shows. Who adds one to a document takes it from here.
UNSEEN = {
    "customers": {"code"},
    "sites": {"territory_id"},
    "assets": {"site_id"},
    "parts": {"count_limit", "warranty_months"},
    "levels": {"shelf", "most", "least"},
    "places": {"zone", "monthly"},
    "checklists": {"code", "name", "lines"},
}
# What a running clock has frozen: no document changes with them.
FROZEN = {"contracts"}
ROWS = {
    "territories": "east", "users": "ann", "customers": "customer", "sites": "site",
    "contacts": "contact", "assets": "asset", "parts": "roller", "places": "van-a",
    "levels": "level", "loaners": "loaner", "fault_codes": "fault", "checklists": "checklist",
    "articles": "article",
}  # fmt: skip


@pytest.fixture
def door(door: Door) -> Door:
    """A company in which every row of ROWS is shown by some document that can show it."""
    world = door.world

    def add(key: str, path: str, **values: Any) -> None:
        world.named[key] = UUID(door.post(path, **values)["id"])

    add("west", "/territories", code="WW", name="west", tier="nearby")
    add("other customer", "/customers", code="C9", name="other")
    add("other site", "/sites", customer_id=world["customer"], name="other", address="x")
    add("fault", "/fault-codes", code="F1", kind="fault", name_zh="花", name_en="blurred")
    add("level", "/levels", place_id=world["van-a"], part_id=world["roller"])
    add("checklist", "/checklists", code="CL1", name="x", lines=["x"])
    add("article", "/articles", code="KB1", title="头", body="擦。", models=["BP-200"],
        published=True)  # fmt: skip
    told(edit(door, f"/users/{world['ann']}", territory_id=world["east"]))
    world.open_visit("visit", "ann", "bob")
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    world.decide("notice.sent", "ann", notice=str(world.new("notice")), to={}, visit=None,
                 recipients=[world["bob"]], text={"zh": "看", "en": "look"}, question=None,
                 valid_until="2026-12-01T00:00:00.000Z")  # fmt: skip
    world.drain()
    return door


def editable(door: Door) -> dict[str, set[str]]:
    """By table the fields that its PATCH takes."""
    document = door.get("/openapi.json")
    schemas, found = document["components"]["schemas"], {}
    for table in KEPT.keys() - FROZEN:
        path = "/api/v1" + path_of(table) + ("" if table == "company" else "/{id_}")
        operation = document["paths"].get(path, {}).get("patch")
        if operation is None:
            continue
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        properties = schemas[body["$ref"].rpartition("/")[2]]["properties"]
        found[table] = {name for name, one in properties.items() if not one.get("readOnly")}
    return found


def test_every_field_of_every_table_of_the_desk_is_tried_here(door: Door) -> None:
    assert {table: set(fields) for table, fields in OTHER.items()} == editable(door)


@pytest.mark.parametrize("table", OTHER)
def test_an_edit_of_any_field_is_published_wherever_it_is_shown(door: Door, table: str) -> None:
    world = door.world
    path = path_of(table) if table == "company" else f"{path_of(table)}/{world[ROWS[table]]}"
    for field, value in OTHER[table].items():
        before = documents(door)
        other = world[value] if field.endswith("_id") else value
        told(edit(door, path, **{field: other}))
        world.drain()
        published = INVARIANTS["published_equals_derived"]
        assert world.house.database.read(published) == [], field
        changed = documents(door) != before
        assert changed == (field not in UNSEEN.get(table, ())), field


def documents(door: Door) -> set[tuple[str, str, str, int]]:
    rows = door.world.rows(Published, Published.body.is_not(None))
    return {(row.channel, row.type, row.document, row.revision) for row in rows}


def test_a_new_name_reaches_the_phones_of_the_crew_and_of_those_who_were_told_something(
    door: Door,
) -> None:
    bob = door.phone("bob").device
    told(edit(door, f"/users/{door.world['ann']}", full_name="安"))
    door.world.drain()
    bob.sync()
    (visit,) = bob.documents("visit").values()
    assert {one["name"] for one in visit["crew"]} == {"安", "Bob"}
    assert bob.documents("notice")[door.world["notice"]]["from"] == "安"


def test_a_profile_tells_its_owner_who_they_are(door: Door) -> None:
    ann = door.phone("ann").device
    ann.sync()
    profiles = ann.documents("profile")
    assert set(profiles) == {door.world["ann"]}
    told_profile = dict(profiles[door.world["ann"]])
    assert told_profile.pop("territory") == {
        "code": "E", "name": "东区", "tier": "local", "zone": "Asia/Shanghai",
    }  # fmt: skip
    assert [one["code"] for one in told_profile.pop("places")] == ["van-a"]
    assert told_profile == {
        "basis": "", "name": "ann", "full_name": "Ann", "role": "technician", "language": "zh",
        "company": {"name": "Onsite", "zone": "Asia/Shanghai"},
    }  # fmt: skip


def test_a_van_that_is_no_longer_kept_leaves_the_profile(door: Door) -> None:
    ann = door.phone("ann").device
    (keeper,) = door.get(f"/keepers?user={door.world['ann']}")["items"]
    door.post(f"/keepers/{keeper['id']}/end")
    door.world.drain()
    ann.sync()
    assert ann.documents("profile")[door.world["ann"]]["places"] == []
    assert ann.documents("stock") == {}


def test_the_company_is_renamed_and_the_renaming_undone(door: Door) -> None:
    told(edit(door, "/company", name="松岚服务"))
    (renamed,) = door.get("/edits?table=company")["items"]
    assert (renamed["before"], renamed["after"]) == ({"name": "Onsite"}, {"name": "松岚服务"})
    door.world.clock.advance(1)
    door.post(f"/edits/{renamed['id']}/undo")
    assert door.get("/company", "ann")["name"] == "Onsite"
