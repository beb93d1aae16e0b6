"""Developing a photo: what it is, what it tells, and its previews. Runs in the darkroom only.

A preview stands upright, is in sRGB and WebP, and carries no metadata: it is what customers see.
What the camera noted (time, place, camera) is told beside it, for the staff.
"""

import warnings
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import (
    Image,
    ImageCms,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)
from pillow_heif import register_heif_opener

from models.blobs.store import has_hash
from sync import limits
from worker.exif import noted_by_camera, turn_of

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")  # Other decoders would only add ways to be attacked.
# A JPEG with a second picture in it, as some phones make them, opens as MPO.
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}
COARSE = {"1": "L", "P": "RGBA", "PA": "RGBA"}  # modes in which nothing gets smaller smoothly
# What EXIF calls orientation, and how a picture is turned upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = range(5, 9)
Previews = Mapping[int, Path]  # where to write them, by the longer side in pixels

QUALITY = 80
METHOD = 0  # half the time of the better ones, for a tenth more bytes

# Pillow loads them when it first meets such a file: here it is once, and not in every fork.
LOADED = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)
Image.preinit()
Image.MAX_IMAGE_PIXELS = limits.photo_pixels_max
register_heif_opener(thumbnails=False)
SRGB = ImageCms.createProfile("sRGB")


class Unreadable(Exception):
    """No picture can be made of it; the first argument says why, in one word."""


def develop(file: Path, sha256: str, previews: Previews) -> dict[str, Any]:
    """Look at the file, and write its previews.

    Answers `type` and `seen`, or the `reason` why no picture can be made of it: `hash` (the file is
    another than it should be), `format`, `pixels`, `frames` or `damaged`. Raises MemoryError.
    """
    if not has_hash(file, sha256):
        return {"reason": "hash"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Damaged metadata make Pillow talk.
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with _opened(file) as image:
                return _developed(image, previews)
        except (Unreadable, MemoryError):
            raise
        except Exception:
            raise Unreadable("damaged") from None


def _opened(file: Path) -> Image.Image:
    """The picture, of which nothing but its head has been read."""
    try:
        return Image.open(file, formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Unreadable("pixels") from None
    except (OSError, SyntaxError):
        raise Unreadable("format") from None


def _developed(image: Image.Image, previews: Previews) -> dict[str, Any]:
    frames = int(getattr(image, "n_frames", 1))
    if frames > limits.photo_frames_max:
        raise Unreadable("frames")  # A film is no photo.
    size, turn, noted = image.size, turn_of(image), noted_by_camera(image)
    type_, profile = MEDIA_TYPES[image.format or ""], image.info.get("icc_profile")
    picture = _turned(_plain(_in_srgb(_reduced(image, max(previews)), profile)), turn)
    for side, preview in sorted(previews.items(), reverse=True):
        picture.thumbnail((side, side))
        picture.save(preview, "WEBP", quality=QUALITY, method=METHOD)
    width, height = reversed(size) if turn in SIDEWAYS else size
    return {"type": type_, "seen": {"width": width, "height": height, "frames": frames, **noted}}


def _reduced(image: Image.Image, most: int) -> Image.Image:
    """The first picture, decoded no larger than the largest preview needs."""
    share = min(1.0, most / max(image.size))
    fitted = [max(1, round(side * share)) for side in image.size]
    # A JPEG can be decoded at a half, a quarter or an eighth; asked twice, it decodes wrongly.
    drafted = image.draft(None, (fitted[0], fitted[1])) is not None
    image.load()
    if image.mode in COARSE:
        image = image.convert(COARSE[image.mode])
    image.thumbnail((most, most), reducing_gap=None if drafted else 2.0)
    return image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture's colours as everybody's screen shows them, if its profile can be understood."""
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            alpha = "RGBA" if image.mode == "RGBA" else "RGB"
            turned = ImageCms.profileToProfile(image, own, SRGB, outputMode=alpha)
            return turned or image
    return image


def _plain(image: Image.Image) -> Image.Image:
    """The picture in RGB; what was transparent is white, as paper is."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        image = image.convert("L")
    if image.mode in ("LA", "PA", "La", "RGBa"):
        image = image.convert("RGBA")
    if image.mode == "RGBA":
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    return image.convert("RGB")


def _turned(image: Image.Image, turn: int) -> Image.Image:
    return image.transpose(TURNS[turn]) if turn in TURNS else image
