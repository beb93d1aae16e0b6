"""Phones enrol with a code that works once, and a lost one is harmless."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from models.facts import Fact
from models.people import Device as DeviceRow
from models.people import User
from sync.device import Json, new_key
from tests.api.door import Door, Phone, problem, told
from tests.statements import state
from tests.world import World

NOBODY = "00000000-0000-7000-8000-000000000000"


def enrolling(door: Door, code: str, **changed: Any) -> Any:
    key = new_key(door.world.ids)[1]
    asked = {"code": code, "public_key": key, "name": "phone", **changed}
    return door.ask("POST", "/devices/enrol", None, json=asked)


def test_a_code_enrols_one_device_of_its_user(door: Door) -> None:
    enrolled = told(enrolling(door, door.code("ann")))
    assert enrolled["user"] == door.world["ann"]
    (device,) = door.get("/devices", "dora")["items"]
    assert (device["id"], device["name"]) == (enrolled["device"], "phone")
    assert enrolled["token"] not in door.ask("GET", "/devices").text


def test_a_code_works_once(door: Door) -> None:
    code = door.code()
    told(enrolling(door, code))
    problem(enrolling(door, code), 409, "code_spent", "code")


def test_a_code_lives_fifteen_minutes(door: Door) -> None:
    code, other = door.code(), door.code()
    door.world.clock.advance(15 * 60 - 1)
    told(enrolling(door, code))
    door.world.clock.advance(1)
    problem(enrolling(door, other), 409, "code_spent", "code")


def test_a_code_counts_however_it_is_typed(door: Door) -> None:
    for typed in (
        str.lower,
        lambda code: code.replace("-", ""),
        lambda code: f" {code.replace('-', ' ')} ",
        lambda code: code.replace("-", "–"),
    ):
        told(enrolling(door, typed(door.code())))


@pytest.mark.parametrize("code", ["AAAAA-AAAAA", "-", "😀", "x" * 200])
def test_an_unknown_code_enrols_nobody(door: Door, code: str) -> None:
    problem(enrolling(door, code), 409, "code_spent", "code")


@pytest.mark.parametrize(
    "key", ["", "00", "g" * 64, "A" * 64, "ab" * 31, "ab" * 33, "ab" * 32 + "\n"]
)
def test_a_key_that_is_none_leaves_the_code_unspent(door: Door, key: str) -> None:
    code = door.code()
    problem(enrolling(door, code, public_key=key), 422, "wrong_value", "public_key")
    told(enrolling(door, code))


@pytest.mark.parametrize("key", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "ff" * 32])
def test_a_key_under_which_anybody_can_sign_is_refused_by_name(door: Door, key: str) -> None:
    code = door.code()
    refused = problem(enrolling(door, code, public_key=key), 422, "key_unusable", "public_key")
    assert "fresh key pair" in refused["remedy"]
    told(enrolling(door, code))


def test_a_key_that_is_known_leaves_the_code_unspent(door: Door) -> None:
    key, code = new_key(door.world.ids)[1], door.code()
    told(enrolling(door, door.code(), public_key=key))
    problem(enrolling(door, code, public_key=key), 409, "exists", "public_key")
    told(enrolling(door, code))


def test_nobody_enrols_for_a_user_who_has_left(door: Door) -> None:
    code = door.code("ann")
    left = update(User).where(User.name == "ann").values(active=False)
    door.world.house.database.transact(lambda session, now: session.execute(left))
    problem(enrolling(door, code), 409, "code_spent", "code")
    body = {"user": door.world["ann"]}
    problem(door.ask("POST", "/devices/codes", "dora", json=body), 404, "unknown", "user")


def test_of_many_who_use_a_code_at_once_one_enrols(postgresql_url: str, tmp_path: Path) -> None:
    world = World.open(postgresql_url, tmp_path)
    door = Door(world)
    for _ in range(5):
        code = door.code()
        keys = [new_key(world.ids)[1] for _ in range(8)]

        def enrol(key: str, code: str = code) -> int:
            asked = {"code": code, "public_key": key, "name": "x"}
            url = "/api/v1/devices/enrol"
            return door.app.test_client().post(url, json=asked).status_code

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(enrol, keys)) == [201, *[409] * 7]
    assert len(world.rows(DeviceRow)) == 5
    world.close()


# Revoking


def revoke(door: Door, phone: Phone) -> None:
    door.ask("POST", f"/devices/{phone.device.id}/revoke")


def test_a_revoked_phone_gets_no_document_but_its_facts_are_receipted(door: Door) -> None:
    visit, phone = door.world.open_visit(), door.phone()
    device = phone.device
    door.world.drain()
    device.sync()
    assert visit in device.documents("visit")
    assert door.ask("POST", f"/devices/{device.id}/revoke").status_code == 204
    door.world.open_visit("second")
    door.world.drain()
    state(device, door.world, "visit.arrived", visit)
    answer = device.once()
    assert (answer["client"], answer["documents"]) == ("revoked", [])
    assert [one["receipt"] for one in answer["receipts"]] == ["stored"]
    assert len(door.world.rows(Fact)) == 1
    assert door.get(f"/visits/{visit}")["status"] == "assigned"  # what it states is held


def test_a_revoked_phone_is_wiped_once_it_has_sent_everything(door: Door) -> None:
    visit, phone = door.world.open_visit(), door.phone()
    device = phone.device
    door.world.drain()
    device.sync()
    assert device.last_answer["wipe"] is False
    state(device, door.world, "visit.arrived", visit)
    revoke(door, phone)
    silent = {name: value for name, value in device.request([]).items() if name != "unsent"}
    assert told(door.ask("POST", "/sync", phone, json=silent))["wipe"] is False
    assert device.once()["wipe"] is False
    assert device.documents("visit") != {}
    assert device.once()["wipe"] is True
    assert (device.documents("visit"), device.outbox) == ({}, [])


@pytest.mark.parametrize(
    ("unsent", "wipe"),
    [
        ({"facts": 0, "bytes": 0, "since": None}, True),
        ({"facts": 0, "bytes": 0, "since": "2026-11-22T07:00:00Z"}, True),
        ({"facts": 0, "bytes": 1, "since": "2026-11-22T07:00:00Z"}, False),
        ({"facts": 0, "bytes": 1, "since": None}, False),
        ({"facts": 1, "bytes": 0, "since": None}, False),
    ],
)
def test_a_revoked_phone_is_wiped_when_neither_facts_nor_photos_bytes_are_on_it(
    door: Door, unsent: Json, wipe: bool
) -> None:
    phone = door.phone()
    revoke(door, phone)
    request = {**phone.device.request([]), "unsent": unsent}
    assert told(door.ask("POST", "/sync", phone, json=request))["wipe"] is wipe
    (seen,) = door.get("/devices")["items"]
    assert (seen["unsent_since"] is None) is (wipe or unsent["since"] is None)


def test_a_supervisor_may_have_a_phone_wiped_that_did_not_send_everything(door: Door) -> None:
    visit, phone = door.world.open_visit(), door.phone()
    device = phone.device
    door.world.drain()
    device.sync()
    for _ in range(501):
        state(device, door.world, "note.added", visit)
    revoke(door, phone)
    problem(door.ask("POST", f"/devices/{device.id}/wipe", "ann"), 403, "not_allowed")
    assert device.once()["wipe"] is False
    assert door.ask("POST", f"/devices/{device.id}/wipe").status_code == 204
    (row,) = door.world.rows(DeviceRow, DeviceRow.id == device.id)
    assert (row.revoked is not None, row.wipe) == (True, True)
    assert device.once()["wipe"] is True
    assert device.outbox == []


def test_revoking_twice_is_revoking_once(door: Door) -> None:
    phone = door.phone()
    revoke(door, phone)
    (before,) = door.get("/devices")["items"]
    door.world.clock.advance(60)
    revoke(door, phone)
    assert door.get("/devices")["items"] == [before]
    assert before["revoked"] is not None
    problem(door.ask("POST", f"/devices/{NOBODY}/revoke"), 404, "unknown", "device")


def test_a_revoked_phone_still_brings_the_photos_that_its_facts_promise(door: Door) -> None:
    """What happened in the field is never thrown away; nothing goes to the phone in return."""
    visit, phone = door.world.open_visit(), door.phone()
    revoke(door, phone)
    sha256 = phone.promise(b"evidence", visit)
    door.upload(phone, b"evidence")
    assert sha256 in door.world.house.blobs


def test_the_desk_sees_what_is_stuck_on_a_phone(door: Door) -> None:
    phone = door.phone()
    since = "0001-01-01T00:00:00+14:00"
    request: Json = phone.device.request([])
    request["unsent"] = {"facts": 7, "bytes": 2**53 - 1, "since": since}
    told(door.ask("POST", "/sync", phone, json=request))
    (seen,) = door.get("/devices")["items"]
    assert (seen["unsent_facts"], seen["unsent_bytes"]) == (7, 2**53 - 1)
    assert seen["unsent_since"] == "1970-01-01T00:00:00.000Z"
    assert seen["last_seen"] == "2026-11-22T08:00:00.000Z"
