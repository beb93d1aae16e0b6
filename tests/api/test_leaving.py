"""Leaving in one guided step: nothing of somebody's stays open, and nothing lets them in again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from models.decisions import Decision
from models.dispatch.rows import Assignment, Visit
from models.edits import Edit
from models.facts import Standing
from models.people import Device, User
from models.stock.fitted import Debt
from models.stock.rows import PlaceKeeper
from sync.device import Json
from sync.invariants import violations
from tests.api.door import Bearer, Door, Phone, problem, told
from tests.api.operations import NOTHING
from tests.statements import state
from tests.world import World


@pytest.fixture
def phone(door: Door) -> Phone:
    """Ann's phone. She has sealed a record, owes an old part, and is on her way to another visit
    with Bob; a loaner lies in her van."""
    world = door.world
    world.stock_van("van-a", "5", "S-1")
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    phone, done = door.phone("ann"), world.open_visit("done")
    phone.device.sync()
    world.open_visit("open", "ann", "bob")
    state(phone.device, world, "record.sealed", done)
    phone.device.sync()
    state(phone.device, world, "visit.travelling", world["open"])
    phone.device.sync()
    world.drain()
    phone.device.once()  # and tells that nothing is left on it
    world.clock.advance(60)
    return phone


def path(door: Door, who: str = "ann") -> str:
    return f"/users/{door.world[who]}/leaving"


def choices(door: Door, **changed: Any) -> Json:
    """What becomes of everything of Ann's."""
    world = door.world
    (debt,) = world.rows(Debt)
    chosen = {
        "visits": [{"visit": world["open"], "to": world["bob"]}],
        "places": [{"place": world["van-a"], "to": world["eve"]}],
        "debts": [{"debt": str(debt.id), "to": world["eve"], "note": ""}],
    }
    return {**chosen, **changed}


def leave(door: Door, who: str = "ann", **chosen: Any) -> Any:
    return door.ask("POST", path(door, who), json=chosen)


def row_of(door: Door, name: str) -> User:
    (row,) = door.world.rows(User, User.name == name)
    assert isinstance(row, User)
    return row


def crew(door: Door, visit: str) -> dict[str, str]:
    """Who goes to the visit, by name."""
    names = {str(id_): name for name, id_ in door.world.named.items()}
    there = (Assignment.visit_id == door.world.named[visit]) & Assignment.until.is_(None)
    return {names[str(one.user_id)]: one.role for one in door.world.rows(Assignment, there)}


# What stands open


def test_everything_that_stands_open_is_told(door: Door, phone: Phone) -> None:
    stands, world = door.get(path(door)), door.world
    (visit,) = stands["visits"]
    assert (visit["id"], visit["role"], visit["status"]) == (world["open"], "lead", "travelling")
    (place,) = stands["places"]
    assert (place["code"], place["others"]) == ("van-a", [])
    assert [(one["part_code"], one["quantity"]) for one in place["lines"]] == [("R-1", "3.000")]
    (debt,) = stands["debts"]
    assert (debt["serial"], debt["visit"]) == ("OLD-S-1", world["done"])
    (loaner,) = stands["loaners"]
    assert (loaner["serial"], loaner["place"]) == ("L-1", world["van-a"])
    (device,) = stands["devices"]
    assert (device["id"], device["unsent_facts"]) == (str(phone.device.id), 0)
    assert device["last_seen"] is not None
    assert stands["active"]


def test_open_findings_about_somebody_are_told(door: Door, phone: Phone) -> None:
    world = door.world
    world.assign(world["open"], "bob")
    state(phone.device, world, "visit.arrived", world["open"])  # after it was taken from her
    phone.device.sync()
    (finding,) = door.get(path(door))["findings"]
    assert (finding["code"], finding["subject_id"]) == ("visit.late_work", world["open"])


def test_nothing_stands_open_of_who_never_did_anything(door: Door) -> None:
    stands = door.get(path(door, "wang"))
    assert all(stands[part] == [] for part in ("visits", "places", "debts", "loaners", "devices"))


# Leaving


