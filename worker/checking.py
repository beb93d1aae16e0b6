"""Trying a folder of photos: what the darkroom makes of each file, and what that costs.

For a company that wants to know, before anybody relies on it, whether its phones' photos can be
read, stand upright and tell customers nothing. The files stay as they are.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageOps, ImageStat

from models.clock import Clock
from models.photos import PREVIEWS, preview_name
from worker.developing import TURNS
from worker.photo import Darkroom, Gone

LOOK = (32, 32)  # enough to see which way up a picture is
METADATA = ("exif", "xmp", "icc_profile")


def check(folder: Path, clock: Clock) -> Iterator[dict[str, Any]]:
    """What there is to say of each file of the folder, in the order of their names."""
    room = Darkroom()
    try:
        for file in sorted(file for file in folder.iterdir() if file.is_file()):
            with tempfile.TemporaryDirectory() as previews:
                yield {"file": file.name, **_check(room, file, Path(previews), clock)}
    finally:
        room.close()


def _check(room: Darkroom, file: Path, folder: Path, clock: Clock) -> dict[str, Any]:
    with file.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    began = clock.seconds()
    try:
        said = room.develop(file, folder, sha256)
    except Gone:
        said = {"reason": "time"}
    told = {
        "state": "unreadable" if "reason" in said else "present",
        "type": said.get("type"),
        "reason": said.get("reason"),
        "seen": said.get("seen", {}),
        "kilobytes": file.stat().st_size // 1000,
        "seconds": round(clock.seconds() - began, 2),
        "peak_megabytes": said.get("peak_bytes", 0) >> 20,
    }
    previews = [folder / preview_name(sha256, side) for side in PREVIEWS]
    if told["state"] == "present":
        told["upright"] = all(stands_upright(file, preview) for preview in previews)
        told["clean"] = all(is_clean(preview) for preview in previews)
    return told


def stands_upright(file: Path, preview: Path) -> bool:
    """Whether the preview shows what Pillow's own turning of the file shows, and no other of the
    eight ways to hold it comes closer."""
    with Image.open(file) as image:
        wanted = ImageOps.exif_transpose(image).convert("RGB").resize(LOOK)
    with Image.open(preview) as image:
        seen = image.convert("RGB").resize(LOOK)
    others = (_unlike(wanted, seen.transpose(turn)) for turn in TURNS.values())
    return _unlike(wanted, seen) <= min(others)


def _unlike(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def is_clean(preview: Path) -> bool:
    """Whether nothing but the picture is in it."""
    with Image.open(preview) as image:
        return not any(image.info.get(name) for name in METADATA)
