"""Draws labels as PDF: a sheet of 24 on A4, or each on a small label of its own.

Chinese is written in a font that the reader brings (STSong-Light of Adobe's Asian font packs, or
what a viewer takes instead), so no font has to be shipped; letters and digits stand in Helvetica.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from models.refusals import Refused

CHINESE, LATIN = "STSong-Light", "Helvetica-Bold"
QR_ERROR = "m"  # a seventh of it may be scratched
QR_BORDER = 2  # modules of white; the label's own edge gives the other two
BAR_LEAST = 0.19 * mm  # what label printers of 203 dpi can still draw, and scanners read
BAR_MOST = 0.38 * mm


@dataclass(frozen=True)
class Label:
    """What one label says: `text` in its QR code, `code` in its bars and letters, and two lines."""

    text: str
    code: str
    name: str
    note: str


@dataclass(frozen=True)
class Format:
    """How labels lie on a page, in points: columns and rows, each so wide and high, and how much
    white each keeps around itself."""

    page: tuple[float, float]
    columns: int
    rows: int
    size: tuple[float, float]
    edge: float

    @property
    def on_page(self) -> int:
        return self.columns * self.rows

    def corners(self) -> Iterator[tuple[float, float]]:
        """The lower left corner of each label of a page, row by row."""
        width, height = self.size
        left = (self.page[0] - self.columns * width) / 2
        top = self.page[1] - (self.page[1] - self.rows * height) / 2
        for row in range(self.rows):
            for column in range(self.columns):
                yield left + column * width, top - (row + 1) * height


A4 = Format((210 * mm, 297 * mm), 3, 8, (70 * mm, 37 * mm), 5 * mm)
SINGLE = Format((50 * mm, 30 * mm), 1, 1, (50 * mm, 30 * mm), 2 * mm)
FORMATS = {"a4": A4, "single": SINGLE}
SYMBOLS = ("qr", "code128")


def draw(labels: Sequence[Label], format_: str, symbol: str) -> bytes:
    """The labels as PDF; equal labels give equal bytes. Raises Refused for what bars cannot say."""
    form, file = FORMATS[format_], BytesIO()
    registerFont(UnicodeCIDFont(CHINESE))
    canvas = Canvas(file, pagesize=form.page, invariant=1)
    for start in range(0, len(labels), form.on_page):
        page = labels[start : start + form.on_page]
        for label, (x, y) in zip(page, form.corners(), strict=False):
            _draw_one(_Box(canvas, form, x, y), label, symbol)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


@dataclass(frozen=True)
class _Box:
    """Where a label is drawn: within its edge."""

    canvas: Any
    form: Format
    x: float
    y: float

    @property
    def left(self) -> float:
        return self.x + self.form.edge

    @property
    def bottom(self) -> float:
        return self.y + self.form.edge

    @property
    def width(self) -> float:
        return self.form.size[0] - 2 * self.form.edge

    @property
    def height(self) -> float:
        return self.form.size[1] - 2 * self.form.edge

    def write(self, x: float, y: float, text: str, size: float, width: float) -> None:
        """One line of text; what is too wide is cut, and says so."""
        font = font_of(text)
        if stringWidth(text, font, size) > width:
            cut = "..." if font == LATIN else "…"
            while text and stringWidth(text + cut, font, size) > width:
                text = text[:-1]
            text += cut
        self.canvas.setFont(font, size)
        self.canvas.drawString(x, y, text)


def font_of(text: str) -> str:
    """Latin letters in a Latin font; with anything else in it, all of it in the Chinese one."""
    return LATIN if text.isascii() else CHINESE


def _draw_one(box: _Box, label: Label, symbol: str) -> None:
    if symbol == "qr":
        side = min(box.height, box.width * 0.48)
        _qr(box, label.text, side)
        _words(box, label, box.left + side + 1.5 * mm, box.width - side - 1.5 * mm, box.height)
    else:
        high = box.height * 0.45
        _bars(box, label.code, high)
        _words(box, label, box.left, box.width, box.height - high - 1 * mm)


def _words(box: _Box, label: Label, x: float, width: float, height: float) -> None:
    """The code, large, then its name on two lines at most, then the note."""
    top = box.bottom + height
    size = min(12.0, height / 5)
    fits = width / max(stringWidth(label.code, font_of(label.code), 1), 1)
    box.write(x, top - size, label.code, max(min(size, fits), size * 0.6), width)
    small = size * 0.8
    lines = [*_wrapped(label.name, small, width), label.note]
    for number, line in enumerate(lines, start=1):
        box.write(x, top - size - number * small * 1.25, line, small, width)


def _wrapped(text: str, size: float, width: float) -> list[str]:
    """The text on two lines at most; Chinese may be broken between any two letters."""
    end = len(text)
    while end > 1 and stringWidth(text[:end], font_of(text[:end]), size) > width:
        end -= 1
    blank = text.rfind(" ", 1, end + 1)
    if end < len(text) and text.isascii() and blank > 0:
        end = blank
    return [text[:end], text[end:].strip()] if end < len(text) else [text]


def _qr(box: _Box, text: str, side: float) -> None:
    """The text as QR code, its runs of dark modules as one rectangle each."""
    matrix = list(segno.make_qr(text, error=QR_ERROR, boost_error=False, encoding="utf-8").matrix)
    module = side / (len(matrix) + 2 * QR_BORDER)
    bottom = box.bottom + (box.height - side) / 2
    for row, modules in enumerate(matrix):
        y = bottom + side - (row + 1 + QR_BORDER) * module
        for start, length in _runs(modules):
            x = box.left + (start + QR_BORDER) * module
            box.canvas.rect(x, y, length * module, module, stroke=0, fill=1)


def _runs(modules: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where dark modules begin, and how many follow one another."""
    start = None
    for at, dark in enumerate([*modules, 0]):
        if dark and start is None:
            start = at
        elif not dark and start is not None:
            yield start, at - start
            start = None


def _bars(box: _Box, code: str, high: float) -> None:
    """The code as Code 128. Raises Refused where it has other letters, or too many."""
    if not (code.isascii() and code.isprintable()):
        raise Refused("wrong_value", "symbol", f"bars take no {code!r:.60}; use qr")
    wide = box.width / Code128(code, barWidth=1, quiet=True, lquiet=10, rquiet=10).width
    if wide < BAR_LEAST:
        raise Refused("wrong_value", "symbol", f"{code!r:.60} is too long for bars; use qr")
    wide = min(wide, BAR_MOST)
    bars = Code128(code, barWidth=wide, barHeight=high, lquiet=10 * wide, rquiet=10 * wide)
    x = box.left + (box.width - bars.width) / 2
    bars.drawOn(box.canvas, x, box.bottom + box.height - high)
