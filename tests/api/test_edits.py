"""Edits: only of what was seen, kept with before and after, and undone where it is safe."""

from typing import Any

import pytest

from models.kept import KEPT
from sync.device import Json
from tests.api.door import Door, problem, told
from tests.api.test_desk import planned
from tests.contracts.examples import PLANS
from tests.statements import state


def etag(door: Door, path: str, who: str = "sue") -> str:
    response = door.ask("GET", path, who)
    assert response.status_code == 200, response.text
    return str(response.headers["ETag"])


def edit(door: Door, path: str, who: str = "sue", tag: str | None = None, **values: Any) -> Any:
    """One edit, of what is there now unless another revision is given."""
    headers = {"If-Match": etag(door, path) if tag is None else tag}
    return door.ask("PATCH", path, who, json=values, headers=headers)


def trail(door: Door, row: str) -> list[Json]:
    found: list[Json] = door.get(f"/edits?row={row}")["items"]
    return found


def undo(door: Door, edit_id: str, who: str = "sue") -> Any:
    door.world.clock.advance(1)
    return door.ask("POST", f"/edits/{edit_id}/undo", who)


PLAN = (PLANS / "network-servers.yaml").read_text()

# One change for each table: how to add a row, and what to change of it.
CHANGES: dict[str, tuple[Json, Json]] = {
    "territories": ({"code": "T9", "name": "x", "tier": "local"}, {"tier": "remote"}),
    "users": (
        {"name": "zed", "full_name": "Zed", "role": "technician", "password": "long enough"},
        {"full_name": "Zed Two"},
    ),
    "customers": ({"code": "K9", "name": "x"}, {"name": "西方医院"}),
    "sites": ({"customer_id": "customer", "name": "x", "address": "x"}, {"address": "新路 2 号"}),
    "contacts": ({"site_id": "site", "name": "x", "phone": "1"}, {"phone": "139"}),
    "assets": (
        {"site_id": "site", "model": "M", "serial": "S", "name": "x"},
        {"installed": "2026-03-01"},
    ),
    "parts": ({"code": "P9", "name": "x"}, {"tracking": "lot"}),
    "places": ({"kind": "van", "code": "V9", "name": "x"}, {"name": "y"}),
    "levels": (
        {"place_id": "van-a", "part_id": "roller", "least": "1.000", "most": "3.000"},
        {"least": "2.000", "most": "5.000"},
    ),
    "loaners": ({"model": "L", "serial": "S"}, {"accessories": "电源"}),
    "fault_codes": (
        {"code": "F9", "kind": "fault", "name_zh": "无响应", "name_en": "dead"},
        {"active": False},
    ),
    "checklists": ({"code": "CL9", "name": "x", "lines": ["清洁"]}, {"lines": ["清洁", "试打"]}),
    "contracts": (
        {"code": "V9", "customer_id": "customer", "plan_id": "plan", "starts": "2026-01-01"},
        {"ends": "2026-12-31"},
    ),
    "articles": ({"code": "KB9", "title": "x", "body": "y"}, {"models": ["BP-200", "条码机"]}),
}
EDITABLE = sorted(CHANGES)


def add(door: Door, table: str) -> str:
    ids = {name: door.world[name] for name in ("customer", "site", "van-a", "roller")}
    if table == "contracts":
        ids["plan"] = door.post("/plans", text=PLAN)["id"]
    values = {
        name: ids.get(value, value) if name.endswith("_id") else value
        for name, value in CHANGES[table][0].items()
    }
    added: str = door.post(path_of(table), **values)["id"]
    door.world.clock.advance(1)
    return added


def path_of(table: str) -> str:
    return "/" + table.replace("_", "-")


def test_every_table_of_the_desk_is_tried_here() -> None:
    # Keeping and company days only begin and end; of the company there is one.
    assert set(KEPT) - set(EDITABLE) == {"keepers", "company", "company_days"}


@pytest.mark.parametrize("table", EDITABLE)
def test_an_edit_is_kept_with_who_when_before_and_after(door: Door, table: str) -> None:
    row, (_, change) = add(door, table), CHANGES[table]
    path = f"{path_of(table)}/{row}"
    before = door.get(path)
    response = edit(door, path, **change)
    after = told(response)
    assert {**before, **change} == after == door.get(path)
    assert response.headers["ETag"] == etag(door, path)
    newest, oldest = trail(door, row)
    assert (oldest["before"], newest["after"]) == (None, change)
    assert newest["before"] == {name: before[name] for name in change}
    assert newest["user"] == door.world["sue"]
    assert newest["at"] == "2026-11-22T08:00:01.000Z"