def test_everything_passes_on_and_nothing_lets_them_in_again(door: Door, phone: Phone) -> None:
    world, held, code = door.world, Bearer(door.log_in("ann")), door.code("ann")
    stands = told(leave(door, **choices(door)))
    parts = ("visits", "places", "debts", "loaners", "devices")
    assert not stands["active"]
    assert all(stands[part] == [] for part in parts)
    assert crew(door, "open") == {"bob": "lead"}
    (keeper,) = world.rows(PlaceKeeper, PlaceKeeper.until.is_(None), place_is(door, "van-a"))
    assert keeper.user_id == world.named["eve"]
    assert [debt.user_id for debt in world.rows(Debt)] == [world.named["eve"]]
    problem(door.ask("GET", "/visits", held), 401, "unauthorized")
    assert all(device.revoked is not None for device in world.rows(Device))
    asked = {"code": code, "public_key": "cd" * 32, "name": "x"}
    problem(door.ask("POST", "/devices/enrol", None, json=asked), 409, "code_spent", "code")


def place_is(door: Door, place: str) -> Any:
    return PlaceKeeper.place_id == door.world.named[place]


def test_what_their_phone_still_states_is_held(door: Door, phone: Phone) -> None:
    told(leave(door, **choices(door)))
    state(phone.device, door.world, "visit.arrived", door.world["open"])
    answer = phone.device.once()
    assert (answer["client"], answer["documents"]) == ("revoked", [])
    door.world.drain()
    held = [one for one in door.world.rows(Standing) if one.state == "held"]
    assert [one.reason for one in held] == ["revoked"]
    assert door.get(f"/visits/{door.world['open']}")["status"] == "assigned"


def test_the_phone_of_the_next_gets_what_passed_on(door: Door, phone: Phone) -> None:
    eve, bob = door.phone("eve").device, door.phone("bob").device
    told(leave(door, **choices(door)))
    door.world.drain()
    eve.sync()
    bob.sync()
    assert list(eve.documents("stock")) == [door.world["van-a"]]
    assert list(eve.documents("loaner")) == [door.world["loaner"]]
    assert list(bob.documents("visit")) == [door.world["open"]]
    broken = door.world.house.database.read(violations)
    assert not any(broken.values())


def test_the_trail_says_who_let_them_go_and_what_was_decided(door: Door, phone: Phone) -> None:
    before = len(door.world.rows(Decision))
    told(leave(door, **choices(door)))
    decided = sorted(door.world.rows(Decision), key=lambda one: one.at)[before:]
    assert {one.kind for one in decided} == {"visit.assigned", "debt.assigned"}
    assert {one.user_id for one in decided} == {door.world.named["sue"]}
    edits = {(edit.table, str(edit.after)) for edit in door.world.rows(Edit)}
    assert ("users", "{'active': False}") in edits
    assert [table for table, _ in edits].count("keepers") == 2


def test_a_visit_may_be_left_to_nobody(door: Door, phone: Phone) -> None:
    door.world.open_visit("alone", "ann")
    visits = [
        {"visit": door.world["open"], "to": door.world["bob"]},
        {"visit": door.world["alone"], "to": None},
    ]
    told(leave(door, **choices(door, visits=visits)))
    assert crew(door, "alone") == {}
    (visit,) = door.world.rows(Visit, Visit.id == door.world.named["alone"])
    assert (visit.status, visit.epoch) == ("planned", 2)


def test_a_helper_leaves_and_the_lead_stays(door: Door, phone: Phone) -> None:
    told(leave(door, "bob", visits=[{"visit": door.world["open"], "to": None}], places=[
        {"place": door.world["van-b"], "to": None}]))  # fmt: skip
    assert crew(door, "open") == {"ann": "lead"}


def test_a_crew_is_not_left_without_a_lead(door: Door, phone: Phone) -> None:
    visits = [{"visit": door.world["open"], "to": None}]
    problem(leave(door, **choices(door, visits=visits)), 422, "lead_needed", "visits.0.to")


def test_a_van_may_be_left_to_nobody_if_the_loaner_in_it_goes_elsewhere(
    door: Door, phone: Phone
) -> None:
    world = door.world
    places = [{"place": world["van-a"], "to": None}]
    body = problem(leave(door, **choices(door, places=places)), 409, "unresolved", "loaners")
    assert body["detail"] == f"loaners: {world['loaner']}"
    loaners = [{"loaner": world["loaner"], "place": world["main"]}]
    told(leave(door, **choices(door, places=places, loaners=loaners)))
    assert door.get(f"/loaners/{world['loaner']}")["holder_id"] == world["main"]
    assert not world.rows(PlaceKeeper, PlaceKeeper.until.is_(None), place_is(door, "van-a"))


