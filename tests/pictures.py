"""Pictures for the tests, made here: good ones, odd ones, and bytes that only pretend to be one."""

import random
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Literal

from PIL import Image, ImageCms
from pillow_heif import register_heif_opener

PNG = b"\x89PNG\r\n\x1a\n"
EXIF_TURN = 0x0112

register_heif_opener()


def noise(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """A picture full of detail, the same every time."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, random.Random(1).randbytes(size[0] * size[1] * bands))


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    """The picture as a file of that format."""
    file = BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def picture(format_: str, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """A small good picture in that format."""
    return encoded(noise(size), format_, **options)


def corner(turn: int, size: tuple[int, int] = (96, 64)) -> bytes:
    """A picture that, once it is upright, is black but for its red left upper quarter; stored
    turned as EXIF's orientation says."""
    upright = Image.new("RGB", size, "black")
    upright.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[turn]) if turn in back else upright
    exif = Image.Exif()
    exif[EXIF_TURN] = turn
    return encoded(stored, "JPEG", quality=95, exif=exif)


def with_notes() -> bytes:
    """A JPEG in whose EXIF a phone noted time, place and camera."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Acme", "Acme Phone 3\x00"
    exif.get_ifd(0x8769).update({0x9003: "2026:11:22 16:05:09", 0x9011: "+08:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 13.0, 48.0), 3: "E", 4: (121.0, 28.0, 12.0)})
    return encoded(noise(), "JPEG", exif=exif, xmp=b"<x:xmpmeta>secret place</x:xmpmeta>")


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def huge_png(side: int, packed: bytes = b"") -> bytes:
    """A PNG that says it is that wide and high, of a few bytes or with all its pixels."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = packed or zlib.compress(bytes(1000))
    return PNG + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def all_black(side: int) -> bytes:
    """Every pixel of such a PNG, packed a thousandfold."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    return b"".join([*(packer.compress(row) for _ in range(side)), packer.flush()])


def png_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """A good PNG with further chunks behind its header."""
    good = picture("PNG")
    end = 8 + 25
    return good[:end] + b"".join(chunk(name, data) for name, data in chunks) + good[end:]


def film(format_: str, frames: int) -> bytes:
    """That many pictures in one file."""
    pictures = [
        Image.new("RGB", (32, 32), (number * 6, 99, 255 - number)) for number in range(frames)
    ]
    return encoded(pictures[0], format_, save_all=True, append_images=pictures[1:])


def cut_at_markers(jpeg: bytes) -> Iterator[tuple[str, bytes]]:
    """The JPEG cut off behind each of its markers."""
    at = 2
    while at < len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        yield f"jpeg cut in segment {jpeg[at + 1]:02x} at {at}", jpeg[: at + 3]
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    yield "jpeg cut at its scan", jpeg[: at + 2]
    yield "jpeg without its end", jpeg[:-200]


def profile(space: Literal["LAB", "sRGB"] = "sRGB") -> bytes:
    """An ICC profile."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes()