@pytest.mark.parametrize("table", EDITABLE)
def test_an_edit_is_undone_and_the_undoing_too(door: Door, table: str) -> None:
    row, (_, change) = add(door, table), CHANGES[table]
    path = f"{path_of(table)}/{row}"
    before, after = door.get(path), told(edit(door, path, **change))
    done = trail(door, row)[0]["id"]
    undone = told(undo(door, done))
    assert door.get(path) == before
    assert undone["undoes"] == done
    assert [one["undone"] for one in trail(door, row)] == [False, True, False]
    told(undo(door, undone["id"]))
    assert door.get(path) == after


@pytest.mark.parametrize("table", [one for one in EDITABLE if KEPT[one].removable])
def test_what_was_added_is_taken_away_and_brought_back(door: Door, table: str) -> None:
    row = add(door, table)
    whole = door.get(f"{path_of(table)}/{row}")
    removal = told(undo(door, trail(door, row)[0]["id"]))
    problem(door.ask("GET", f"{path_of(table)}/{row}"), 404, "unknown", "id")
    told(undo(door, removal["id"]))
    assert door.get(f"{path_of(table)}/{row}") == whole


def test_a_user_who_was_added_stays(door: Door) -> None:
    row = add(door, "users")
    problem(undo(door, trail(door, row)[0]["id"]), 409, "not_undone", "id")


def test_nobodys_password_is_in_the_trail(door: Door) -> None:
    row = add(door, "users")
    assert "argon2" not in door.ask("GET", f"/edits?row={row}").text
    assert trail(door, row)[0]["after"]["name"] == "zed"


# What was seen


def test_an_edit_of_what_was_not_seen_is_refused(door: Door) -> None:
    path = f"/customers/{door.world['customer']}"
    problem(door.ask("PATCH", path, json={"name": "x"}), 428, "precondition_needed")
    stale = etag(door, path)
    told(edit(door, path, name="first"))
    problem(edit(door, path, tag=stale, name="second"), 412, "precondition_failed")
    problem(edit(door, path, tag='"nonsense"', name="second"), 412, "precondition_failed")
    assert door.get(path)["name"] == "first"
    told(edit(door, path, tag="*", name="third"))


