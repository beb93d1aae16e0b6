"""Logging in at the desk: tokens that end by themselves, and passwords that others cannot keep."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, update

from models.edits import Edit
from models.people import StaffSession, User, password_hash
from sync.passing import sweep
from tests.api.door import Bearer, Door, problem, told

PASSWORD = "correct horse"
OTHER = "battery staple"


def with_password(door: Door, *names: str, password: str = PASSWORD) -> None:
    change = update(User).where(User.name.in_(names)).values(password_hash=password_hash(password))
    door.world.house.database.transact(lambda session, now: session.execute(change))


def try_to_enter(door: Door, name: str = "dora", password: str = PASSWORD, **more: Any) -> Any:
    return door.ask("POST", "/auth/login", None, json={"name": name, "password": password, **more})


def enter(door: Door, name: str = "dora", password: str = PASSWORD, **more: Any) -> Bearer:
    return Bearer(told(try_to_enter(door, name, password, **more))["token"])


def row_of(door: Door, name: str) -> User:
    (row,) = door.world.rows(User, User.name == name)
    assert isinstance(row, User)
    return row


# The token


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic dTpw", "bearer x", "Bearer \xff", "Bearer a b", "Token t"],
)
def test_what_is_no_known_token_is_nobody(door: Door, header: str) -> None:
    response = door.client.get("/api/v1/visits", headers={"Authorization": header})
    problem(response, 401, "unauthorized")


def test_the_scheme_may_be_written_in_any_case(door: Door) -> None:
    headers = {"Authorization": f"bEARER {door.token('sue')}"}
    assert door.client.get("/api/v1/visits", headers=headers).status_code == 200


def test_a_log_in_that_is_not_used_ends_after_half_an_hour(door: Door) -> None:
    held = Bearer(door.log_in("dora"))
    door.world.clock.advance(30 * 60 - 1)
    told(door.ask("GET", "/me", held))
    door.world.clock.advance(30 * 60 - 1)
    told(door.ask("GET", "/me", held))
    door.world.clock.advance(30 * 60)
    problem(door.ask("GET", "/me", held), 401, "unauthorized")


def test_a_log_in_ends_after_twelve_hours_however_much_it_is_used(door: Door) -> None:
    held = Bearer(door.log_in("dora"))
    for _ in range(12 * 4 - 1):
        door.world.clock.advance(15 * 60)
        told(door.ask("GET", "/me", held))
    door.world.clock.advance(15 * 60)
    problem(door.ask("GET", "/me", held), 401, "unauthorized")


def test_using_it_is_written_down_once_a_minute(door: Door) -> None:
    held = Bearer(door.log_in("dora"))
    written: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("UPDATE", "INSERT", "DELETE")):
            written.append(statement.split()[1])

    event.listen(door.world.house.database.engine, "before_cursor_execute", note)
    for _ in range(13):
        told(door.ask("GET", "/me", held))
        door.world.clock.advance(10)
    assert written == ["staff_session", "user_account"] * 2
    assert row_of(door, "dora").last_seen is not None


def test_who_was_seen_later_is_still_edited_by_the_same_revision(door: Door) -> None:
    """Being at the desk is nobody's edit: or whoever is there could hardly ever be edited."""
    path = f"/users/{door.world['dora']}"
    etag = door.ask("GET", path).headers["ETag"]
    held = Bearer(door.log_in("dora"))
    door.world.clock.advance(61)
    door.get("/me", held)
    assert told(door.ask("GET", path))["last_seen"] is not None
    headers = {"If-Match": etag}
    told(door.ask("PATCH", path, json={"full_name": "Dora D."}, headers=headers))
    assert door.get("/me", held)["full_name"] == "Dora D."


