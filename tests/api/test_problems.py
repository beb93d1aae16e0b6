"""Every error is a problem that says what, where and what to do, and tells nothing else."""

import gzip
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models.customers import Site
from models.database import Violation
from tests.api.door import Door, problem
from tests.servers import DatabaseServer
from tests.world import World

NOBODY = "00000000-0000-7000-8000-000000000000"
CUSTOMER = {"code": "C-2", "name": "西方医院"}
ORDER = {"request": "打印不清"}


def site(door: Door, **changed: Any) -> dict[str, Any]:
    return {"customer_id": door.world["customer"], "name": "楼", "address": "路", **changed}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def door(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """One company for all: what is refused leaves nothing behind."""
    server: DatabaseServer = request.getfixturevalue(request.param)
    url = server.fresh()
    world = World.open(url, tmp_path_factory.mktemp("home"))
    yield Door(world)
    world.close()
    server.drop(url)


# Addresses and methods


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/api/v1/nothing",
        "/api/v1/visits/not-a-uuid",
        "/api/v1/visits/<script>alert(1)</script>",
        "/api/v1/visits/%00",
        "/api/v1/visits/..%2f..%2fetc",
        "/api/v1/photos/short",
        "/static/anything",
    ],
)
def test_an_unknown_address_is_a_problem_that_repeats_nothing(door: Door, path: str) -> None:
    response = door.ask("GET", path) if path.startswith("/api/") else door.client.get(path)
    problem(response, 404, "unknown")
    assert b"script" not in response.data


@pytest.mark.parametrize(
    "path",
    [
        "visits",
        "work-orders",
        "sites",
        "users",
        "parts",
        "keepers",
        "loaners",
        "records",
        "findings",
    ],
)
def test_an_unknown_id_is_named(door: Door, path: str) -> None:
    problem(door.ask("GET", f"/{path}/{NOBODY}"), 404, "unknown", "id")


def test_a_wrong_method_is_told_the_right_ones(door: Door) -> None:
    response = door.ask("DELETE", "/visits")
    problem(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


# Bodies

MALFORMED = [
    b"",
    b"{",
    b'{"code": NaN}',
    b"\xff\xfe",
    b'{"code": "\xe4"}',
    b"[" * 200_000,
    b'{"code": ' + b"1" * 5000 + b"}",
    gzip.compress(b"{}"),
]


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_what_is_no_json_is_a_bad_request(door: Door, body: bytes) -> None:
    response = door.ask("POST", "/customers", data=body, content_type="application/json")
    detail = problem(response, 400, "bad_request")["detail"]
    assert detail.startswith("the body is no JSON: ")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_another_media_type_is_told_which_one_to_send(door: Door, media: str | None) -> None:
    response = door.ask("POST", "/customers", data=json.dumps(CUSTOMER), content_type=media)
    detail = problem(response, 415, "unsupported_media_type")["detail"]
    assert "application/json" in detail


def test_the_desk_may_zip_its_bodies_too(door: Door) -> None:
    body = gzip.compress(json.dumps(CUSTOMER).encode())
    response = door.ask(
        "POST",
        "/customers",
        data=body,
        content_type="application/json",
        headers={"Content-Encoding": "GZIP"},
    )
    assert response.status_code == 201


@pytest.mark.parametrize("body", [[], "x", 1, None])
def test_a_body_that_is_no_object_is_wrong_as_a_whole(door: Door, body: Any) -> None:
    problem(door.ask("POST", "/customers", json=body), 422, "wrong_value")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "C-2"}, "name"),
        ({**CUSTOMER, "colour": "red"}, "colour"),
        ({**CUSTOMER, "id": NOBODY}, "id"),
        ({**CUSTOMER, "name": ""}, "name"),
        ({**CUSTOMER, "name": " \n\u3000"}, "name"),
        ({**CUSTOMER, "name": None}, "name"),
        ({**CUSTOMER, "name": "x" * 201}, "name"),
        ({**CUSTOMER, "name": "a\x00b"}, "name"),
        ({**CUSTOMER, "name": "\ud800"}, "name"),
        ({**CUSTOMER, "name": 7}, "name"),
        ({**CUSTOMER, "\ud800": 7}, "?"),
    ],
)
def test_a_wrong_field_is_named(door: Door, body: dict[str, Any], field: str) -> None:
    problem(door.ask("POST", "/customers", json=body), 422, "wrong_value", field)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/users", {"name": "n", "full_name": "n", "role": "technician", "password": "\ud800" * 9}),
        ("/users", {"name": "n", "full_name": "n", "role": "\ud800", "password": "long enough"}),
        ("/sites", {"access_notes": "\ud800"}),
        ("/sites", {"access_notes": "\x00"}),
        ("/sites", {"zone": "../../etc/passwd"}),
        ("/sites", {"zone": "Asia/Shanghai\x00"}),
        ("/loaners", {"model": "m", "serial": "s", "accessories": "\x00"}),
        ("/auth/login", {"name": "\ud800", "password": "x"}),
        ("/devices/enrol", {"code": "\ud800", "public_key": "x", "name": "x"}),
    ],
)
def test_text_that_cannot_be_kept_is_refused_everywhere(
    door: Door, path: str, body: dict[str, Any]
) -> None:
    whole = site(door, **body) if path == "/sites" else body
    response = door.ask("POST", path, json=whole)
    assert response.status_code == 422, response.text


