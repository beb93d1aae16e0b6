"""What stands on paper counts as if it had been stated, and its scan shows where it comes from."""

import json
from typing import Any

import pytest

from models.bringing import Paper
from models.facts import Fact
from models.findings import Finding
from models.people import Origin
from models.records.sealing import signature_fits
from models.stock.rows import Balance
from sync.device import Json
from sync.invariants import violations
from tests.api.door import Door, problem, told
from tests.statements import record_content, state

NOBODY = "00000000-0000-7000-8000-000000000000"
SCAN = b"%PDF-1.7 a page"


def keep(door: Door, data: bytes = SCAN, type_: str = "application/pdf") -> str:
    response = door.ask("POST", "/scans", "dora", data=data, content_type=type_)
    sha256: str = told(response)["sha256"]
    return sha256


def key_in(door: Door, visit: str, *statements: Json, who: str = "dora", **changed: Any) -> Any:
    body = {"author": door.world["ann"], "type": "application/pdf", "statements": statements}
    body = {**body, "scan": changed.pop("scan", None) or keep(door), **changed}
    return door.ask("POST", f"/visits/{visit}/papers", who, json=body)


def arrived(**changed: Any) -> Json:
    return {"kind": "visit.arrived", "at": "2026-11-22T17:00:00+08:00", **changed}


def sealed(door: Door, visit: str) -> Json:
    world = door.world
    data = {
        "record": str(world.ids.new(world.clock.now())), "number": 1, "previous": None,
        "result": "done", "sign_off": "signed", "cites": [],
    }  # fmt: skip
    return {
        "kind": "record.sealed", "at": "2026-11-22T19:00:00+08:00", "data": data,
        "parts": record_content(world, visit),
        "signers": {"technician": "安", "customer": "王主任"},
    }  # fmt: skip


def test_a_record_on_paper_moves_the_visit_and_the_parts_as_one_on_a_phone_does(
    door: Door,
) -> None:
    door.world.stock_van("van-a", "5", "S-1")
    visit = door.world.open_visit()
    door.world.clock.advance(7 * 3600)
    keyed = told(key_in(door, visit, arrived(), sealed(door, visit)))
    assert [one["receipt"] for one in keyed["receipts"]] == ["stored"] * 2
    door.world.drain()
    assert door.get(f"/visits/{visit}")["status"] == "done"
    van = Balance.place_id == door.world.named["van-a"]
    left = {row.part_id: row.quantity for row in door.world.rows(Balance, van) if row.quantity}
    assert left[door.world.named["roller"]] == 3
    assert door.world.rows(Finding) == []
    assert door.world.house.database.read(violations) == {}
    phone = door.phone("ann").device
    phone.sync()
    assert len(phone.documents("record")) == 1


def test_it_says_who_wrote_it_who_keyed_it_in_and_what_proves_it(door: Door) -> None:
    visit = door.world.open_visit()
    keyed = told(key_in(door, visit, arrived()))
    (paper,) = door.get(f"/visits/{visit}/papers")["items"]
    assert (paper["id"], paper["user"]) == (keyed["id"], door.world["dora"])
    (origin,) = door.world.rows(Origin, Origin.kind == "paper")
    assert origin.user_id == door.world.named["ann"]
    (fact,) = door.world.rows(Fact)
    assert signature_fits(paper["public_key"], fact.signature, fact.text)
    text = json.loads(fact.text)
    assert text["paper"] == {"scan": paper["scan"], "keyed_in_by": door.world["dora"]}
    assert fact.happened.isoformat() == "2026-11-22T09:00:00+00:00"
    response = door.ask("GET", f"/papers/{paper['id']}/scan", "wang")
    assert (response.data, response.content_type) == (SCAN, "application/pdf")
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_a_sealed_paper_is_shown_with_the_key_that_fits(door: Door) -> None:
    visit = door.world.open_visit()
    told(key_in(door, visit, sealed(door, visit)))
    (line,) = door.get(f"/records?visit={visit}")["items"]
    (version,) = door.get(f"/records/{line['record']}")["versions"]
    assert signature_fits(version["public_key"], version["signature"], version["fact"].encode())
    signature = json.loads(version["parts"]["signature.customer"]["text"])
    (paper,) = door.world.rows(Paper)
    assert (signature["strokes"], signature["scan"]) == ([[]], paper.scan)


def test_the_same_paper_is_keyed_in_once_a_visit(door: Door) -> None:
    visit, other = door.world.open_visit(), door.world.open_visit("other")
    told(key_in(door, visit, arrived()))
    problem(key_in(door, visit, arrived()), 409, "exists", "scan")
    told(key_in(door, other, arrived()))
    assert len(door.world.rows(Fact)) == 2


def test_what_cannot_be_taken_is_named_and_then_nothing_is(door: Door) -> None:
    visit = door.world.open_visit()
    photo = {"photo": {"sha256": "ab" * 32, "size": 1, "type": "image/jpeg"}, "purpose": "after"}
    good = arrived()
    wrong: list[tuple[Json, str, str]] = [
        (arrived(kind="visit.flown"), "wrong_value", "statements.1.kind"),
        (arrived(kind="photo.taken", data=photo), "wrong_value", "statements.1.kind"),
        (arrived(kind="visit.failed"), "data.invalid", "statements.1.data.reason"),
        (arrived(kind="stock.received"), "fact.malformed", "statements.1.subject.type"),
        (arrived(kind="not a kind"), "fact.malformed", "statements.1.kind"),
    ]
    for statement, code, field in wrong:
        problem(key_in(door, visit, good, statement), 422, code, field)
    problem(key_in(door, visit, good, scan="00" * 32), 404, "unknown", "scan")
    problem(key_in(door, visit, good, author=NOBODY), 404, "unknown", "author")
    problem(key_in(door, NOBODY, good), 404, "unknown", "id")
    assert door.world.rows(Fact) == door.world.rows(Paper) == []


def test_a_paper_by_somebody_who_was_never_assigned_is_held_as_a_fact_is(door: Door) -> None:
    visit = door.world.open_visit()
    told(key_in(door, visit, arrived(), author=door.world["eve"]))
    assert door.get(f"/visits/{visit}")["status"] == "assigned"
    assert [one.code for one in door.world.rows(Finding)] == ["visit.unassigned_work"]


def test_a_paper_and_the_phones_own_record_are_two_records(door: Door) -> None:
    visit, phone = door.world.open_visit(), door.phone()
    state(phone.device, door.world, "record.sealed", visit)
    told(key_in(door, visit, sealed(door, visit)))
    phone.device.sync()
    assert "record.two_records" in {one.code for one in door.world.rows(Finding)}


@pytest.mark.parametrize("type_", ["text/html", "image/svg+xml", "application/json"])
def test_a_scan_is_a_picture_or_a_pdf(door: Door, type_: str) -> None:
    response = door.ask("POST", "/scans", "dora", data=SCAN, content_type=type_)
    problem(response, 415, "unsupported_media_type")
    empty = door.ask("POST", "/scans", "dora", data=b"", content_type="image/png")
    problem(empty, 400, "bad_request")
