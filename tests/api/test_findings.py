"""Findings are ended by a person of the right role, bound to what they saw; records prove
themselves; photos are seen by the office."""

import hashlib
import json
from typing import Any

import pytest

from models.findings import KINDS, RESOLUTIONS
from models.records.sealing import content_code, part_hash, signature_fits
from sync.device import Json, root_of
from tests.api.door import Door, problem, told
from tests.statements import state

NOBODY = "00000000-0000-7000-8000-000000000000"


def late_work(door: Door) -> Json:
    """Work by somebody from whom the visit was taken, found for the dispatcher."""
    visit, phone = door.world.open_visit(), door.phone("ann").device
    phone.sync()
    door.world.assign(visit, "bob")
    door.world.clock.advance(60)
    state(phone, door.world, "visit.arrived", visit)
    phone.sync()
    found = door.get("/findings")["items"]
    (finding,) = [one for one in found if one["code"] == "visit.late_work"]
    return dict(finding)


def settle(door: Door, finding: Json, who: str = "dora", **changed: str) -> Any:
    body = {"resolution": "keep", "digest": finding["digest"], **changed}
    return door.ask("POST", f"/findings/{finding['id']}/settle", who, json=body)


def test_a_finding_says_in_two_languages_what_to_look_at_and_how_it_can_end(door: Door) -> None:
    finding = late_work(door)
    assert (finding["role"], finding["resolutions"]) == ("dispatcher", ["keep"])
    assert finding["english"].endswith(".")
    assert finding["chinese"].endswith("。")
    (choice,) = finding["choices"]
    assert choice["code"] == "keep"
    assert door.get(f"/findings/{finding['id']}") == {**finding, "settled": None}


def test_every_resolution_says_in_two_languages_what_it_does() -> None:
    assert {code for kind in KINDS.values() for code in kind.resolutions} == set(RESOLUTIONS)
    for code, one in RESOLUTIONS.items():
        assert (one.code, one.english[-1], one.chinese[-1]) == (code, ".", "。")


def test_a_settled_finding_leaves_the_list_of_open_ones(door: Door) -> None:
    finding = late_work(door)
    answer = told(settle(door, finding))
    assert (answer["state"], answer["settled"]["resolution"]) == ("settled", "keep")
    assert answer["settled"]["user_name"] == "Dora"
    assert door.get(f"/findings/{finding['id']}")["settled"] == answer["settled"]
    assert door.get("/findings")["items"] == []
    assert [one["id"] for one in door.get("/findings?state=settled")["items"]] == [finding["id"]]
    again = settle(door, finding)
    problem(again, 409, "evidence_changed", "digest")


def test_findings_about_stock_are_found_by_part_and_place_and_name_both(door: Door) -> None:
    world, phone = door.world, door.phone("ann").device
    world.stock_van("main", "3")
    visit = world.open_visit()
    state(phone, world, "record.sealed", visit)
    phone.once()
    world.drain()
    roller, van, main = world["roller"], world["van-a"], world["main"]
    (short,) = door.get(f"/findings?part={roller}&code=stock.short")["items"]
    assert (short["part_code"], short["place_code"]) == ("R-1", "van-a")
    assert short in door.get(f"/findings?place={van}")["items"]
    assert short not in door.get(f"/findings?place={main}")["items"]
    assert door.get(f"/findings?part={NOBODY}")["items"] == []
    other = late_work(door)
    assert (other["part_code"], other["place_code"]) == (None, None)


@pytest.mark.parametrize(
    ("who", "changed", "status", "code", "field"),
    [
        ("wang", {}, 403, "not_allowed", "id"),
        ("dora", {"resolution": "bill"}, 422, "not_a_resolution", "resolution"),
        ("dora", {"digest": "0" * 64}, 409, "evidence_changed", "digest"),
        ("dora", {"resolution": ""}, 422, "wrong_value", "resolution"),
        ("dora", {"note": "x"}, 422, "wrong_value", "note"),
    ],
)
def test_a_finding_ends_in_no_other_way(
    door: Door, who: str, changed: dict[str, str], status: int, code: str, field: str
) -> None:
    finding = late_work(door)
    response = settle(door, finding, who, **changed)
    problem(response, status, code, field)
    assert door.get(f"/findings/{finding['id']}")["state"] == "open"


def test_a_supervisor_settles_what_is_anybodys(door: Door) -> None:
    assert told(settle(door, late_work(door), "sue"))["state"] == "settled"


def test_an_unknown_finding_or_state_is_named(door: Door) -> None:
    problem(door.ask("GET", "/findings?state=closed"), 422, "wrong_value", "state")
    body = {"resolution": "keep", "digest": "0" * 64}
    response = door.ask("POST", f"/findings/{NOBODY}/settle", "dora", json=body)
    problem(response, 404, "unknown", "id")


# Records


def test_a_record_can_be_checked_by_anybody_with_what_the_api_tells(door: Door) -> None:
    door.world.stock_van("van-a", "5", "S-1")
    visit, phone = door.world.open_visit(), door.phone().device
    state(phone, door.world, "visit.arrived", visit)
    state(phone, door.world, "record.sealed", visit)
    sent = phone.outbox[-1]
    phone.sync()
    door.world.drain()
    record = json.loads(sent["fact"])["data"]["record"]
    (version,) = door.get(f"/records/{record}")["versions"]
    assert version["fact"] == sent["fact"]
    assert signature_fits(version["public_key"], version["signature"], version["fact"].encode())
    assert version["root"] == root_of(sent)
    hashes = {}
    for name, part in version["parts"].items():
        assert part_hash(part["salt"], part["text"]) == part["hash"]
        hashes[name] = part["hash"]
    assert hashes == json.loads(version["fact"])["data"]["parts"]
    assert content_code(hashes) == version["content_code"]
    (line,) = door.get("/records")["items"]
    assert {**version, **line} == version


# Photos


def test_the_office_sees_a_photo_from_promise_to_bytes(door: Door) -> None:
    data = b"no picture at all"
    visit, phone = door.world.open_visit(), door.phone()
    sha256 = phone.promise(data, visit)
    (promised,) = door.get(f"/visits/{visit}/photos")["items"]
    assert (promised["sha256"], promised["state"]) == (sha256, "promised")
    problem(door.ask("GET", f"/photos/{sha256}"), 404, "unknown", "sha256")
    door.upload(phone, data)
    assert door.get(f"/visits/{visit}/photos")["items"][0]["state"] == "arrived"
    door.world.drain()
    assert door.get(f"/visits/{visit}/photos")["items"][0]["state"] == "unreadable"
    response = door.ask("GET", f"/photos/{sha256}", "dora")
    assert hashlib.sha256(response.data).hexdigest() == sha256
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert "private" in response.headers["Cache-Control"]


def test_photos_of_a_visit_that_is_unknown_are_none_at_all(door: Door) -> None:
    problem(door.ask("GET", f"/visits/{NOBODY}/photos"), 404, "unknown", "id")