@pytest.mark.parametrize(
    "due",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "0999-01-01T00:00:00Z",
        "2026-11-22T08:00:00",
        "yesterday",
        "",
    ],
)
def test_a_time_beyond_the_calendar_is_a_wrong_value(door: Door, due: str) -> None:
    body = {**ORDER, "site": door.world["site"], "due": due}
    told = problem(door.ask("POST", "/work-orders", json=body), 422, "wrong_value", "due")
    if "Z" not in due and "14:00" not in due:
        assert "for instance 2026-11-22T08:00:00.000Z" in told["detail"]


@pytest.mark.parametrize("quantity", ["0", "-1", "1.0001", "1e400", "NaN", "Infinity", "x", True])
def test_a_quantity_that_no_book_can_hold_is_named(door: Door, quantity: Any) -> None:
    body = {
        "place": door.world["main"],
        "lines": [{"part": door.world["roller"], "quantity": quantity}],
    }
    response = door.ask("POST", "/stock/openings", json=body)
    problem(response, 422, "wrong_value", "lines.0.quantity")


@pytest.mark.parametrize(
    ("method", "path", "body", "hint"),
    [
        ("POST", "/customers", {**CUSTOMER, "nam": "x"}, "nam may be meant as name."),
        ("GET", "/visits?custmer=x", None, "custmer may be meant as customer."),
        ("GET", "/users?rolle=x&limt=3", None,
         "limt may be meant as limit. rolle may be meant as role."),
        ("POST", "/stock/openings", {"lines": [{"prt": 1}]}, "prt may be meant as part."),
        ("POST", "/customers", {**CUSTOMER, "colour": "red"}, ""),
        ("POST", "/customers", [], ""),
    ],
)  # fmt: skip
def test_a_misspelt_name_is_told_the_nearest(
    door: Door, method: str, path: str, body: Any, hint: str
) -> None:
    response = door.ask(method, path, **({} if body is None else {"json": body}))
    assert response.json["remedy"] == f"Correct the named field. {hint}".strip()


def test_all_that_is_wrong_is_told_at_once(door: Door) -> None:
    body = {"code": 7, "colour": "red"}
    told = problem(door.ask("POST", "/customers", json=body), 422, "wrong_value", "code")
    assert told["detail"] == (
        "Not a valid string. Also wrong: name: Missing data for required field.; "
        "colour: Unknown field."
    )


def test_of_much_that_is_wrong_the_rest_is_counted(door: Door) -> None:
    body = {"place": door.world["main"], "lines": [{}] * 30}
    told = problem(door.ask("POST", "/stock/openings", json=body), 422, "wrong_value",
                   "lines.0.part")  # fmt: skip
    assert told["detail"].endswith("; and 49 more")


# Queries


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("after=x", "after"),
        ("colour=red", "colour"),
    ],
)
def test_a_wrong_or_unknown_parameter_is_named(door: Door, query: str, field: str) -> None:
    for path in ("/visits", "/users", "/moves", "/findings", "/records", "/devices"):
        problem(door.ask("GET", f"{path}?{query}"), 422, "wrong_value", field)


