"""A phone that lost its token or fell into water is still the same phone, and loses nothing."""

import json
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest

from models.bringing import Bringing
from models.facts import Fact, Refusal
from models.ids import Ids
from models.people import Device as DeviceRow
from models.photos import PhotoBytes
from models.records.sealing import sha256
from models.sealed import seal
from models.throttle import ADDRESS
from sync.device import Device, Json, new_key
from sync.invariants import violations
from tests.api.door import Door, Phone, problem, told
from tests.hostile import signed
from tests.pictures import with_notes
from tests.statements import state

NOBODY = "00000000-0000-7000-8000-000000000000"
PICTURE = with_notes()


# Another token


def challenge(door: Door, phone: Phone) -> Any:
    key = phone.device.key.public_key().public_bytes_raw().hex()
    return door.ask("POST", "/devices/challenge", None, json={"public_key": key})


def answering(door: Door, phone: Phone, text: str, **changed: str) -> Any:
    body = {"challenge": text, "signature": phone.device.answer_challenge(text), **changed}
    return door.ask("POST", f"/devices/{phone.device.id}/token", None, json=body)


def renewed(door: Door, phone: Phone) -> Phone:
    asked = told(challenge(door, phone))
    assert asked["device"] == str(phone.device.id)
    return Phone(phone.device, told(answering(door, phone, asked["challenge"]))["token"])


def exchanging(door: Door, phone: Phone) -> Any:
    return door.ask("POST", "/sync", phone, json=phone.device.request(phone.device.outbox))


def test_a_device_that_lost_its_token_goes_on_with_another_as_the_same_device(door: Door) -> None:
    phone, visit = door.phone(), door.world.open_visit()
    state(phone.device, door.world, "visit.accepted", visit)
    told(exchanging(door, phone))
    door.world.clock.advance(60)
    again = renewed(door, phone)
    state(phone.device, door.world, "visit.arrived", visit)
    received = told(exchanging(door, again))["received"]
    assert (received["through"], received["missing"]) == (2, [])
    problem(exchanging(door, phone), 401, "unauthorized")  # the old token has ended
    (shown,) = door.get("/devices")["items"]
    assert shown["renewed"] == "2026-11-22T08:01:03.000Z"


def test_who_kept_the_key_and_nothing_else_is_told_from_which_number_to_go_on(door: Door) -> None:
    phone, visit = door.phone(), door.world.open_visit()
    for _ in range(3):
        phone.device.state("note.added", ("visit", visit))  # without its words, so it is refused
    phone.device.sync()
    forged = {**phone.device.sent[0], "signature": "00" * 64}
    forged["fact"] = forged["fact"].replace('"seq": 1', '"seq": 99')
    told(door.ask("POST", "/sync", phone, json=phone.device.request([forged])))
    text = told(challenge(door, phone))["challenge"]
    assert told(answering(door, phone, text))["seq"] == 3


def test_a_challenge_works_once_and_for_two_minutes(door: Door) -> None:
    phone = door.phone()
    text, other = (told(challenge(door, phone))["challenge"] for _ in range(2))
    told(answering(door, phone, text))
    for spent in (text, other):
        problem(answering(door, phone, spent), 409, "challenge_spent", "challenge")
    late = told(challenge(door, phone))["challenge"]
    door.world.clock.advance(119)
    told(answering(door, phone, late))
    late = told(challenge(door, phone))["challenge"]
    door.world.clock.advance(120)
    problem(answering(door, phone, late), 409, "challenge_spent", "challenge")


def test_a_challenge_is_for_one_device_and_its_key(door: Door) -> None:
    phone, other = door.phone(), door.phone("bob")
    text = told(challenge(door, phone))["challenge"]
    problem(answering(door, other, text), 409, "challenge_spent", "challenge")
    later = text.replace(text[0], "9", 1)
    problem(answering(door, phone, later), 409, "challenge_spent", "challenge")
    forged = other.device.answer_challenge(text)
    for signature in (forged, "", "zz", "00" * 64):
        if signature:
            response = answering(door, phone, text, signature=signature)
            problem(response, 403, "key_wrong", "signature")
    told(exchanging(door, phone))  # and its token is what it was
    told(answering(door, phone, text))