def test_who_has_it_already_is_not_sent_it_again(door: Door) -> None:
    path = f"/customers/{door.world['customer']}"
    same = door.ask("GET", path, headers={"If-None-Match": etag(door, path)})
    assert (same.status_code, same.data) == (304, b"")
    assert door.ask("GET", path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_an_edit_that_changes_nothing_leaves_no_trail(door: Door) -> None:
    row = door.world["customer"]
    told(edit(door, f"/customers/{row}", name="东方医院"))
    told(edit(door, f"/customers/{row}"))
    assert trail(door, row) == []


@pytest.mark.parametrize(
    ("path", "values", "status", "code", "field"),
    [
        ("customers/customer", {"name": ""}, 422, "wrong_value", "name"),
        ("customers/customer", {"id": "x"}, 422, "wrong_value", "id"),
        ("customers/customer", {"colour": "red"}, 422, "wrong_value", "colour"),
        ("sites/site", {"customer_id": None}, 422, "wrong_value", "customer_id"),
        ("sites/site", {"zone": "Mars"}, 422, "wrong_value", "zone"),
        ("sites/site", {"territory_id": "customer"}, 404, "unknown", "territory_id"),
        ("users/ann", {"role": "supervisor"}, 422, "wrong_value", "role"),
        ("users/ann", {"password": "long enough"}, 422, "wrong_value", "password"),
        ("places/main", {"kind": "van"}, 422, "wrong_value", "kind"),
        ("parts/roller", {"code": "H-1"}, 409, "exists", "code"),
    ],
)
def test_a_wrong_edit_is_refused_by_its_field_and_changes_nothing(
    door: Door, path: str, values: Json, status: int, code: str, field: str
) -> None:
    table, name = path.split("/")
    address = f"/{table}/{door.world[name]}"
    before = door.get(address)
    given = {key: door.world.named.get(value, value) for key, value in values.items()}
    changed: Any = {name: value and str(value) for name, value in given.items()}
    response = edit(door, address, **changed)
    problem(response, status, code, field)
    assert door.get(address) == before
    assert trail(door, door.world[name]) == []


def test_what_is_not_there_is_not_edited(door: Door) -> None:
    path = "/customers/00000000-0000-7000-8000-000000000000"
    problem(edit(door, path, tag="*", name="x"), 404, "unknown", "id")


def test_how_a_part_is_tracked_is_settled_once_it_is_booked(door: Door) -> None:
    door.world.stock_van()
    path = f"/parts/{door.world['roller']}"
    problem(edit(door, path, tracking="lot"), 409, "settled", "tracking")
    told(edit(door, path, name="新胶辊"))


def test_the_upper_level_is_no_less_than_the_lower_one(door: Door) -> None:
    path = f"/levels/{add(door, 'levels')}"
    problem(edit(door, path, least="9"), 422, "wrong_value", "most")
    told(edit(door, path, least="9", most="9"))


# What was stated of it


def test_what_was_stated_of_a_part_counts_once_the_part_is_back(door: Door) -> None:
    world = door.world
    part = add(door, "parts")
    phone, place = door.phone().device, world["van-a"]
    phone.sync()
    removed = told(undo(door, trail(door, part)[0]["id"]))
    lines = [{"part": part, "quantity": "2"}]
    world.new("transfer")
    state(phone, world, "stock.received", place, lines=lines)
    phone.sync()
    world.drain()
    assert world.open_findings() == {"stock.unknown"}
    told(undo(door, removed["id"]))
    world.drain()
    assert "stock.unknown" not in world.open_findings()
    assert door.get(f"/stock?part={part}")["items"][0]["quantity"] == "2.000"


def test_a_count_is_looked_at_again_when_its_limit_changes(door: Door) -> None:
    world = door.world
    world.stock_van("van-a", "5")
    phone = door.phone().device
    phone.sync()
    lines = [{"part": world["roller"], "quantity": "4"}]
    state(phone, world, "stock.counted", world["van-a"], lines=lines)
    phone.sync()
    world.drain()
    assert world.open_findings() == {"stock.variance"}
    told(edit(door, f"/parts/{world['roller']}", count_limit="1"))
    world.drain()
    assert world.open_findings() == set()


# What was built on it


def test_an_older_edit_is_not_undone_under_a_newer_one(door: Door) -> None:
    row = door.world["customer"]
    told(edit(door, f"/customers/{row}", name="first"))
    door.world.clock.advance(1)
    told(edit(door, f"/customers/{row}", name="second"))
    newest, oldest = trail(door, row)
    problem(undo(door, oldest["id"]), 409, "changed_since", "id")
    told(undo(door, newest["id"]))
    told(undo(door, oldest["id"]))
    assert door.get(f"/customers/{row}")["name"] == "东方医院"


def test_nothing_is_undone_twice(door: Door) -> None:
    row = door.world["customer"]
    told(edit(door, f"/customers/{row}", name="first"))
    done = trail(door, row)[0]["id"]
    told(undo(door, done))
    told(edit(door, f"/customers/{row}", name="first"))
    problem(undo(door, done), 409, "changed_since", "id")


def test_what_others_refer_to_is_not_taken_away(door: Door) -> None:
    customer = add(door, "customers")
    door.post("/sites", customer_id=customer, name="x", address="x")
    body = problem(undo(door, trail(door, customer)[0]["id"]), 409, "in_use", "id")
    assert body["detail"] == "by site"
    part = add(door, "parts")
    line = {"part": part, "quantity": "1"}
    door.post("/stock/openings", "wang", place=door.world["main"], lines=[line])
    problem(undo(door, trail(door, part)[0]["id"]), 409, "in_use", "id")


@pytest.mark.parametrize(("table", "who"), [("parts", "dora"), ("customers", "wang")])
def test_nobody_undoes_what_they_may_not_do(door: Door, table: str, who: str) -> None:
    row = add(door, table)
    problem(undo(door, trail(door, row)[0]["id"], who), 403, "not_allowed", "id")
    assert door.get(f"{path_of(table)}/{row}")["id"] == row


# Phones


def test_an_edit_reaches_the_phone_and_so_does_its_undoing(door: Door) -> None:
    visit, phone = planned(door, "ann"), door.phone().device

    def address() -> str:
        door.world.drain()
        phone.sync()
        return str(phone.documents("visit")[visit]["site"]["address"])

    assert address() == "延安路 1 号"
    told(edit(door, f"/sites/{door.world['site']}", "dora", address="新路 2 号"))
    assert address() == "新路 2 号"
    told(undo(door, trail(door, door.world["site"])[0]["id"], "dora"))
    assert address() == "延安路 1 号"


def test_a_van_that_is_no_longer_kept_leaves_the_phone(door: Door) -> None:
    door.world.stock_van()
    phone = door.phone().device
    door.world.drain()
    phone.sync()
    assert door.world["van-a"] in phone.documents("stock")
    keeping = door.get(f"/keepers?user={door.world['ann']}")["items"][0]["id"]
    ended = door.post(f"/keepers/{keeping}/end")
    assert ended["until"] is not None
    assert door.post(f"/keepers/{keeping}/end") == ended
    door.world.drain()
    phone.sync()
    assert door.world["van-a"] not in phone.documents("stock")
    assert len(trail(door, keeping)) == 1


# Decisions


def test_what_was_decided_is_listed_by_what_it_is_about(door: Door) -> None:
    visit = planned(door, "ann")
    found = door.get(f"/decisions?subject={visit}")["items"]
    assert [one["kind"] for one in found] == ["visit.assigned", "visit.planned"]
    assert {one["user_name"] for one in found} == {"Dora"}
    assert door.get(f"/decisions/{found[0]['id']}") == found[0]
    assert door.get("/decisions?kind=stock.opened")["items"] == []