# What the database says


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/customers", {"code": "C1", "name": "other"}, "code"),
        ("/territories", {"code": "E", "name": "x", "tier": "local"}, "code"),
        (
            "/users",
            {"name": "ann", "full_name": "A", "role": "technician", "password": "long enough"},
            "name",
        ),
        ("/parts", {"code": "R-1", "name": "other"}, "code"),
        ("/places", {"code": "main", "kind": "van", "name": "other"}, "code"),
        ("/loaners", {"model": "BP-100", "serial": "L-1"}, "serial"),
        ("/assets", {"model": "BP-200", "serial": "A-1", "name": "x"}, "serial"),
    ],
)
def test_what_exists_already_is_a_conflict_that_names_the_field(
    door: Door, path: str, body: dict[str, Any], field: str
) -> None:
    whole = {**body, "site_id": door.world["site"]} if path == "/assets" else body
    problem(door.ask("POST", path, json=whole), 409, "exists", field)


@pytest.mark.parametrize(
    ("path", "field", "rest"),
    [
        ("/sites", "customer_id", {"name": "x", "address": "x"}),
        ("/sites", "territory_id", None),
        ("/contacts", "site_id", {"name": "x", "phone": "x"}),
        ("/assets", "site_id", {"model": "x", "serial": "x", "name": "x"}),
        (
            "/users",
            "territory_id",
            {"name": "x", "full_name": "x", "role": "technician", "password": "long enough"},
        ),
        ("/keepers", "place_id", None),
        ("/keepers", "user_id", None),
        ("/work-orders", "site", ORDER),
        ("/devices/codes", "user", {}),
    ],
)
def test_an_unknown_id_in_a_body_is_named(
    door: Door, path: str, field: str, rest: dict[str, Any] | None
) -> None:
    known = site(door) if path == "/sites" else {}
    if path == "/keepers":
        known = {"place_id": door.world["van-a"], "user_id": door.world["ann"]}
    body = {**known, **(rest or {}), field: NOBODY}
    problem(door.ask("POST", path, json=body), 404, "unknown", field)


def test_a_reference_that_vanished_meanwhile_is_no_server_error(door: Door) -> None:
    """Nothing is deleted today; if it ever is, the constraint speaks."""

    def body(session: Session, now: Any) -> None:
        values = site(door, customer_id=door.world.new("nobody"))
        session.add(Site(id=door.world.new("x"), zone="Asia/Shanghai", access_notes="", **values))
        session.flush()

    door = Door(door.world, own=True)

    @door.app.route("/vanished")
    def vanished() -> str:
        door.world.house.database.transact(body)
        return "unreachable"

    response = door.client.get("/vanished")
    assert response.status_code in (404, 422)
    assert response.content_type == "application/problem+json"


# What nobody expected


def test_an_unexpected_error_tells_nothing_and_is_logged(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr(door.world.house.database, "read", fail)
    with caplog.at_level(logging.ERROR):
        response = door.ask("GET", "/visits", None, headers={"Authorization": "Bearer x"})
    problem(response, 500, "server_error")
    assert "42" not in response.text
    assert "Traceback" not in response.text
    assert "the secret is 42" in caplog.text
    assert "/api/v1/visits" in caplog.text


def test_a_database_that_does_not_answer_is_said_to_be_busy(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("SELECT secret", {}, Exception("server closed the connection"))

    monkeypatch.setattr(door.world.house.database, "read", fail)
    response = door.ask("GET", "/visits", None, headers={"Authorization": "Bearer x"})
    problem(response, 503, "busy")
    assert response.headers["Retry-After"] == "5"
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("constraint", "status", "code", "field"),
    [
        ("uq_user_account_name", 409, "exists", "name"),
        ("uq_loaner_model_serial", 409, "exists", "serial"),
        ("fk_site_customer_id", 404, "unknown", "customer_id"),
        ("ck_territory_tier", 422, "wrong_value", None),
        (None, 422, "wrong_value", None),
    ],
)
def test_each_kind_of_constraint_has_its_answer(
    door: Door, constraint: str | None, status: int, code: str, field: str | None
) -> None:
    door = Door(door.world, own=True)

    @door.app.route("/violate")
    def violate() -> str:
        raise Violation(constraint)

    problem(door.client.get("/violate"), status, code, field)
