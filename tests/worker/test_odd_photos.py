"""Hostile and odd images: the outcome of each is known, and none costs more than it may."""

import hashlib
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sync import limits
from tests.conftest import Figures
from tests.pictures import (
    PNG,
    all_black,
    chunk,
    corner,
    cut_at_markers,
    encoded,
    film,
    huge_png,
    noise,
    picture,
    png_with,
    profile,
    with_notes,
)
from worker import photo
from worker.photo import Darkroom, Gone

JPEG, PDF = picture("JPEG"), b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF"
HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
CMYK = noise((64, 48), "CMYK")
TEXT_BOMB = png_with((b"zTXt", b"x\x00\x00" + zlib.compress(bytes(40_000_000))))


def turned(type_: int, count: int, value: bytes) -> bytes:
    """A picture whose EXIF says something else than 1 to 8 about its orientation."""
    entry = struct.pack(">HHI", 0x0112, type_, count) + value.ljust(4, b"\x00")
    tiff = b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return encoded(noise(), "JPEG", exif=b"Exif\x00\x00" + tiff)


def looping_exif() -> bytes:
    """EXIF whose second directory is its first one."""
    tiff = b"MM\x00*" + struct.pack(">I", 8) + struct.pack(">H", 0) + struct.pack(">I", 8)
    return encoded(noise(), "JPEG", exif=b"Exif\x00\x00" + tiff)


def patched(data: bytes, at: bytes, offset: int, new: bytes) -> bytes:
    """The data with some bytes replaced behind the first place where `at` stands."""
    where = data.index(at) + offset
    return data[:where] + new + data[where + len(new) :]


def said_sizes(data: bytes, width: int, height: int) -> bytes:
    """A JPEG whose head says it is so large."""
    return patched(data, b"\xff\xc0", 5, struct.pack(">HH", height, width))


