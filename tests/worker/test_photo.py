"""Every photo that arrived ends as present or unreadable, and is kept in either case."""

import hashlib
import random
import struct
import zlib
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from models.outbox import Outbox
from models.people import Device
from models.photos import PhotoBytes, begin_upload, finish_upload
from tests.world import World
from worker.photo import media_type


def picture(format_: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    """A picture with some detail, in that format."""
    noise = random.Random(1).randbytes(size[0] * size[1] * 3)
    file = BytesIO()
    Image.frombytes("RGB", size, noise).save(file, format_, **options)
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 50,000 pixels wide and high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PRESENT = {
    "image/jpeg": picture("JPEG"),
    "image/png": picture("PNG"),
    "image/webp": picture("WEBP"),
    "image/heic": picture("HEIF"),
}
MPO = picture("MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))])
UNREADABLE = {
    "text": b"this is no picture",
    "empty": b"\x00",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "cut": picture("JPEG")[:-200],
    "cut png": picture("PNG")[:-2000],
    "bomb": bomb(),
    "gif": picture("GIF"),
    "tiff": picture("TIFF"),
    "eps": picture("EPS"),
}


def keep(world: World, folder: Path, data: bytes) -> str:
    """Put the bytes among the blobs; answers their hash."""
    sha256 = hashlib.sha256(data).hexdigest()
    file = folder / sha256
    file.write_bytes(data)
    assert world.house.blobs.adopt(file, sha256)
    return sha256


def bring(world: World, folder: Path, data: bytes, type_: str = "image/jpeg") -> str:
    """A phone promises the bytes and brings them; answers their hash."""
    sha256 = keep(world, folder, data)
    visit, phone = world.open_visit(), world.device("ann")
    promise = {"sha256": sha256, "size": len(data), "type": type_}
    stated = {"photo": promise, "purpose": "after"}
    phone.state("photo.taken", ("visit", visit), stated, {"caption": "x"})
    phone.sync()

    def body(session: Session, now: datetime) -> None:
        device = session.get_one(Device, phone.id)
        upload = begin_upload(session, now, world.ids, device, sha256, len(data))
        finish_upload(session, now, upload.id)

    world.house.database.transact(body)
    world.drain()
    phone.sync()
    (seen,) = phone.documents("visit")[visit]["photos"]
    (row,) = world.rows(PhotoBytes)
    assert seen["state"] == row.state
    assert world.rows(Outbox) == []
    assert sha256 in world.house.blobs
    return sha256


@pytest.mark.parametrize("type_", PRESENT)
def test_a_picture_is_present_as_what_it_really_is(
    world: World, tmp_path: Path, type_: str
) -> None:
    bring(world, tmp_path, PRESENT[type_], "image/png")
    (row,) = world.rows(PhotoBytes)
    assert (row.state, row.type) == ("present", type_)


def test_a_jpeg_with_a_second_picture_in_it_is_a_jpeg(world: World, tmp_path: Path) -> None:
    bring(world, tmp_path, MPO)
    (row,) = world.rows(PhotoBytes)
    assert (row.state, row.type) == ("present", "image/jpeg")


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_is_no_picture_is_unreadable_and_kept(world: World, tmp_path: Path, what: str) -> None:
    bring(world, tmp_path, UNREADABLE[what])
    (row,) = world.rows(PhotoBytes)
    assert (row.state, row.type) == ("unreadable", None)


def test_no_damage_makes_the_worker_fail(world: World, tmp_path: Path) -> None:
    dice = random.Random(7)
    for type_, whole in {**PRESENT, "mpo": MPO}.items():
        for _ in range(30):
            damaged = bytearray(whole)
            for _ in range(dice.randrange(1, 8)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            cut = bytes(damaged[: dice.randrange(1, len(damaged) + 1)])
            seen = media_type(world.house, keep(world, tmp_path, cut))
            assert seen in {None, *PRESENT}, type_
