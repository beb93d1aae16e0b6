"""Draws labels as PDF: a sheet of 24 on A4, or each on a small label of its own.

Chinese is written in a font that the reader brings (STSong-Light of Adobe's Asian font packs, or
what a viewer takes instead), so no font has to be shipped; letters and digits stand in Helvetica.
"""

from collections.abc import Sequence
from io import BytesIO

from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfgen.canvas import Canvas

from api.label_forms import FORMATS, MM, Box, Label
from api.label_symbols import bars, qr

CHINESE, LATIN = "STSong-Light", "Helvetica-Bold"


def draw(labels: Sequence[Label], format_: str, symbol: str) -> bytes:
    """The labels as PDF; equal labels give equal bytes. Raises Refused for what bars cannot say."""
    form, file = FORMATS[format_], BytesIO()
    registerFont(UnicodeCIDFont(CHINESE))
    canvas = Canvas(file, pagesize=form.page, invariant=1)
    for start in range(0, len(labels), form.on_page):
        page = labels[start : start + form.on_page]
        for label, (x, y) in zip(page, form.corners(), strict=False):
            _draw_one(Box(canvas, form, x, y), label, symbol)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw_one(box: Box, label: Label, symbol: str) -> None:
    if symbol == "qr":
        side = min(box.height, box.width * 0.48)
        qr(box, label.text, side)
        _words(box, label, box.left + side + 1.5 * MM, box.width - side - 1.5 * MM, box.height)
    else:
        high = box.height * 0.45
        bars(box, label.code, high)
        _words(box, label, box.left, box.width, box.height - high - 1 * MM)


def _words(box: Box, label: Label, x: float, width: float, height: float) -> None:
    """The code, large, then its name on two lines at most, then the note."""
    top = box.bottom + height
    size = min(12.0, height / 5)
    fits = width / max(stringWidth(label.code, font_of(label.code), 1), 1)
    _write(box, x, top - size, label.code, max(min(size, fits), size * 0.6), width, label.code)
    small = size * 0.8
    lines = [(line, label.name) for line in _wrapped(label.name, small, width)]
    for number, (line, whole) in enumerate([*lines, (label.note, label.note)], start=1):
        _write(box, x, top - size - number * small * 1.25, line, small, width, whole)


def _wrapped(text: str, size: float, width: float) -> list[str]:
    """The text on two lines at most; only Chinese may be broken between any two letters."""
    end = len(text)
    while end > 1 and stringWidth(text[:end], font_of(text), size) > width:
        end -= 1
    blank = text.rfind(" ", 1, end + 1)
    if end < len(text) and text[end - 1 : end + 1].isascii() and blank > 0:
        end = blank
    return [text[:end], text[end:].strip()] if end < len(text) else [text]


def _write(box: Box, x: float, y: float, text: str, size: float, width: float, whole: str) -> None:
    """One line of a text, in the font of the whole; what is too wide is cut, and says so."""
    font = font_of(whole)
    if stringWidth(text, font, size) > width:
        cut = "..." if font == LATIN else "…"
        while text and stringWidth(text + cut, font, size) > width:
            text = text[:-1]
        text += cut
    box.canvas.setFont(font, size)
    box.canvas.drawString(x, y, text)


def font_of(text: str) -> str:
    """Latin letters in a Latin font; with anything else in it, all of it in the Chinese one."""
    return LATIN if text.isascii() else CHINESE