def test_a_signed_fact_is_no_answer_and_an_answer_no_fact(door: Door) -> None:
    phone = door.phone()
    text = told(challenge(door, phone))["challenge"]
    fact = signed(phone.device, text)
    response = answering(door, phone, text, signature=fact["signature"])
    problem(response, 403, "key_wrong", "signature")
    words = f"onsite.token\n{phone.device.id}\n{text}"
    request = phone.device.request([signed(phone.device, words)])
    (receipt,) = told(door.ask("POST", "/sync", phone, json=request))["receipts"]
    assert (receipt["receipt"], receipt["code"]) == ("refused", "fact.not_json")


def test_a_revoked_device_gets_no_token(door: Door) -> None:
    phone = door.phone()
    text = told(challenge(door, phone))["challenge"]
    door.ask("POST", f"/devices/{phone.device.id}/revoke")
    problem(challenge(door, phone), 403, "revoked", "device")
    problem(answering(door, phone, text), 403, "revoked", "device")
    assert told(exchanging(door, phone))["client"] == "revoked"


def test_a_key_or_device_that_nobody_knows_gets_nothing(door: Door) -> None:
    stranger = Phone(door.world.device(), "")
    stranger.device.key = new_key(door.world.ids)[0]
    refused = problem(challenge(door, stranger), 404, "key_unknown", "public_key")
    assert "enrol" in refused["remedy"]
    key = door.phone().device.key.public_key().public_bytes_raw().hex()
    asked = door.ask("POST", "/devices/challenge", None, json={"public_key": key.upper()})
    assert "lower-case" in problem(asked, 422, "wrong_value", "public_key")["detail"]
    body = {"challenge": "1.x", "signature": "00" * 64}
    response = door.ask("POST", f"/devices/{NOBODY}/token", None, json=body)
    problem(response, 404, "unknown", "device")


def test_guessing_at_signatures_is_slowed_down_and_asking_for_a_challenge_writes_nothing(
    door: Door,
) -> None:
    phone = door.phone()
    text = told(challenge(door, phone))["challenge"]
    for _ in range(ADDRESS.free):
        problem(answering(door, phone, text, signature="00"), 403, "key_wrong", "signature")
    answering(door, phone, text, signature="00")
    response = answering(door, phone, text)
    problem(response, 429, "throttled", "key")
    assert int(response.headers["Retry-After"]) > 0


# An exported outbox


def exported(door: Door, phone: Phone, *photos: bytes) -> bytes:
    return phone.device.export_outbox(outbox_key(door), photos)


def outbox_key(door: Door) -> str:
    enrolled = {"code": door.code(), "public_key": new_key(door.world.ids)[1], "name": "other"}
    key: str = told(door.ask("POST", "/devices/enrol", None, json=enrolled))["outbox_key"]
    return key


def bring(door: Door, device: Device, file: bytes, who: str = "dora") -> Any:
    return door.ask(
        "POST", f"/devices/{device.id}/outbox", who,
        data=file, content_type="application/octet-stream",
    )  # fmt: skip


def working(door: Door) -> tuple[Phone, str]:
    """A phone with an arrival, a photo and a sealed record that it never sent, and the visit."""
    door.world.stock_van("van-a", "5", "S-1")
    phone, visit = door.phone(), door.world.open_visit()
    state(phone.device, door.world, "visit.arrived", visit)
    promise = {"size": len(PICTURE), "type": "image/jpeg", "sha256": sha256(PICTURE)}
    phone.device.state("photo.taken", ("visit", visit), {"photo": promise, "purpose": "after"})
    state(phone.device, door.world, "record.sealed", visit)
    return phone, visit