def test_a_loaner_stays_in_a_van_that_somebody_else_keeps_too(door: Door, phone: Phone) -> None:
    door.post("/keepers", place_id=door.world["van-a"], user_id=door.world["bob"])
    (place,) = door.get(path(door))["places"]
    assert place["others"] == [door.world["bob"]]
    told(leave(door, **choices(door, places=[{"place": door.world["van-a"], "to": None}])))


def test_a_debt_may_end_with_a_word_on_why(door: Door, phone: Phone) -> None:
    (debt,) = door.world.rows(Debt)
    nobody = {"debt": str(debt.id), "to": None, "note": " "}
    problem(leave(door, **choices(door, debts=[nobody])), 422, "wrong_value", "debts.0.to")
    told(leave(door, **choices(door, debts=[{**nobody, "note": "鉴于年限，予以核销"}])))
    assert door.world.rows(Debt) == []
    (decision,) = door.world.rows(Decision, Decision.kind == "debt.assigned")
    assert decision.data["note"] == "鉴于年限，予以核销"


# What is left open


@pytest.mark.parametrize("part", ["visits", "places", "debts"])
def test_what_nothing_was_chosen_for_is_named_and_nothing_happens(
    door: Door, phone: Phone, part: str
) -> None:
    before = len(door.world.rows(Decision)), len(door.world.rows(Edit))
    body = problem(leave(door, **choices(door, **{part: []})), 409, "unresolved", part)
    assert body["detail"].startswith(f"{part}: ")
    assert door.get(path(door))["active"]
    assert (len(door.world.rows(Decision)), len(door.world.rows(Edit))) == before


def test_everything_that_is_left_open_is_named_at_once(door: Door, phone: Phone) -> None:
    body = problem(leave(door), 409, "unresolved", "visits")
    for id_ in (door.world["open"], door.world["van-a"], str(door.world.rows(Debt)[0].id)):
        assert id_ in body["detail"]


def test_a_phone_with_unsent_facts_is_waited_for_or_given_up(door: Door, phone: Phone) -> None:
    device = str(phone.device.id)
    request = phone.device.request([])
    request["unsent"] = {"facts": 7, "bytes": 900, "since": "2026-11-22T07:00:00Z"}
    told(door.ask("POST", "/sync", phone, json=request))
    body = problem(leave(door, **choices(door)), 409, "unresolved", "devices")
    assert body["detail"] == f"devices: {device}"
    told(leave(door, **choices(door, give_up=[device])))


@pytest.mark.parametrize(
    ("part", "choice", "field"),
    [
        ("visits", {"visit": NOTHING, "to": None}, "visits.0.visit"),
        ("places", {"place": NOTHING, "to": None}, "places.0.place"),
        ("debts", {"debt": NOTHING, "to": None}, "debts.0.debt"),
        ("loaners", {"loaner": NOTHING, "place": NOTHING}, "loaners.0.loaner"),
    ],
)
def test_what_does_not_stand_open_cannot_pass_on(
    door: Door, phone: Phone, part: str, choice: Json, field: str
) -> None:
    problem(leave(door, **choices(door, **{part: [choice]})), 404, "unknown", field)
    problem(leave(door, **choices(door, give_up=[NOTHING])), 404, "unknown", "give_up.0")


@pytest.mark.parametrize(
    ("part", "to", "code", "status"),
    [
        ("visits", "ann", "not_technician", 422),
        ("visits", "dora", "not_technician", 422),
        ("places", "ann", "unknown", 404),
        ("debts", "ann", "unknown", 404),
    ],
)
def test_nothing_passes_to_who_cannot_have_it(
    door: Door, phone: Phone, part: str, to: str, code: str, status: int
) -> None:
    chosen = choices(door)
    chosen[part][0]["to"] = door.world[to]
    problem(leave(door, **chosen), status, code, f"{part}.0.to")


# Once, and back


def test_nobody_leaves_twice(door: Door, phone: Phone) -> None:
    first = told(leave(door, **choices(door)))
    rows = len(door.world.rows(Edit)), len(door.world.rows(Decision))
    assert told(leave(door)) == first
    assert (len(door.world.rows(Edit)), len(door.world.rows(Decision))) == rows


