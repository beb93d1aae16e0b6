"""Photos and signatures over HTTP: of a type that we say, cached, in ranges, for those who may."""

import hashlib
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from models.records.rows import RecordVersion
from tests.api.door import Door, Phone, problem, told
from tests.pictures import picture, with_notes
from tests.statements import state

DATA = with_notes()
SHA256 = hashlib.sha256(DATA).hexdigest()
ORIGINAL, SMALL = f"/photos/{SHA256}", f"/photos/{SHA256}/320"
CACHED = {"private", "immutable", "max-age=31536000"}


@pytest.fixture
def phone(door: Door) -> Phone:
    """Ann's phone, which has brought a photo of her visit."""
    phone = door.phone()
    phone.promise(DATA, door.world.open_visit())
    door.upload(phone, DATA)
    return phone


@pytest.fixture
def shown(door: Door, phone: Phone) -> Door:
    """The door when the worker has looked at it."""
    door.world.drain()
    return door


def get(door: Door, path: str, who: str | Phone | None = "sue", **headers: str) -> Any:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return door.ask("GET", path, who, headers=sent)


def test_the_original_is_a_file_and_a_preview_is_a_picture(shown: Door) -> None:
    original, small = get(shown, ORIGINAL), get(shown, SMALL)
    assert original.data == DATA
    assert original.content_type == "image/jpeg"
    assert original.headers["Content-Disposition"].startswith('attachment; filename="')
    assert small.content_type == "image/webp"
    assert small.headers["Content-Disposition"].startswith('inline; filename="')
    assert max(Image.open(BytesIO(small.data)).size) == 64
    for response in (original, small):
        assert set(response.headers["Cache-Control"].replace(" ", "").split(",")) == CACHED
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("path", [ORIGINAL, SMALL])
def test_what_is_held_already_is_not_sent_again(shown: Door, path: str) -> None:
    first = get(shown, path)
    again = get(shown, path, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert get(shown, path, If_None_Match='"other"').status_code == 200


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("0-9", 0, 10), ("5-", 5, None), ("-7", -7, None), ("10-99999999", 10, None)],
)
def test_a_range_is_sent(shown: Door, asked: str, begin: int, end: int | None) -> None:
    response = get(shown, ORIGINAL, Range=f"bytes={asked}")
    assert (response.status_code, response.data) == (206, DATA[begin:end])
    assert response.headers["Content-Range"].endswith(f"/{len(DATA)}")
    assert response.headers["Accept-Ranges"] == "bytes"


def test_a_range_beyond_the_end_is_refused(shown: Door) -> None:
    response = get(shown, ORIGINAL, Range=f"bytes={len(DATA)}-")
    assert problem(response, 416, "refused")["title"]
    assert response.headers["Content-Range"] == f"bytes */{len(DATA)}"


def test_head_tells_the_size_and_sends_nothing(shown: Door) -> None:
    response = shown.ask("HEAD", ORIGINAL)
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["Content-Length"] == str(len(DATA))


def test_the_visits_photos_tell_what_was_seen(shown: Door) -> None:
    (item,) = shown.get(f"/visits/{shown.world['visit']}/photos")["items"]
    assert (item["state"], item["real_type"], item["reason"]) == ("present", "image/jpeg", None)
    assert item["seen"]["camera"] == "Acme Phone 3"


# Who may see it


def test_the_office_sees_every_photo_and_a_technician_those_of_own_visits(shown: Door) -> None:
    for path in (ORIGINAL, SMALL):
        for who in ("dora", "wang", "sue", "ann"):
            assert get(shown, path, who).status_code == 200, who
        problem(get(shown, path, "bob"), 404, "unknown", "sha256")
        problem(get(shown, path, None), 401, "unauthorized")


def test_a_phone_sees_previews_of_its_users_visits(shown: Door, phone: Phone) -> None:
    path = f"/sync/photos/{SHA256}/1600"
    assert get(shown, path, phone).status_code == 200
    assert get(shown, path, shown.phone("ann")).status_code == 200
    bob = shown.phone("bob")
    problem(get(shown, path, bob), 404, "unknown", "sha256")
    shown.world.assign(shown.world["visit"], "bob")
    assert get(shown, path, bob).status_code == 200
    problem(get(shown, path, phone), 404, "unknown", "sha256")  # what leaves is taken away