def test_what_is_brought_counts_as_if_the_device_had_sent_it(door: Door) -> None:
    phone, visit = working(door)
    file = exported(door, phone, PICTURE)
    assert b"visit.arrived" not in file
    door.world.clock.advance(3600)
    brought = told(bring(door, phone.device, file))
    assert [one["receipt"] for one in brought["receipts"]] == ["stored"] * 3
    assert brought["received"]["through"] == 3
    assert brought["photos"] == [{"sha256": sha256(PICTURE), "outcome": "taken"}]
    door.world.drain()
    assert door.get(f"/visits/{visit}")["status"] == "done"
    (photo,) = door.get(f"/visits/{visit}/photos")["items"]
    assert photo["state"] == "present"
    assert door.world.house.database.read(violations) == {}


def test_what_an_exchange_refuses_is_refused_in_a_file_too(door: Door) -> None:
    phone, visit = door.phone(), door.world.open_visit()
    parts = {"words": "ok", **{f"more{number}": "x" * 250_000 for number in range(4)}}
    phone.device.state("note.added", ("visit", visit), parts=parts)
    (brought,) = told(bring(door, phone.device, exported(door, phone)))["receipts"]
    assert (brought["code"], brought["field"]) == ("part.too_large", "parts")
    phone.device.sync()
    assert list(phone.device.receipts.values()) == [brought]


def test_what_is_brought_and_sent_later_is_there_once_with_the_same_receipts(door: Door) -> None:
    phone, visit = working(door)
    file = exported(door, phone, PICTURE)
    receipts = told(bring(door, phone.device, file))["receipts"]
    state(phone.device, door.world, "visit.left", visit)  # the phone was dried, and goes on
    sent = list(phone.device.outbox)
    phone.device.sync()
    told_before = [phone.device.receipts[json.loads(one["fact"])["id"]] for one in sent[:3]]
    assert told_before == receipts
    assert told(bring(door, phone.device, file))["receipts"] == receipts
    assert len(door.world.rows(Fact)) == 4
    assert len(door.world.rows(PhotoBytes)) == 1
    lacking = {"hashes": [sha256(PICTURE)]}
    assert told(door.ask("POST", "/uploads/lacking", phone, json=lacking)) == {"lacking": []}


def test_who_brought_it_is_kept_with_each_fact_that_was_new(door: Door) -> None:
    phone, _ = working(door)
    first = phone.device.outbox[0]
    phone.device.exchange(phone.device.request([first]))
    told(bring(door, phone.device, exported(door, phone, PICTURE)))
    (shown,) = door.get(f"/devices/{phone.device.id}/outbox")["items"]
    assert (shown["user"], shown["facts"], shown["photos"]) == (door.world["dora"], 3, 1)
    (bringing,) = door.world.rows(Bringing)
    facts = sorted(door.world.rows(Fact), key=lambda fact: fact.seq)
    assert [fact.bringing_id for fact in facts] == [None, bringing.id, bringing.id]


def test_what_is_forged_in_an_outbox_is_refused_and_its_neighbours_are_taken(door: Door) -> None:
    phone, _ = working(door)
    phone.device.outbox[1]["signature"] = "00" * 64
    brought = told(bring(door, phone.device, exported(door, phone, PICTURE)))
    assert [one["receipt"] for one in brought["receipts"]] == ["stored", "refused", "stored"]
    assert brought["photos"] == [{"sha256": sha256(PICTURE), "outcome": "unknown"}]
    assert [one.code for one in door.world.rows(Refusal)] == ["fact.forged"]


def test_an_outbox_that_a_revoked_device_left_is_taken_and_held(door: Door) -> None:
    phone, visit = working(door)
    file = exported(door, phone)
    door.ask("POST", f"/devices/{phone.device.id}/revoke")
    brought = told(bring(door, phone.device, file))
    assert [one["receipt"] for one in brought["receipts"]] == ["stored"] * 3
    assert door.get(f"/visits/{visit}")["status"] == "assigned"


