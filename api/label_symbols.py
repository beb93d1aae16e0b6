"""What scanners read of a label: a QR code, or the bars of Code 128."""

from collections.abc import Iterator, Sequence

import segno
from reportlab.graphics.barcode.code128 import Code128

from api.label_forms import MM, Box
from models.refusals import Refused

QR_ERROR = "m"  # a seventh of it may be scratched
QR_BORDER = 2  # modules of white; the label's own edge gives the other two
BAR_LEAST = 0.19 * MM  # what label printers of 203 dpi can still draw, and scanners read
BAR_MOST = 0.38 * MM


def qr(box: Box, text: str, side: float) -> None:
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


def bars(box: Box, code: str, high: float) -> None:
    """The code as Code 128. Raises Refused where it has other letters, or too many."""
    if not (code.isascii() and code.isprintable()):
        raise Refused("wrong_value", "symbol", f"bars take no {code!r:.60}; use qr")
    wide = box.width / Code128(code, barWidth=1, quiet=True, lquiet=10, rquiet=10).width
    if wide < BAR_LEAST:
        raise Refused("wrong_value", "symbol", f"{code!r:.60} is too long for bars; use qr")
    wide = min(wide, BAR_MOST)
    drawn = Code128(code, barWidth=wide, barHeight=high, lquiet=10 * wide, rquiet=10 * wide)
    x = box.left + (box.width - drawn.width) / 2
    drawn.drawOn(box.canvas, x, box.bottom + box.height - high)