def test_the_last_supervisor_stays(door: Door) -> None:
    problem(leave(door, "sue"), 409, "last_supervisor", "id")
    door.post("/users", name="sam", full_name="Sam", role="supervisor", password="long enough")
    told(leave(door, "sue"))


def test_somebody_returns_without_anything_of_before(door: Door, phone: Phone) -> None:
    told(leave(door, **choices(door)))
    door.world.clock.advance(60)
    stands = told(door.ask("POST", f"/users/{door.world['ann']}/return"))
    assert stands["active"]
    assert stands["visits"] == stands["places"] == stands["devices"] == []
    assert phone.device.once()["client"] == "revoked"
    assert told(door.ask("POST", f"/users/{door.world['ann']}/return")) == stands
    door.phone("ann").device.sync()
    last = max(door.world.rows(Edit), key=lambda edit: edit.at)
    assert (last.before, last.after) == ({"active": False}, {"active": True})


def test_nobody_who_left_gets_a_van_or_a_code(door: Door) -> None:
    told(leave(door, "eve"))
    asked = {"place_id": door.world["main"], "user_id": door.world["eve"]}
    problem(door.ask("POST", "/keepers", json=asked), 404, "unknown", "user_id")
    asked = {"user": door.world["eve"]}
    problem(door.ask("POST", "/devices/codes", json=asked), 404, "unknown", "user")


def test_leaving_is_not_undone_like_an_edit(door: Door) -> None:
    from models.edits import Editor
    from models.refusals import Refused

    told(leave(door, "eve"))
    (edit,) = door.world.rows(Edit)

    def undo(session: Any, now: Any) -> None:
        Editor(session, now, door.world.ids, door.world.named["sue"]).undo(edit)

    with pytest.raises(Refused, match="not_undone"):
        door.world.house.database.transact(undo)
    assert not row_of(door, "eve").active


# At once


@pytest.fixture
def racing(postgresql_url: str, tmp_path: Path) -> Any:
    world = World.open(postgresql_url, tmp_path)
    yield Door(world)
    world.close()


def at_once(*asked: Any) -> list[int]:
    with ThreadPoolExecutor(len(asked)) as pool:
        return [one.result().status_code for one in [pool.submit(ask) for ask in asked]]


def asking(door: Door, method: str, path: str, who: str, body: Json) -> Any:
    headers = {"Authorization": f"Bearer {door.token(who)}"}

    def ask() -> Any:
        client = door.app.test_client()
        return client.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    return ask


def test_a_visit_is_never_assigned_to_who_is_just_leaving(racing: Door) -> None:
    world = racing.world
    for number in range(8):
        user = racing.post(
            "/users", name=f"t{number}", full_name="T", role="technician", password="long enough"
        )["id"]
        world.named[f"t{number}"] = UUID(user)
        visit = world.open_visit(f"visit {number}", None)
        body = {"crew": [{"user": user, "role": "lead"}]}
        left, assigned = at_once(
            asking(racing, "POST", f"/users/{user}/leaving", "sue", {}),
            asking(racing, "PUT", f"/visits/{visit}/crew", "dora", body),
        )
        assert (left, assigned) in {(200, 422), (409, 200)}
        active = racing.get(f"/users/{user}/leaving")
        assert active["active"] is (left == 409)
        assert len(active["visits"]) == (assigned == 200)


def test_of_the_last_two_supervisors_one_stays(racing: Door) -> None:
    world = racing.world
    for number in range(4):
        made = racing.post(
            "/users", name=f"s{number}", full_name="S", role="supervisor", password="long enough"
        )["id"]
        world.named[f"s{number}"] = UUID(made)
        statuses = at_once(
            asking(racing, "POST", f"/users/{made}/leaving", "sue", {}),
            asking(racing, "POST", f"/users/{world['sue']}/leaving", f"s{number}", {}),
        )
        active = world.rows(User, User.role == "supervisor", User.active)
        assert len(active) == 1, statuses
        if active[0].name != "sue":
            racing.tokens.pop("sue", None)
            told(racing.ask("POST", f"/users/{world['sue']}/return", active[0].name))
            told(racing.ask("POST", f"/users/{made}/leaving", "sue", json={}))
