"""The OpenAPI document is valid and says of every operation what it does, for whom, and how it
fails; the answers that the tests see are those that it promises."""

from collections.abc import Iterator

import pytest
from openapi_spec_validator import validate

from sync.device import Json
from tests.api.door import PROBLEM, Door

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
OPEN = {"log_in", "enrol", "describe"}
OF_DEVICES = {"sync", "create", "progress", "append", "lacking"}


@pytest.fixture
def document(door: Door) -> Json:
    response = door.ask("GET", "/openapi.json", None)
    assert response.status_code == 200
    told: Json = response.json
    return told


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method in METHODS & set(methods):
            yield f"{method} {path}", methods[method]


def test_the_document_is_valid(document: Json) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_a_summary_and_an_id_of_its_own(document: Json) -> None:
    ids = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(ids)) == len(ids) > 50
    assert [name for name, one in operations(document) if not one.get("summary")] == []


def test_every_operation_says_whose_token_it_needs(document: Json) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {scheme["scheme"] for scheme in schemes.values()} == {"bearer"}
    for name, operation in operations(document):
        id_ = operation["operationId"]
        needed: list[Json] | None = (
            None if id_ in OPEN else [{"device" if id_ in OF_DEVICES else "staff": []}]
        )
        assert operation.get("security") == needed, name


def test_every_operation_says_that_errors_are_problems(document: Json) -> None:
    for name, operation in operations(document):
        assert "default" in operation["responses"], name
        if "security" in operation:
            assert "401" in operation["responses"], name
    for response in document["components"]["responses"].values():
        assert set(response.get("content", {})) <= {"application/problem+json"}
    assert set(document["components"]["schemas"]["Problem"]["properties"]) == PROBLEM


def test_every_endpoint_is_in_the_document(door: Door, document: Json) -> None:
    described = {name for name, _ in operations(document)}
    for rule in door.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api-docs.openapi_json":
            path = rule.rule
            for argument in rule.arguments:
                start, end = path.index("<"), path.index(">")
                path = f"{path[:start]}{{{argument}}}{path[end + 1 :]}"
            methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"} or {"HEAD", "OPTIONS"}
            assert {f"{method.lower()} {path}" for method in methods} & described, rule.rule