PRESENT: dict[str, bytes] = {
    "html behind a jpeg": JPEG + HTML,
    "php in a jpeg comment": encoded(noise(), "JPEG", comment=b"<?php system($_GET[0]); ?>"),
    "zip behind a jpeg": JPEG + b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + bytes(18),
    "pdf behind a png": picture("PNG") + PDF,
    "html in a png text": png_with((b"tEXt", b"Comment\x00" + HTML)),
    "unknown chunk in a png": png_with((b"oNSi", random.Random(1).randbytes(1000))),
    "cmyk jpeg": encoded(CMYK, "JPEG"),
    "cmyk jpeg with an rgb profile": encoded(CMYK, "JPEG", icc_profile=profile()),
    "gray jpeg": encoded(noise(mode="L"), "JPEG"),
    "progressive jpeg": encoded(noise(), "JPEG", progressive=True),
    "lab profile in an rgb jpeg": encoded(noise(), "JPEG", icc_profile=profile("LAB")),
    "profile of noise": encoded(noise(), "JPEG", icc_profile=random.Random(2).randbytes(500)),
    "16 bit png": encoded(noise(mode="L").convert("I;16"), "PNG"),
    "palette png with transparency": encoded(noise().convert("P"), "PNG", transparency=3),
    "one bit png": encoded(noise(mode="L").convert("1"), "PNG"),
    "gray png with alpha": encoded(noise(mode="LA"), "PNG"),
    "rgba webp": encoded(noise(mode="RGBA"), "WEBP"),
    "lossless webp": encoded(noise(), "WEBP", lossless=True),
    "heic with alpha": encoded(noise(mode="RGBA"), "HEIF"),
    "jpeg that says it is larger": said_sizes(JPEG, 6000, 6000),
    "png of another checksum": patched(picture("PNG"), b"IDAT", 9, b"\xff\xff"),
    "one pixel": encoded(noise((1, 1)), "PNG"),
    "a line of 40,000 pixels": encoded(Image.new("RGB", (40_000, 1)), "PNG"),
    "a column of 60,000 pixels": encoded(Image.new("L", (1, 60_000)), "PNG"),
    "49 million black pixels": huge_png(7000, all_black(7000)),
    "orientation nought": turned(3, 1, b"\x00\x00"),
    "orientation nine": turned(3, 1, b"\x00\x09"),
    "orientation in words": turned(2, 4, b"up!"),
    "exif that loops": looping_exif(),
    "exif that is cut": encoded(noise(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff"),
    "exif of zeros": encoded(noise(), "JPEG", exif=b"Exif\x00\x00" + bytes(64)),
    "turned and noted": corner(6),
    "animated webp of 3": film("WEBP", 3),
    "animated png of 16": film("PNG", limits.photo_frames_max),
    "jpeg with a second one in it": film("MPO", 2),
}
UNREADABLE: dict[str, tuple[str, bytes]] = {
    "nothing": ("format", b""),
    "one zero": ("format", b"\x00"),
    "text": ("format", b"this is no picture"),
    "svg": ("format", SVG),
    "html": ("format", HTML),
    "html that begins like a gif": ("format", b"GIF89a" + HTML),
    "pdf": ("format", PDF),
    "gif": ("format", picture("GIF")),
    "tiff": ("format", picture("TIFF")),
    "bmp": ("format", picture("BMP")),
    "ico": ("format", picture("ICO")),
    "eps": ("format", picture("EPS")),
    "avif": ("format", picture("AVIF")),
    "jpeg head and zeros": ("format", JPEG[:3] + bytes(1000)),
    "png head alone": ("format", PNG),
    "30,000 x 30,000 png": ("pixels", huge_png(30_000)),
    "a whole bomb of 30,000 x 30,000": ("pixels", huge_png(30_000, all_black(30_000))),
    "png that says it is huge": ("pixels", huge_png(2**31 - 1)),
    "jpeg that says it is huge": ("pixels", said_sizes(JPEG, 65_500, 65_500)),
    "text bomb in a png": ("damaged", TEXT_BOMB),
    "png that says it is larger": ("damaged", huge_png(6000)),
    "png without its end": ("damaged", picture("PNG")[:-2000]),
    "webp without its end": ("format", picture("WEBP")[:-300]),
    "heic without its end": ("damaged", picture("HEIF")[:-300]),
    "png with a bad chunk first": ("format", PNG + chunk(b"IDAT", b"x")),
    "a film of 40 pictures": ("frames", film("WEBP", 40)),
    "an animated png of 17": ("frames", film("PNG", limits.photo_frames_max + 1)),
}
CUT = dict(cut_at_markers(with_notes()))
SECONDS_MAX = 10


@pytest.fixture(scope="module")
def room() -> Iterator[Darkroom]:
    darkroom = Darkroom()
    yield darkroom
    darkroom.close()


def developed(room: Darkroom, folder: Path, data: bytes) -> dict[str, Any]:
    file = folder / "photo"
    file.write_bytes(data)
    return room.develop(file, folder, hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize("what", PRESENT)
def test_it_is_odd_and_present(room: Darkroom, tmp_path: Path, what: str) -> None:
    said = developed(room, tmp_path, PRESENT[what])
    assert said.get("type", "").startswith("image/"), said
    assert len(list(tmp_path.glob("*.webp"))) == 2
    assert said["peak_bytes"] < limits.photo_memory_max


@pytest.mark.parametrize("what", UNREADABLE)
def test_it_is_no_photo(room: Darkroom, tmp_path: Path, what: str) -> None:
    reason, data = UNREADABLE[what]
    said = developed(room, tmp_path, data)
    assert said["reason"] == reason, said
    assert said["peak_bytes"] < limits.photo_memory_max


@pytest.mark.parametrize("what", CUT)
def test_it_was_cut_off(room: Darkroom, tmp_path: Path, what: str) -> None:
    assert developed(room, tmp_path, CUT[what])["reason"] in {"format", "damaged"}


def test_there_are_enough_of_them() -> None:
    assert len(PRESENT) + len(UNREADABLE) + len(CUT) >= 60


# The bounds of the darkroom


def dying(how: str) -> Darkroom:
    """A darkroom in which every photo does this to its decoder."""
    lines = [
        "import os, signal, sys",
        "from worker import darkroom",
        f"def develop(*order):\n    {how}",
        "darkroom.develop = develop",
        "darkroom.main()",
    ]
    return Darkroom(("-c", "\n".join(lines)))


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("[bytearray(1 << 26) for _ in range(100)]", "memory"),
        ("while True: pass", "time"),
        ("os.abort()", "crash"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crash"),
        ("sys.exit(3)", "crash"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "killed"),
    ],
)
def test_whatever_a_photo_does_to_its_decoder_the_next_one_is_developed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, reason: str
) -> None:
    monkeypatch.setattr(limits, "photo_cpu_seconds_max", 1 if reason == "time" else 10)
    monkeypatch.setattr(limits, "photo_memory_max", 200 << 20)
    room = dying(how)
    try:
        for _ in range(2):
            assert developed(room, tmp_path, JPEG)["reason"] == reason
    finally:
        room.close()


def test_a_darkroom_that_says_nothing_is_closed_and_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Darkroom()
    with monkeypatch.context() as patched:
        patched.setattr(limits, "photo_wall_seconds_max", 0)
        with pytest.raises(Gone):
            developed(room, tmp_path, JPEG)
    assert developed(room, tmp_path, JPEG)["type"] == "image/jpeg"
    assert room.process is not None
    room.process.kill()
    room.process.wait()
    assert developed(room, tmp_path, JPEG)["type"] == "image/jpeg"
    room.close()


def test_the_darkroom_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    room = photo.Darkroom()
    room._running()
    assert room.process is not None
    environ = Path(f"/proc/{room.process.pid}/environ").read_bytes()
    room.close()
    assert b"secret" not in environ


@pytest.mark.proof
def test_what_odd_images_cost(room: Darkroom, tmp_path: Path, figures: Figures) -> None:
    from time import perf_counter

    slowest, most = (0.0, ""), (0, "")
    every = {**PRESENT, **CUT, **{name: data for name, (_, data) in UNREADABLE.items()}}
    for name, data in every.items():
        began = perf_counter()
        said = developed(room, tmp_path, data)
        slowest = max(slowest, (round(perf_counter() - began, 2), name))
        most = max(most, (said["peak_bytes"] >> 20, name))
    assert slowest[0] < SECONDS_MAX
    figures(
        images=len(every), slowest_seconds=slowest[0], slowest=slowest[1],
        peak_megabytes=most[0], largest=most[1],
    )  # fmt: skip