def test_a_revoked_phone_sees_nothing(shown: Door, phone: Phone) -> None:
    shown.post(f"/devices/{phone.device.id}/revoke", "sue")
    problem(get(shown, f"/sync/photos/{SHA256}/320", phone), 404, "unknown", "sha256")


# What is not there


def test_what_was_not_looked_at_yet_has_no_preview(door: Door, phone: Phone) -> None:
    problem(get(door, SMALL), 404, "unknown", "side")
    assert get(door, ORIGINAL).content_type == "application/octet-stream"


@pytest.mark.parametrize("side", ["0", "321", "99999", "-1", "x"])
def test_there_are_two_sizes(shown: Door, side: str) -> None:
    assert get(shown, f"{ORIGINAL}/{side}").status_code == 404


def test_an_unreadable_photo_is_a_file_of_no_type(door: Door) -> None:
    phone, data = door.phone(), b"<script>alert(1)</script>"
    sha256 = phone.promise(data, door.world.open_visit())
    door.upload(phone, data)
    door.world.drain()
    response = get(door, f"/photos/{sha256}")
    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    problem(get(door, f"/photos/{sha256}/320"), 404, "unknown", "side")


def test_bytes_that_the_store_lost_are_unknown(shown: Door) -> None:
    shown.world.house.blobs.remove(SHA256)
    for path in (ORIGINAL, SMALL):
        problem(get(shown, path), 404, "unknown", "sha256")


# Erasing


def test_only_a_supervisor_erases_and_what_is_erased_is_gone(shown: Door, phone: Phone) -> None:
    asked = {"under": "PIPL 47"}
    for who, status in (("dora", 403), ("ann", 403), (None, 401)):
        assert shown.ask("POST", f"{ORIGINAL}/erase", who, json=asked).status_code == status
    problem(shown.ask("POST", f"{ORIGINAL}/erase", json={}), 422, "wrong_value", "under")
    assert told(shown.ask("POST", f"{ORIGINAL}/erase", json=asked))["state"] == "erased"
    for path in (ORIGINAL, SMALL):
        problem(get(shown, path), 410, "erased", "sha256")
    shown.world.drain()
    assert list(shown.world.house.blobs.names()) == []
    problem(shown.begin_upload(phone, DATA), 410, "erased", "sha256")
    hashes = {"hashes": [SHA256]}
    assert told(shown.ask("POST", "/uploads/lacking", phone, json=hashes)) == {"lacking": []}


# Signatures


@pytest.fixture
def record(door: Door) -> str:
    """A sealed record, whose signatures have been drawn."""
    phone, visit = door.phone(), door.world.open_visit()
    for kind in ("visit.arrived", "record.sealed"):
        state(phone.device, door.world, kind, visit)
    phone.device.sync()
    door.world.drain()
    (version,) = door.world.rows(RecordVersion)
    return str(version.record_id)


def test_a_signature_is_a_picture_in_two_formats(door: Door, record: str) -> None:
    for role in ("technician", "customer"):
        png = get(door, f"/records/{record}/signatures/{role}.png")
        assert png.content_type == "image/png"
        image = Image.open(BytesIO(png.data)).convert("RGBA")
        assert image.getextrema() == ((0, 0), (0, 0), (0, 0), (0, 255))
        svg = get(door, f"/records/{record}/signatures/{role}.svg")
        assert svg.content_type == "image/svg+xml"
        assert ElementTree.fromstring(svg.text).tag.endswith("svg")
        assert svg.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_signatures_are_for_the_office(door: Door, record: str) -> None:
    path = f"/records/{record}/signatures/customer.png"
    assert get(door, path, "dora").status_code == 200
    assert get(door, path, "ann").status_code == 403
    assert get(door, path, None).status_code == 401


@pytest.mark.parametrize("what", ["witness.png", "customer.gif", "customer.png.svg", "x/y.png"])
def test_other_signatures_are_unknown(door: Door, record: str, what: str) -> None:
    assert get(door, f"/records/{record}/signatures/{what}").status_code == 404


def test_a_picture_of_each_kind_can_be_fetched(door: Door) -> None:
    phone, visit = door.phone(), door.world.open_visit()
    for format_, type_ in (("PNG", "image/png"), ("WEBP", "image/webp")):
        data = picture(format_)
        sha256 = phone.promise(data, visit)
        door.upload(phone, data)
        door.world.drain()
        assert get(door, f"/photos/{sha256}").content_type == type_
