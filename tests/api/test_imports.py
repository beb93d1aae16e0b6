"""Import and export over HTTP."""

from io import BytesIO
from itertools import product
from typing import Any

import pytest
from werkzeug.test import TestResponse

from models.customers import Customer
from models.decisions import Decision
from models.tables import limits
from models.tables.catalogue import TABLES
from models.tables.exporting import FORMATS, TYPES
from tests.api.door import Door, problem, told
from tests.contracts.agreed import agree
from tests.sheets import csv_of

CSV, XLSX = TYPES["csv"], TYPES["xlsx"]
CUSTOMERS = csv_of(["客户编号", "客户名称"], ["C1", "东方医院"], ["C2", "西方医院"]).getvalue()


def post(
    door: Door,
    name: str,
    data: bytes,
    who: str = "sue",
    type_: str = CSV,
    query: str = "",
    **rest: Any,
) -> TestResponse:
    """Send a file."""
    response: TestResponse = door.ask(
        "POST", f"/imports/{name}{query}", who, data=data, content_type=type_, **rest
    )
    return response


def test_a_file_is_imported_and_what_came_of_it_is_told(door: Door) -> None:
    answer = told(post(door, "customers", CUSTOMERS, "dora"))
    assert answer == {"added": 1, "changed": 0, "unchanged": 1, "seconds": 0.0, "dry_run": False}
    assert {row.code for row in door.world.rows(Customer)} == {"C1", "C2"}


def test_a_dry_run_writes_nothing(door: Door) -> None:
    answer = told(post(door, "customers", CUSTOMERS, query="?dry_run=true"))
    assert (answer["added"], answer["dry_run"]) == (1, True)
    assert [row.code for row in door.world.rows(Customer)] == ["C1"]


def test_a_refused_file_is_a_problem_with_its_cells(door: Door) -> None:
    data = csv_of(["code", "name"], ["C1", ""], ["C2", "x"], ["", "x"]).getvalue()
    response = post(door, "customers", data, query="?problems=1")
    assert response.status_code == 422
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert (body["code"], body["more"]) == ("file_refused", 1)
    assert body["detail"] == "problems in the file: 2"
    (told_of,) = body["problems"]
    assert (told_of["line"], told_of["column"], told_of["cell"]) == (2, "name", "B2")
    assert told_of["code"] == "cell.needed"
    assert told_of["remedy"]


def test_every_export_can_be_sent_back(door: Door) -> None:
    door.world.stock_van("van-a", "5", "SN-1")
    level = {"place_id": door.world["van-a"], "part_id": door.world["roller"], "least": "0"}
    door.post("/levels", "wang", **level, most="2.5", shelf="A-1")
    agree(door.world, "crm-annual-fee", parameters={"local_hours": 4, "out_of_town_days": 2})
    for name, format_ in product(TABLES, FORMATS):
        response = door.ask("GET", f"/exports/{name}?format={format_}&lang=zh", "wang")
        assert response.status_code == 200
        assert response.mimetype == TYPES[format_]
        disposition = f"attachment; filename={name}.{format_}"
        assert response.headers["Content-Disposition"] == disposition
        assert "no-store" in response.headers["Cache-Control"]
        answer = told(post(door, name, response.data, type_=TYPES[format_]))
        assert (answer["added"], answer["changed"]) == (0, 0), (name, format_)
        assert answer["unchanged"] > 0


def test_every_template_has_headings_and_an_example(door: Door) -> None:
    for name, table in TABLES.items():
        response = door.ask("GET", f"/imports/{name}/template?lang=en", "dora")
        heading, example, *rest = response.data.decode("utf-8-sig").splitlines()
        assert heading.split(",") == [column.heading.en for column in table.columns]
        assert example
        assert not rest
        response = door.ask("GET", f"/imports/{name}/template?format=xlsx", "dora")
        assert response.mimetype == XLSX


def test_gb18030_is_exported_and_named(door: Door) -> None:
    response = door.ask("GET", "/exports/customers?encoding=gb18030")
    assert response.content_type == "text/csv; charset=gb18030"
    assert "东方医院" in response.data.decode("gb18030")
    answer = told(post(door, "customers", response.data, type_=response.content_type))
    assert answer["unchanged"] == 1


def test_each_role_imports_only_its_own(door: Door) -> None:
    desk, store = ("customers", "sites", "assets"), ("parts", "stock", "levels", "loaners")
    for name, who in [*product(desk, ("wang", "ann")), *product(store, ("dora", "ann"))]:
        problem(post(door, name, b"", who), 403, "not_allowed")
    for name, who in [*product(desk, ("dora", "sue")), *product(store, ("wang", "sue"))]:
        assert post(door, name, b"", who).status_code == 422


def test_stock_is_opened_by_who_sent_the_file(door: Door) -> None:
    data = csv_of(["place", "part", "quantity"], ["main", "R-1", "5"]).getvalue()
    assert told(post(door, "stock", data, "wang"))["added"] == 1
    (decision,) = door.world.rows(Decision, Decision.kind == "stock.opened")
    assert str(decision.user_id) == door.world["wang"]


def test_a_file_may_be_larger_than_other_bodies(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(door.app.config, "MAX_CONTENT_LENGTH", 50)
    lines = [[f"N{number}", "x"] for number in range(100)]
    data = csv_of(["code", "name"], *lines).getvalue()
    assert told(post(door, "customers", data))["added"] == 100
    assert door.ask("POST", "/customers", json={"code": "x" * 100, "name": "x"}).status_code == 413


def test_a_file_that_is_too_large_is_told_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "import_bytes_max", len(CUSTOMERS) - 1)
    response = post(door, "customers", CUSTOMERS)
    assert "a file has at most" in problem(response, 413, "too_large")["detail"]
    unsaid = BytesIO(CUSTOMERS)
    response = door.ask(
        "POST",
        "/imports/customers",
        input_stream=unsaid,
        content_type=CSV,
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == 413


def test_another_type_is_told_which_to_send(door: Door) -> None:
    for type_ in ("application/json", "application/vnd.ms-excel", "", "text/csv; charset=latin-1"):
        response = post(door, "customers", CUSTOMERS, type_=type_)
        problem(response, 415, "unsupported_media_type")
    response = post(door, "customers", CUSTOMERS, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 415


def test_a_misspelt_query_is_refused(door: Door) -> None:
    for query in ("dryrun=true", "problems=0", "dry_run=perhaps"):
        assert post(door, "customers", CUSTOMERS, query=f"?{query}").status_code == 422
    for query in ("format=pdf", "lang=fr", "encoding=latin-1"):
        assert door.ask("GET", f"/exports/customers?{query}").status_code == 422


def test_the_document_tells_the_columns(door: Door) -> None:
    paths = door.ask("GET", "/openapi.json", None).get_json()["paths"]
    import_ = paths["/api/v1/imports/sites"]["post"]
    assert "| **customer code** | 客户编号 |" in import_["description"]
    assert set(import_["requestBody"]["content"]) == {CSV, XLSX}
    assert import_["operationId"] == "import_sites"
