"""The OpenAPI document is valid and says of every operation what it does, for whom, and how it
fails; the answers that the tests see are those that it promises."""

import re
from collections.abc import Iterator

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from api.rights import OF_DEVICES, OPEN
from sync.device import Json
from sync.documents.registry import DOCUMENTS
from tests.api.door import PROBLEM, Door, problem
from tests.api.operations import ARGUMENT
from tests.hostile import signed
from tests.statements import STATEMENTS, state

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


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


VERBS = (
    "add|append|approve|assign|begin|bring|cancel|challenge|change|close|complete|confirm|create|"
    "decline|describe|diagnose|edit|end|enrol|erase|exchange|expect|export|extend|finish|get|"
    "give|import|inspect|issue|keep|key|list|log|lose|note|open|pass|permit|pick|place|plan|"
    "preview|quote|readmit|receive|refuse|release|remove|renew|reopen|replan|reserve|reset|revoke|sell|send|"
    "serve|settle|ship|undo|wipe|withdraw"
)


def test_every_id_is_a_verb_and_a_noun(document: Json) -> None:
    ids = {operation["operationId"] for _, operation in operations(document)}
    assert [id_ for id_ in sorted(ids) if not re.match(f"({VERBS})_[a-z]", id_)] == []
    assert [id_ for id_ in ids if re.match("(add|edit)_.*s$", id_)] == []  # one of many


def test_every_operation_begins_with_whom_it_is_for(document: Json) -> None:
    told = {one["operationId"]: one["description"] for _, one in operations(document)}
    assert told["log_in"].startswith("**For anybody.**")
    assert told["list_visits"].startswith(
        "**For technician (own), dispatcher, warehouse, supervisor"
    )
    assert [id_ for id_, words in told.items() if not words.startswith("**For ")] == []
    assert "All of it or nothing." in told["import_customers"]


def test_every_operation_says_whose_token_it_needs(document: Json) -> None:
    schemes = document["components"]["securitySchemes"]
    assert {scheme["scheme"] for scheme in schemes.values()} == {"bearer"}
    for name, operation in operations(document):
        id_ = operation["operationId"]
        token = "device" if id_ in OF_DEVICES else "staff"
        needed: list[Json] = [] if id_ in OPEN else [{token: []}]
        assert operation["security"] == needed, name


def test_every_operation_says_that_errors_are_problems(document: Json) -> None:
    for name, operation in operations(document):
        assert "default" in operation["responses"], name
        if operation["security"]:
            assert "401" in operation["responses"], name
    for response in document["components"]["responses"].values():
        assert set(response.get("content", {})) <= {"application/problem+json"}
    assert set(document["components"]["schemas"]["Problem"]["properties"]) == PROBLEM


def test_every_endpoint_is_in_the_document(door: Door, document: Json) -> None:
    described = {name for name, _ in operations(document)}
    for rule in door.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api-docs.openapi_json":
            path = rule.rule
            path = ARGUMENT.sub(r"{\g<name>}", path)
            methods = set(rule.methods or ()) - {"HEAD", "OPTIONS"} or {"HEAD", "OPTIONS"}
            assert {f"{method.lower()} {path}" for method in methods} & described, rule.rule


def of_nothing(path: str, id_: str) -> str:
    """The path with something of the right form for each parameter."""
    samples = {"id_": id_, "sha256": "ab" * 32, "side": "320", "role": "customer"}
    for name, value in samples.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def test_a_method_that_nobody_described_is_told_those_that_are(door: Door, document: Json) -> None:
    asked = 0
    for path, methods in document["paths"].items():
        described = METHODS & set(methods)
        for method in METHODS - {"head", "options"} - described:
            address = of_nothing(path, door.world["customer"])
            response = door.ask(method.upper(), address, None)
            problem(response, 405, "method_not_allowed")
            allowed = {one.lower() for one in response.headers["Allow"].split(", ")}
            assert described <= allowed <= described | {"head", "options"}, path
            asked += 1
    assert asked > 100


def test_everything_that_may_be_sent_is_described_in_words(document: Json) -> None:
    for name, operation in operations(document):
        silent = [
            one["name"] for one in operation.get("parameters", []) if "description" not in one
        ]
        assert silent == [], name
    for path, methods in document["paths"].items():
        assert all("description" in one for one in methods.get("parameters", [])), path
    schemas = document["components"]["schemas"]
    pages = {name for name in schemas if name.endswith("Page")}
    assert [name for name in set(schemas) - pages if "description" not in schemas[name]] == []


def test_what_the_exchange_answers_is_what_is_described(door: Door, document: Json) -> None:
    world = door.world
    phone = door.phone()
    world.stock_van("van-a", "9", "S-1")
    visit = world.open_visit()
    for kind in STATEMENTS:
        world.clock.advance(60)
        world.named.setdefault("transfer", world.ids.new(world.clock.now()))
        state(phone.device, world, kind, visit)
    phone.device.outbox.append(signed(phone.device, "no fact"))
    whole = {"$ref": "#/components/schemas/Answer", "components": document["components"]}
    validator = OAS31Validator(whole)
    types, receipts = set(), set()
    for _ in range(4):
        answer = phone.device.exchange(phone.device.request(phone.device.outbox))
        validator.validate(answer)
        types |= {one["type"] for one in answer["documents"]}
        receipts |= {one["receipt"] for one in answer["receipts"]}
        world.drain()
    assert {"visit", "stock", "loaner", "part", "record", "standing"} <= types <= set(DOCUMENTS)
    assert receipts == {"stored", "refused"}


def test_the_description_of_the_exchange_can_be_broken(document: Json) -> None:
    whole = {"$ref": "#/components/schemas/Answer", "components": document["components"]}
    assert not OAS31Validator(whole).is_valid({"receipts": []})