def test_another_devices_outbox_is_not_taken_for_this_ones(door: Door) -> None:
    phone, _ = working(door)
    other = door.phone("bob").device
    file = exported(door, phone)
    problem(bring(door, other, file), 422, "wrong_value", "device")
    assert door.world.rows(Fact) == []
    phone.device.id = door.world.new("nobody's")
    problem(bring(door, phone.device, exported(door, phone)), 404, "unknown", "device")


def outbox_of(door: Door, device: Device, lines: Sequence[Any], *more: bytes) -> bytes:
    """A file for this server with whatever is in it."""
    text = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines]
    return b"".join(seal(outbox_key(door), Ids(), [*(line + b"\n" for line in text), *more]))


def head(device: Device, **changed: Any) -> Json:
    exported = (device.clock.now() - timedelta(hours=1)).isoformat()
    return {"device": str(device.id), "exported": exported, "facts": 0, "photos": [], **changed}


def test_what_is_no_outbox_is_refused_and_what_came_before_is_kept(door: Door) -> None:
    phone, _ = working(door)
    device, facts = phone.device, list(phone.device.outbox)
    photo = {"sha256": sha256(PICTURE), "size": len(PICTURE)}
    good_one = outbox_of(door, device, [head(device, facts=3), *facts])
    wrong = [
        b"", b"x" * 1000, good_one[:-1], good_one[:-40],
        outbox_of(door, device, [b"{"]), outbox_of(door, device, [[]]),
        outbox_of(door, device, [b"[" * 100_000]),
        outbox_of(door, device, [head(device, facts=-1)]),
        outbox_of(door, device, [head(device, facts=2**63)]),
        outbox_of(door, device, [head(device, photos=[photo] * 1001)]),
        outbox_of(door, device, [head(device, facts=1), {"fact": 1}]),
        outbox_of(door, device, [head(device, facts=1)]),
    ]  # fmt: skip
    for file in wrong:
        problem(bring(door, device, file), 422, "outbox_unreadable", "outbox")
    assert door.world.rows(Fact) == []
    cut = outbox_of(door, device, [head(device, facts=3, photos=[photo]), *facts], PICTURE[:100])
    problem(bring(door, device, cut), 422, "outbox_unreadable", "outbox")
    assert len(door.world.rows(Fact)) == 3
    told(bring(door, device, exported(door, phone, PICTURE)))  # goes on where that one ended
    door.world.drain()
    assert [row.state for row in door.world.rows(PhotoBytes)] == ["present"]


def test_a_line_without_end_is_read_no_further_than_a_body_may_be(door: Door) -> None:
    phone = door.phone()
    file = BytesIO(b"".join(seal(outbox_key(door), Ids(), [b"x" * (12 << 20)])))
    response = door.ask(
        "POST", f"/devices/{phone.device.id}/outbox", "dora",
        input_stream=file, content_type="application/octet-stream",
        headers={"Content-Length": str(len(file.getvalue()))},
    )  # fmt: skip
    problem(response, 422, "outbox_unreadable", "outbox")
    assert file.tell() < 7 << 20


def test_a_large_outbox_is_taken_in_as_many_steps_as_exchanges_would_take(door: Door) -> None:
    phone = door.phone()
    state(phone.device, door.world, "note.added", door.world.open_visit())
    fact = phone.device.outbox[0]
    file = outbox_of(door, phone.device, [head(phone.device, facts=1001), *[fact] * 1001])
    brought = told(bring(door, phone.device, file))
    assert len(brought["receipts"]) == 1001
    assert len(door.world.rows(Fact)) == 1


@pytest.mark.parametrize("who", ["ann", "wang"])
def test_an_outbox_is_brought_to_the_desk(door: Door, who: str) -> None:
    phone = door.phone()
    problem(bring(door, phone.device, b"", who), 403, "not_allowed")
    response = door.ask("POST", f"/devices/{phone.device.id}/outbox", "dora", data=b"x")
    problem(response, 415, "unsupported_media_type")


def test_nobody_knows_by_the_devices_row_what_it_signed(door: Door) -> None:
    phone = door.phone()
    again = renewed(door, phone)
    (row,) = door.world.rows(DeviceRow)
    assert again.token not in str(row.values())
