"""What a label says, and how labels lie on a page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MM = 72 / 25.4  # in points


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


A4 = Format((210 * MM, 297 * MM), 3, 8, (70 * MM, 37 * MM), 5 * MM)
SINGLE = Format((50 * MM, 30 * MM), 1, 1, (50 * MM, 30 * MM), 2 * MM)
FORMATS = {"a4": A4, "single": SINGLE}
SYMBOLS = ("qr", "code128")


@dataclass(frozen=True)
class Box:
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