def test_everybody_sees_their_own_log_ins_and_ends_one_or_all(door: Door) -> None:
    with_password(door, "dora")
    body, headers = {"name": "dora", "password": PASSWORD}, {"User-Agent": "Firefox/1"}
    answer = door.ask("POST", "/auth/login", None, json=body, headers=headers)
    first = Bearer(told(answer)["token"])
    door.world.clock.advance(120)
    second = enter(door)
    shown = door.get("/auth/sessions", second)["items"]
    assert [one["current"] for one in shown] == [True, False]
    assert (shown[1]["address"], shown[1]["agent"]) == ("127.0.0.1", "Firefox/1")
    assert shown[1]["since"] == "2026-11-22T08:00:00.000Z"
    assert not any("token" in name for name in shown[0])
    told(door.ask("POST", "/auth/logout", second, json={}))
    problem(door.ask("GET", "/me", second), 401, "unauthorized")
    told(door.ask("GET", "/me", first))
    third = enter(door)
    told(door.ask("POST", "/auth/logout", third, json={"all": True}))
    for gone in (first, third):
        problem(door.ask("GET", "/me", gone), 401, "unauthorized")


def test_what_has_ended_is_swept_away(door: Door) -> None:
    door.log_in("dora")
    sweep(door.world.house)
    assert len(door.world.rows(StaffSession)) == 1
    door.world.clock.advance(30 * 60)
    sweep(door.world.house)
    assert door.world.rows(StaffSession) == []


# Name and password


def test_name_and_password_give_a_token(door: Door) -> None:
    with_password(door, "dora")
    me = door.get("/me", enter(door))
    assert (me["name"], me["role"], me["lacks"]) == ("dora", "dispatcher", None)


@pytest.mark.parametrize(
    ("name", "password"),
    [("dora", "wrong horse"), ("Dora", PASSWORD), ("nobody", PASSWORD), ("dora", f"{PASSWORD} ")],
)
def test_anything_else_gives_the_same_401(door: Door, name: str, password: str) -> None:
    with_password(door, "dora")
    body = problem(try_to_enter(door, name, password), 401, "unauthorized")
    assert body["detail"] == "name and password do not belong to an active user"
    assert body["remedy"].startswith("Check both")


def test_whoever_left_cannot_log_in(door: Door) -> None:
    with_password(door, "dora")
    door.post(f"/users/{door.world['dora']}/leaving")
    problem(try_to_enter(door), 401, "unauthorized")


def test_a_password_is_never_told(door: Door) -> None:
    made = door.post(
        "/users", name="new", full_name="New", role="dispatcher", password="long enough"
    )
    assert "long enough" not in str(made)
    assert "argon2" not in door.ask("GET", "/users").text
    assert door.post("/auth/login", None, name="new", password="long enough")["token"]


def test_everybody_chooses_their_language_and_it_is_in_the_trail(door: Door) -> None:
    assert door.ask("PATCH", "/me", "ann", json={"language": "en"}).json["language"] == "en"
    (edit,) = door.world.rows(Edit)
    assert (edit.before, edit.after) == ({"language": "zh"}, {"language": "en"})
    assert edit.user_id == edit.row_id == UUID(door.world["ann"])
    more = {"language": "en", "role": "supervisor"}
    problem(door.ask("PATCH", "/me", "ann", json=more), 422, "wrong_value", "role")


# Another password


def change(door: Door, who: Bearer, old: str = PASSWORD, new: str = OTHER) -> Any:
    return door.ask("POST", "/me/password", who, json={"old": old, "new": new})


def test_another_password_needs_the_old_one_and_ends_the_other_log_ins(door: Door) -> None:
    with_password(door, "dora")
    here, elsewhere = enter(door), enter(door)
    problem(change(door, here, old="not the old one"), 422, "password_wrong", "old")
    problem(change(door, here, new="short"), 422, "wrong_value", "new")
    problem(change(door, here, new=PASSWORD), 422, "wrong_value", "new")
    assert change(door, here).status_code == 204
    told(door.ask("GET", "/me", here))
    problem(door.ask("GET", "/me", elsewhere), 401, "unauthorized")
    problem(try_to_enter(door), 401, "unauthorized")
    enter(door, password=OTHER)


