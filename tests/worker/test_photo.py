"""Every photo that arrived ends as present, unreadable (and kept) or erased; none is in doubt."""

import hashlib
import json
import random
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from models.derived import Subject
from models.findings import Finding
from models.house import House
from models.outbox import Outbox
from models.people import Device
from models.photos import PREVIEWS, PhotoBytes, photo_bytes_id, preview_name
from models.refusals import Refused
from models.uploads import Upload, begin_upload, finish_upload
from sync import photos
from sync.photos import note_missing
from sync.proof import blobs_that_are_lost
from tests.pictures import corner, encoded, film, noise, picture, with_notes
from tests.world import World
from worker import photo
from worker.photo import Darkroom, look_at

DAY = 24 * 3600
PRESENT = {
    "image/jpeg": picture("JPEG"),
    "image/png": picture("PNG"),
    "image/webp": picture("WEBP"),
    "image/heic": picture("HEIF"),
}
MPO = picture("MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def keep(house: House, folder: Path, data: bytes) -> str:
    """Put the bytes among the blobs; answers their hash."""
    sha256 = sha256_of(data)
    file = folder / sha256
    file.write_bytes(data)
    assert house.blobs.adopt(file, sha256)
    return sha256


def promise(world: World, data: bytes, type_: str = "image/jpeg") -> str:
    """A phone promises the bytes of a visit; answers the visit."""
    visit, phone = world.open_visit(), world.device("ann")
    world.named["phone"] = phone.id
    promised = {"sha256": sha256_of(data), "size": len(data), "type": type_}
    stated = {"photo": promised, "purpose": "after"}
    phone.state("photo.taken", ("visit", visit), stated, {"caption": "x"})
    phone.sync()
    return visit


def arrive(world: World, folder: Path, data: bytes) -> str:
    """The promised bytes are here; answers their hash."""
    sha256 = keep(world.house, folder, data)

    def body(session: Session, now: datetime) -> None:
        device = session.get_one(Device, world.named["phone"])
        upload = begin_upload(session, now, world.ids, device, sha256, len(data))
        finish_upload(session, now, upload.id)

    world.house.database.transact(body)
    return sha256


def bring(world: World, folder: Path, data: bytes, type_: str = "image/jpeg") -> PhotoBytes:
    """A phone promises the bytes and brings them, and the worker looks at them."""
    promise(world, data, type_)
    sha256 = arrive(world, folder, data)
    world.drain()
    assert shown(world) == {sha256: bytes_of(world).state}
    assert world.rows(Outbox) == []
    return bytes_of(world)


def bytes_of(world: World) -> PhotoBytes:
    (row,) = world.rows(PhotoBytes)
    assert isinstance(row, PhotoBytes)
    return row


def shown(world: World) -> dict[str, str]:
    """What a phone is told of the visit's photos."""
    phone = world.device("ann")
    phone.sync()
    (visit,) = phone.documents("visit").values()
    return {one["sha256"]: one["state"] for one in visit["photos"]}


def preview(world: World, side: int) -> Image.Image:
    with world.house.blobs.open(preview_name(bytes_of(world).sha256, side)) as file:
        return Image.open(BytesIO(file.read()))


def findings(world: World, state: str = "open") -> dict[str, dict[str, object]]:
    """The findings in that state, by code."""
    return {one.code: one.evidence for one in world.rows(Finding, Finding.state == state)}


# Present


@pytest.mark.parametrize("type_", PRESENT)
def test_a_picture_is_present_as_what_it_really_is(
    world: World, tmp_path: Path, type_: str
) -> None:
    row = bring(world, tmp_path, PRESENT[type_], "image/png")
    assert (row.state, row.type, row.reason) == ("present", type_, None)
    assert row.seen == {"width": 64, "height": 48, "frames": 1}
    assert list(blobs_that_are_lost(world.house)) == []


def test_a_jpeg_with_a_second_picture_in_it_is_a_jpeg(world: World, tmp_path: Path) -> None:
    row = bring(world, tmp_path, MPO)
    assert (row.state, row.type, row.seen["frames"]) == ("present", "image/jpeg", 2)


@pytest.mark.parametrize("size", [(2000, 1000), (1000, 3000), (400, 200), (100, 50), (5000, 3)])
def test_previews_have_their_longer_side_and_never_grow(
    world: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    bring(world, tmp_path, encoded(Image.new("RGB", size, "teal"), "JPEG"))
    for side in PREVIEWS:
        seen = preview(world, side)
        assert (seen.format, max(seen.size)) == ("WEBP", min(side, max(size)))
        wanted = min(size) * max(seen.size) / max(size)
        assert abs(min(seen.size) - max(1, wanted)) <= 1


@pytest.mark.parametrize("turn", range(1, 9))
def test_previews_stand_upright_however_the_camera_was_held(
    world: World, tmp_path: Path, turn: int
) -> None:
    row = bring(world, tmp_path, corner(turn))
    assert (row.seen["width"], row.seen["height"]) == (96, 64)
    for side in PREVIEWS:
        seen = preview(world, side).convert("RGB")
        assert seen.size == (96, 64)
        reds = [seen.getpixel(at)[0] > 200 for at in ((24, 16), (72, 16), (24, 48), (72, 48))]  # type: ignore[index]
        assert reds == [True, False, False, False]


def test_what_the_camera_noted_is_kept_for_the_staff_and_in_no_preview(
    world: World, tmp_path: Path
) -> None:
    row = bring(world, tmp_path, with_notes())
    assert row.seen["taken"] == "2026-11-22T16:05:09+08:00"
    assert row.seen["place"] == {"latitude": 31.23, "longitude": 121.47}
    assert row.seen["camera"] == "Acme Phone 3"
    for side in PREVIEWS:
        with world.house.blobs.open(preview_name(row.sha256, side)) as file:
            raw = file.read()
        assert not [mark for mark in (b"EXIF", b"XMP ", b"ICCP", b"Acme", b"secret") if mark in raw]


def test_damaged_notes_spoil_no_photo(world: World, tmp_path: Path) -> None:
    whole, dice = with_notes(), random.Random(3)
    start = whole.index(b"Exif")
    room = Darkroom()
    for number in range(40):
        damaged = bytearray(whole)
        for _ in range(dice.randrange(1, 30)):
            damaged[start + 6 + dice.randrange(200)] = dice.randrange(256)
        sha256 = keep(world.house, tmp_path, bytes(damaged))
        with world.house.blobs.local(sha256) as file:
            said = room.develop(file, tmp_path, sha256)
        assert said.get("type") == "image/jpeg", (number, said)
        json.dumps(said, allow_nan=False)
    room.close()


# Unreadable


def test_what_is_no_picture_is_kept_and_somebody_is_told(world: World, tmp_path: Path) -> None:
    row = bring(world, tmp_path, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert (row.state, row.type, row.reason) == ("unreadable", None, "format")
    assert row.sha256 in world.house.blobs
    told = findings(world)["photo.unreadable"]
    assert told == {"sha256": row.sha256, "visits": [world["visit"]], "reason": "format"}
    (one,) = world.rows(Finding, Finding.code == "photo.unreadable")
    world.decide(
        "finding.settled", finding=str(one.id), digest=one.digest, resolution="noted",
        subject={"type": "photo", "id": str(row.id)}, code=one.code, evidence=one.evidence,
    )  # fmt: skip
    assert set(findings(world, "settled")) == {"photo.unreadable"}


def test_no_damage_makes_the_worker_fail(world: World, tmp_path: Path) -> None:
    dice, room = random.Random(7), Darkroom()
    for type_, whole in {**PRESENT, "mpo": MPO, "film": film("WEBP", 3)}.items():
        for _ in range(10):
            damaged = bytearray(whole)
            for _ in range(dice.randrange(1, 8)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            cut = bytes(damaged[: dice.randrange(1, len(damaged) + 1)])
            sha256 = keep(world.house, tmp_path, cut)
            with world.house.blobs.local(sha256) as file:
                said = room.develop(file, tmp_path, sha256)
            assert "type" in said or said["reason"] in {"format", "damaged", "frames"}, type_
    room.close()


# Lost and missing


def test_bytes_that_the_store_lost_or_spoilt_are_asked_for_again(
    world: World, tmp_path: Path
) -> None:
    data = PRESENT["image/png"]
    row = bring(world, tmp_path, data)
    for spoil in (b"", b"other"):
        path = world.house.blobs.path(row.sha256)  # type: ignore[attr-defined]
        path.unlink()
        if spoil:
            path.write_bytes(spoil)
        look_at(world.house, Subject("photo", row.id))
        assert world.rows(PhotoBytes) == []
        assert [one.finished for one in world.rows(Upload)] == [None]
        world.drain()
        assert shown(world) == {row.sha256: "promised"}
        arrive(world, tmp_path, data)
        world.drain()
        assert shown(world) == {row.sha256: "present"}


def test_a_photo_is_missing_a_day_after_its_promise_until_its_bytes_come(
    world: World, tmp_path: Path
) -> None:
    data = PRESENT["image/jpeg"]
    visit, sha256 = promise(world, data), sha256_of(data)
    world.clock.advance(DAY - 1)
    assert note_missing(world.house) == 0
    world.clock.advance(1)
    assert note_missing(world.house) == 1
    assert note_missing(world.house) == 0
    world.drain()
    assert shown(world) == {sha256: "missing"}
    assert findings(world)["photo.missing"] == {"sha256": sha256, "visits": [visit]}
    arrive(world, tmp_path, data)
    world.drain()
    assert shown(world) == {sha256: "present"}
    assert set(findings(world, "gone")) == {"photo.missing"}


def test_many_missing_photos_are_noted_a_few_a_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "MISSING_PER_TRANSACTION", 2)
    visit, phone = world.open_visit(), world.device("ann")
    for number in range(5):
        promised = {"sha256": sha256_of(b"%d" % number), "size": 1, "type": "image/jpeg"}
        phone.state("photo.taken", ("visit", visit), {"photo": promised, "purpose": "after"})
    phone.sync()
    world.clock.advance(DAY)
    assert note_missing(world.house) == 5
    world.drain()
    assert set(shown(world).values()) == {"missing"}


# Erased


def erase(world: World, sha256: str) -> None:
    world.decide("photo.erased", "sue", sha256=sha256, under="GDPR 17")


def test_an_erased_photo_goes_with_its_previews_and_is_never_taken_again(
    world: World, tmp_path: Path
) -> None:
    data = with_notes()
    row = bring(world, tmp_path, data)
    erase(world, row.sha256)
    world.drain()
    row = bytes_of(world)
    assert (row.state, row.seen, row.erased_under) == ("erased", {}, "GDPR 17")
    assert list(world.house.blobs.names()) == []
    assert shown(world) == {row.sha256: "erased"}
    assert list(blobs_that_are_lost(world.house)) == []
    for again in (lambda: arrive(world, tmp_path, data), lambda: erase(world, row.sha256)):
        with pytest.raises(Refused, match="erased"):
            again()


def test_a_photo_may_be_erased_before_it_comes(world: World, tmp_path: Path) -> None:
    data = PRESENT["image/png"]
    promise(world, data)
    erase(world, sha256_of(data))
    world.drain()
    assert shown(world) == {sha256_of(data): "erased"}
    with pytest.raises(Refused, match="erased"):
        arrive(world, tmp_path, data)
    with pytest.raises(Refused, match="unknown"):
        erase(world, sha256_of(b"never promised"))


def test_a_photo_that_is_erased_while_it_is_looked_at_leaves_nothing(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = PRESENT["image/png"]
    promise(world, data)
    sha256 = arrive(world, tmp_path, data)
    develop = photo.develop

    def meanwhile(house: House, file: Path, name: str) -> photos.Verdict:
        verdict = develop(house, file, name)
        erase(world, sha256)
        return verdict

    monkeypatch.setattr(photo, "develop", meanwhile)
    look_at(world.house, Subject("photo", photo_bytes_id(sha256)))
    assert bytes_of(world).state == "erased"
    assert list(world.house.blobs.names()) == []
    assert world.rows(Outbox, Outbox.kind == "photo") == []


def test_a_large_photo_of_every_mode_has_previews(world: World, tmp_path: Path) -> None:
    room = Darkroom()
    for mode in ("L", "RGB", "RGBA", "P", "1", "LA", "I;16"):
        image = noise((40, 30), "RGB").resize((1700, 1200)).convert("RGB")
        image = image.convert("L").convert("I;16") if mode == "I;16" else image.convert(mode)
        sha256 = keep(world.house, tmp_path, encoded(image, "PNG"))
        with world.house.blobs.local(sha256) as file:
            said = room.develop(file, tmp_path, sha256)
        assert said.get("type") == "image/png", (mode, said)
        with Image.open(tmp_path / preview_name(sha256, 320)) as small:
            assert small.size == (320, 226), mode
    room.close()
