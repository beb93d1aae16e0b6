"""What the protocol page promises to authors of clients: schemas that fit, and exchanges that can
be replayed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sync.device import Json
from sync.documents.registry import DOCUMENTS
from sync.facts.registry import KINDS
from sync.schemas import all_schemas
from tests.api.door import Door
from tests.recording import FILE, SEED, Recorder, play
from tests.statements import STATEMENTS, state
from tests.world import World

SCHEMAS = all_schemas()


def validator(schema: Json) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


def errors(schema: Json, value: Any) -> Iterator[str]:
    """What does not fit, also within texts that hold JSON."""
    yield from (one.message for one in validator(schema).iter_errors(value))
    yield from _within(schema, value)


def _within(schema: Json, value: Any) -> Iterator[str]:
    if "contentSchema" in schema and isinstance(value, str):
        yield from errors(schema["contentSchema"], json.loads(value))
    if isinstance(value, dict):
        for name, one in value.items():
            known = schema.get("properties", {}).get(name)
            for begin, other in schema.get("patternProperties", {}).items():
                known = other if name.startswith(begin.strip("^")) else known
            yield from _within(known or {}, one)


def fact_schema(kind: str) -> Json:
    return SCHEMAS[f"fact.{kind}.schema.json"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_kind_and_every_type_has_its_schema() -> None:
    facts = {f"fact.{kind}.schema.json" for kind in KINDS}
    assert set(SCHEMAS) == facts | {f"document.{type_}.schema.json" for type_ in DOCUMENTS}


@pytest.fixture
def stated(any_world: World) -> dict[str, Json]:
    """A fact of each kind, as it is sent."""
    any_world.new("transfer")
    device, visit = any_world.device(), any_world.open_visit()
    for kind in STATEMENTS:
        state(device, any_world, kind, visit)
    return dict(zip(STATEMENTS, device.outbox, strict=True))


def test_what_is_stated_fits_the_schema_of_its_kind_and_of_no_other(
    stated: dict[str, Json],
) -> None:
    for kind, sent in stated.items():
        assert list(errors(fact_schema(kind), sent)) == [], kind
        for other in set(KINDS) - {kind}:
            assert list(errors(fact_schema(other), sent)) != [], (kind, other)


def test_what_the_server_refuses_for_its_shape_the_schema_refuses_too(
    stated: dict[str, Json],
) -> None:
    for kind, sent in stated.items():
        for name in KINDS[kind].needed:
            parts = {one: part for one, part in sent["parts"].items() if one != name}
            assert list(errors(fact_schema(kind), {**sent, "parts": parts})) != [], (kind, name)
        text = json.loads(sent["fact"])
        for name, one in KINDS[kind].data().fields.items():
            if one.required:
                data = {key: value for key, value in text["data"].items() if key != name}
                changed = {**sent, "fact": json.dumps({**text, "data": data})}
                assert list(errors(fact_schema(kind), changed)) != [], (kind, name)


def test_what_is_published_fits_the_schema_of_its_type(door: Door) -> None:
    world, phone = door.world, door.phone()
    world.stock_van("van-a", "9", "S-1")
    world.decide("loaner.placed", "wang", loaner=world["loaner"], place=world["van-a"])
    world.new("transfer")
    world.send_notice("ann")
    visit = world.open_visit()
    door.post("/fault-codes", "dora", code="F1", kind="fault", name_zh="卡纸", name_en="jam")
    article = {"code": "A1", "language": "zh", "title": "卡纸", "body": "打开", "models": []}
    door.post("/articles", "dora", **article, published=True)
    for kind in STATEMENTS:
        state(phone.device, world, kind, visit)
    seen: set[str] = set()
    for _ in range(3):
        phone.device.sync()
        for document in phone.device.replica.documents.values():
            schema = SCHEMAS[f"document.{document['type']}.schema.json"]
            assert list(errors(schema, document)) == [], document
            told, known = set(document["data"]), schema["properties"]["data"]["properties"]
            assert told == set(known), document["type"]
            seen.add(document["type"])
        world.drain()
    assert seen == set(DOCUMENTS)


def test_the_recorded_exchanges_are_answered_the_same_byte_for_byte(
    database_url: str, tmp_path: Path
) -> None:
    known = json.loads(FILE.read_text())
    world = World.open(database_url, tmp_path, SEED)
    recorder = Recorder(Door(world), known)
    play(recorder)
    world.close()
    assert len(recorder.said) == len(known) >= 15


def test_the_recorded_exchanges_show_what_a_client_has_to_know() -> None:
    known = json.loads(FILE.read_text())
    bodies = [one["answer"]["body"] for one in known]
    exchanges = [one for one in map(json.loads, filter(None, bodies)) if "receipts" in one]
    assert {one["client"] for one in exchanges} == {"ok", "upgrade", "revoked"}
    assert {one["more"] for one in exchanges} == {True, False}
    assert {one["reset"] for one in exchanges} == {None, "mismatch", "unreadable", "restored"}
    receipts = {receipt["receipt"] for one in exchanges for receipt in one["receipts"]}
    assert receipts == {"stored", "refused"}
    assert any(doc.get("gone") for one in exchanges for doc in one["documents"])
    statuses = {one["answer"]["status"]: one["answer"] for one in known}
    assert set(statuses) >= {200, 201, 204, 400, 429}
    assert int(statuses[429]["headers"]["Retry-After"]) > 0
    assert {one["request"]["method"] for one in known} == {"POST", "PATCH", "HEAD"}