def test_a_reset_gives_a_password_for_one_log_in(door: Door) -> None:
    with_password(door, "dora")
    before = enter(door)
    path = f"/users/{door.world['dora']}/password-reset"
    given = told(door.ask("POST", path))
    problem(door.ask("GET", "/me", before), 401, "unauthorized")
    problem(try_to_enter(door), 401, "unauthorized")
    answer = told(try_to_enter(door, password=given["password"]))
    held = Bearer(answer["token"])
    assert answer["lacks"] == door.get("/me", held)["lacks"] == "password"
    problem(door.ask("GET", "/visits", held), 403, "password_change_needed", "password")
    assert change(door, held, old=given["password"]).status_code == 204
    told(door.ask("GET", "/visits", held))
    problem(try_to_enter(door, password=given["password"]), 401, "unauthorized")


def test_a_password_for_one_log_in_is_good_for_a_day(door: Door) -> None:
    given = told(door.ask("POST", f"/users/{door.world['dora']}/password-reset"))
    assert given["until"] == "2026-11-23T08:00:00.000Z"
    door.world.clock.advance(24 * 3600 - 1)
    enter(door, password=given["password"])
    door.world.clock.advance(1)
    problem(try_to_enter(door, password=given["password"]), 401, "unauthorized")


def test_a_reset_leaves_a_line_in_the_trail_and_no_secret(door: Door) -> None:
    given = told(door.ask("POST", f"/users/{door.world['dora']}/password-reset"))
    (edit,) = door.world.rows(Edit)
    assert edit.user_id == UUID(door.world["sue"])
    assert edit.row_id == UUID(door.world["dora"])
    assert set(edit.after) == {"password_since", "password_until"}
    assert edit.after["password_until"] == given["until"]
    row = row_of(door, "dora")
    assert given["password"] not in f"{edit.after}{row.values()}"


def test_nobody_resets_their_own_or_that_of_somebody_who_left(door: Door) -> None:
    for what in ("password-reset", "second-factor/reset"):
        own = door.ask("POST", f"/users/{door.world['sue']}/{what}")
        problem(own, 409, "not_yourself", "id")
    door.post(f"/users/{door.world['dora']}/leaving")
    left = door.ask("POST", f"/users/{door.world['dora']}/password-reset")
    problem(left, 409, "has_left", "id")


# Guessing


def test_whoever_guesses_waits_for_longer_and_longer(door: Door) -> None:
    with_password(door, "dora")
    waits = []
    for _ in range(8):
        response = try_to_enter(door, password="a wrong guess")
        if response.status_code == 429:
            body = problem(response, 429, "throttled", "password")
            waits.append(int(response.headers["Retry-After"]))
            assert body["detail"] == f"wait {waits[-1]} s"
            problem(try_to_enter(door), 429, "throttled", "password")  # the right one too
            door.world.clock.advance(waits[-1])
            response = try_to_enter(door, password="a wrong guess")
        problem(response, 401, "unauthorized")
    assert waits == [1, 2, 4]
    door.world.clock.advance(8)
    enter(door)
    problem(try_to_enter(door, password="a wrong guess"), 401, "unauthorized")


def test_names_that_nobody_has_are_slowed_down_just_the_same(door: Door) -> None:
    statuses = [try_to_enter(door, "nobody", "guess").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


def test_whoever_guesses_old_passwords_with_a_found_token_waits_too(door: Door) -> None:
    with_password(door, "dora")
    found = enter(door)
    statuses = [change(door, found, old="guess").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


def test_codes_of_devices_are_not_guessed_either(door: Door) -> None:
    asked = {"code": "AAAAA-AAAAA", "public_key": "cd" * 32, "name": "x"}
    for _ in range(50):
        problem(door.ask("POST", "/devices/enrol", None, json=asked), 409, "code_spent", "code")
    problem(door.ask("POST", "/devices/enrol", None, json=asked), 429, "throttled", "code")
    door.world.clock.advance(60)
    problem(door.ask("POST", "/devices/enrol", None, json=asked), 409, "code_spent", "code")
