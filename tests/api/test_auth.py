"""Who is let in: every endpoint asks, and one that is added tomorrow is asked about here too."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule

from models.people import User, password_hash
from tests.api.door import Door, problem

OPEN = {
    ("GET", "/"),
    ("GET", "/healthz"),
    ("GET", "/api/v1/openapi.json"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/devices/enrol"),
    ("OPTIONS", "/api/v1/uploads"),
}
FOR_DEVICES = {"sync.sync", "uploads.create", "uploads.progress", "uploads.append"} | {
    "uploads.lacking"
}
SAMPLES = {"id_": "00000000-0000-7000-8000-000000000000", "sha256": "0" * 64}


def operations(app: Flask) -> Iterator[tuple[str, str, Rule]]:
    """Every method and address of the application, but the methods that Flask adds by itself."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        methods = set(rule.methods or ()) - ({"HEAD"} if "GET" in (rule.methods or ()) else set())
        for method in sorted(methods):
            if method != "OPTIONS" or methods == {"OPTIONS"}:
                yield method, address(rule), rule


def address(rule: Rule) -> str:
    path = rule.rule
    for name in rule.arguments:
        start, end = path.index("<"), path.index(">")
        path = path[:start] + SAMPLES.get(name, SAMPLES["id_"]) + path[end + 1 :]
    return path


def guarded(door: Door) -> list[tuple[str, str, Rule]]:
    return [one for one in operations(door.app) if one[:2] not in OPEN]


def test_every_endpoint_but_the_listed_ones_refuses_nobody(door: Door) -> None:
    asked = guarded(door)
    for method, path, _ in asked:
        response = door.ask(method, path, None)
        assert response.status_code == 401, (method, path)
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="onsite"'
    assert len(asked) > 50


def test_the_front_door_says_where_to_go(door: Door) -> None:
    assert "/api/v1/openapi.json" in door.client.get("/").text
    assert door.client.get("/healthz").text == "ok\n"


def test_the_list_of_open_endpoints_names_nothing_else(door: Door) -> None:
    there = {one[:2] for one in operations(door.app)}
    assert there >= OPEN


def test_a_technician_at_the_desk_is_let_in_nowhere(door: Door) -> None:
    for method, path, rule in guarded(door):
        status = door.ask(method, path, "ann").status_code
        assert status == (401 if rule.endpoint in FOR_DEVICES else 403), (method, path)


def test_a_devices_token_opens_no_endpoint_of_the_desk(door: Door) -> None:
    phone = door.phone()
    for method, path, rule in guarded(door):
        if rule.endpoint not in FOR_DEVICES:
            assert door.ask(method, path, phone).status_code == 401, (method, path)


@pytest.mark.parametrize("who", ["dora", "wang", "sue"])
def test_a_log_in_opens_no_endpoint_of_devices(door: Door, who: str) -> None:
    for method, path, rule in guarded(door):
        if rule.endpoint in FOR_DEVICES:
            assert door.ask(method, path, who).status_code == 401, (method, path)


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


def test_a_log_in_ends_after_twelve_hours(door: Door) -> None:
    assert door.ask("GET", "/visits").status_code == 200
    door.world.clock.advance(12 * 3600 - 1)
    assert door.ask("GET", "/visits").status_code == 200
    door.world.clock.advance(1)
    problem(door.ask("GET", "/visits"), 401, "unauthorized")


def test_a_user_who_has_left_is_nobody_at_once(door: Door) -> None:
    assert door.ask("GET", "/visits", "dora").status_code == 200
    left = update(User).where(User.name == "dora").values(active=False)
    door.world.house.database.transact(lambda session, now: session.execute(left))
    problem(door.ask("GET", "/visits", "dora"), 401, "unauthorized")


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("POST", "/users", "dora"),
        ("POST", "/territories", "wang"),
        ("POST", "/keepers", "wang"),
        ("POST", "/customers", "wang"),
        ("POST", "/work-orders", "wang"),
        ("POST", "/visits", "wang"),
        ("POST", "/devices/codes", "wang"),
        ("GET", "/devices", "wang"),
        ("POST", "/parts", "dora"),
        ("POST", "/stock/openings", "dora"),
        ("POST", "/stock/shipments", "dora"),
        ("POST", "/loaners", "dora"),
        ("PUT", f"/loaners/{SAMPLES['id_']}/place", "dora"),
        ("POST", f"/devices/{SAMPLES['id_']}/revoke", "dora"),
    ],
)
def test_each_role_stays_within_its_own(door: Door, method: str, path: str, who: str) -> None:
    body = problem(door.ask(method, path, who, json={}), 403, "not_allowed")
    assert "this is for: " in body["detail"]


# Logging in


def with_password(door: Door, name: str = "dora", password: str = "correct horse") -> None:
    hashed = password_hash(password)
    change = update(User).where(User.name == name).values(password_hash=hashed)
    door.world.house.database.transact(lambda session, now: session.execute(change))


def test_name_and_password_give_a_token(door: Door) -> None:
    with_password(door)
    told = door.post("/auth/login", name="dora", password="correct horse")
    headers = {"Authorization": f"Bearer {told['token']}"}
    assert door.client.get("/api/v1/visits", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("name", "password"),
    [("dora", "wrong horse"), ("Dora", "correct horse"), ("nobody", "correct horse")],
)
def test_anything_else_gives_the_same_401(door: Door, name: str, password: str) -> None:
    with_password(door)
    response = door.ask("POST", "/auth/login", None, json={"name": name, "password": password})
    body = problem(response, 401, "unauthorized")
    assert body["detail"] == "name and password do not belong to an active user"


def test_a_user_who_has_left_cannot_log_in(door: Door) -> None:
    with_password(door)
    left = update(User).where(User.name == "dora").values(active=False)
    door.world.house.database.transact(lambda session, now: session.execute(left))
    credentials = {"name": "dora", "password": "correct horse"}
    problem(door.ask("POST", "/auth/login", None, json=credentials), 401, "unauthorized")


def test_a_password_is_never_told(door: Door) -> None:
    made = door.post(
        "/users", name="new", full_name="New", role="dispatcher", password="long enough"
    )
    assert not [name for name in made if "password" in name]
    assert "argon2" not in door.ask("GET", "/users").text
    assert door.post("/auth/login", name="new", password="long enough")["token"]
