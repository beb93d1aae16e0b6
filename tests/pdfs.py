"""Reads the PDF that we write: its pages, their text, and the rectangles that are filled."""

import base64
import re
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

STREAM = re.compile(rb"/Filter \[ /ASCII85Decode /FlateDecode \].*?stream\r?\n(.*?)endstream", re.S)
FONT = re.compile(rb"/BaseFont /([\w-]+).*?/Name /(F\d+)", re.S)
TEXT = re.compile(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.S)
ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.S)
FILLED = re.compile(rb"^(?:n )?([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re f\*?", re.M)


class Rectangle(NamedTuple):
    """A filled rectangle, in points."""

    x: float
    y: float
    width: float
    height: float


class Page(NamedTuple):
    """What one page shows."""

    lines: list[str]
    rectangles: list[Rectangle]


def pages(data: bytes) -> list[Page]:
    """The pages of the file, in order."""
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    fonts = {name: base for base, name in FONT.findall(data)}
    found = [_page(_unpacked(stream), fonts) for stream in STREAM.findall(data)]
    (count,) = set(re.findall(rb"/Count (\d+)", data))
    assert len(found) == int(count)
    return found


def _unpacked(stream: bytes) -> bytes:
    return zlib.decompress(base64.a85decode(b"<~" + stream.strip(), adobe=True))


def _page(content: bytes, fonts: dict[bytes, bytes]) -> Page:
    lines, codec = [], "cp1252"
    for font, text in TEXT.findall(content):
        if font:
            codec = "cp1252" if fonts[font].startswith(b"Helvetica") else "utf-16-be"
        else:
            lines.append(ESCAPED.sub(_unescaped, text).decode(codec))
    found = [Rectangle(*map(float, one)) for one in FILLED.findall(content)]
    return Page(lines, found)


def _unescaped(found: re.Match[bytes]) -> bytes:
    one = found[1]
    if one.isdigit():
        return bytes([int(one, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(one, one)


def matrix(rectangles: list[Rectangle]) -> list[list[bool]]:
    """The modules of the one QR code that the rectangles draw: dark or not, row by row."""
    module = min(one.height for one in rectangles)
    left, top = min(one.x for one in rectangles), max(one.y for one in rectangles)
    side = round(max(one.x + one.width - left for one in rectangles) / module)
    rows = [[False] * side for _ in range(side)]
    for one in rectangles:
        row, start = round((top - one.y) / module), round((one.x - left) / module)
        for at in range(start, start + round(one.width / module)):
            rows[row][at] = True
    return rows


MASKS: list[Callable[[int, int], bool]] = [
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
]


def decoded(rows: list[list[bool]]) -> str:
    """What a small QR code says (ISO/IEC 18004, versions 1 to 3, bytes), read as a reader would
    that trusts every module."""
    mask = MASKS[sum(rows[8][at] << (4 - at) for at in (2, 3, 4)) ^ 0b101]
    bits = "".join(str(int(rows[i][j] ^ mask(i, j))) for i, j in _data_modules(len(rows)))
    mode, count = int(bits[:4], 2), int(bits[4:12], 2)
    assert mode == 0b0100, "not in bytes"
    text = bits[12 : 12 + 8 * count]
    return bytes(int(text[at : at + 8], 2) for at in range(0, 8 * count, 8)).decode()


def _data_modules(side: int) -> Iterator[tuple[int, int]]:
    """Where the data stand: two columns at a time from the right, up and down in turn."""
    columns = [at for at in range(side - 1, 0, -2) if at > 6] + [5, 3, 1]
    for turn, right in enumerate(columns):
        lines = range(side) if turn % 2 else range(side - 1, -1, -1)
        yield from ((i, j) for i in lines for j in (right, right - 1) if _is_data(i, j, side))


def _is_data(i: int, j: int, side: int) -> bool:
    corner = (i < 9 and (j < 9 or j >= side - 8)) or (i >= side - 8 and j < 9)
    aligning = side > 21 and abs(i - (side - 7)) <= 2 and abs(j - (side - 7)) <= 2
    return not (corner or aligning or i == 6 or j == 6)
