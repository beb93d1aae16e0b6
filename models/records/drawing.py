"""How a signature looks: its strokes as lines whose width follows the pen. Pure geometry.

The picture is as large as the ink needs and at most 600 by 300, whatever the scale of the pad was.
A pen that pressed harder, or else went slower, drew wider.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil, hypot

WIDTH_MAX, HEIGHT_MAX, MARGIN = 600.0, 300.0, 12.0
SIDE_MIN = 48.0
THIN, EVEN, THICK = 1.6, 2.6, 4.6
STEP = 3.0  # a curve is drawn in steps of this length
STEPS_MAX = 64
PAUSE_MAX = 10_000  # milliseconds

Points = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Dot:
    """A place on the picture, and how wide the pen is there."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Drawing:
    """Lines in a picture of that size; a line of one dot is a point."""

    width: float
    height: float
    lines: tuple[tuple[Dot, ...], ...]


def draw(strokes: Sequence[Points]) -> Drawing:
    """The strokes of a pen, [x, y, milliseconds, pressure] a point, as they look."""
    drawn = [stroke for stroke in strokes if stroke]
    points = [point for stroke in drawn for point in stroke]
    if not points:
        return Drawing(SIDE_MIN, SIDE_MIN, ())
    paper = _Paper(points)
    widths = iter(_widths(drawn))
    lines = []
    for stroke in drawn:
        dots = [Dot(*paper.place(point), next(widths)) for point in stroke]
        lines.append(tuple(_curve(dots)))
    return Drawing(paper.width, paper.height, tuple(lines))


class _Paper:
    """Where the points of a pad come to lie on the picture."""

    def __init__(self, points: Points) -> None:
        self.left, self.top = (min(point[axis] for point in points) for axis in (0, 1))
        wide = max(point[0] for point in points) - self.left
        high = max(point[1] for point in points) - self.top
        self.span = max(wide, high, 1)
        # Integers divided by integers: a pad's numbers may be larger than any float.
        self.scale = min(
            (WIDTH_MAX - 2 * MARGIN) / max(wide / self.span, 1e-9),
            (HEIGHT_MAX - 2 * MARGIN) / max(high / self.span, 1e-9),
            WIDTH_MAX,
        )
        ink = (wide / self.span * self.scale, high / self.span * self.scale)
        self.width, self.height = (max(SIDE_MIN, side + 2 * MARGIN) for side in ink)
        self.right, self.down = (self.width - ink[0]) / 2, (self.height - ink[1]) / 2

    def place(self, point: Sequence[int]) -> tuple[float, float]:
        """The point on the picture."""
        x = (point[0] - self.left) / self.span * self.scale
        y = (point[1] - self.top) / self.span * self.scale
        return x + self.right, y + self.down


def _widths(strokes: Sequence[Points]) -> list[float]:
    """How wide the pen is at each point: by pressure, else by speed, else everywhere the same."""
    pressures = [point[3] for stroke in strokes for point in stroke if len(point) > 3]
    count = sum(map(len, strokes))
    if len(pressures) == count and max(pressures) > min(pressures):
        least, most = min(pressures), max(pressures)
        return [THIN + (THICK - THIN) * ((one - least) / (most - least)) for one in pressures]
    slowness = [share for stroke in strokes for share in _slowness(stroke)]
    return [EVEN if share is None else THIN + (THICK - THIN) * share for share in slowness]


def _slowness(stroke: Points) -> list[float | None]:
    """From 0, where the pen went fastest, to 1; None where nobody timed it."""
    if len(stroke) < 3 or any(len(point) < 3 for point in stroke):
        return [None] * len(stroke)
    span = max(max(abs(a[0] - b[0]), abs(a[1] - b[1])) for a, b in pairwise(stroke)) or 1
    speeds = [
        hypot((b[0] - a[0]) / span, (b[1] - a[1]) / span) / min(max(1, b[2] - a[2]), PAUSE_MAX)
        for a, b in pairwise(stroke)
    ]
    around = [speeds[max(0, at - 2) : at + 3] for at in range(len(speeds))]
    smooth = [sum(some) / len(some) for some in around]
    fastest = max(smooth) or 1.0
    shares = [1 - speed / fastest for speed in smooth]
    return [shares[0], *shares]


def _curve(dots: Sequence[Dot]) -> Iterator[Dot]:
    """The dots joined by a smooth curve through all of them (Catmull-Rom)."""
    yield dots[0]
    for at, (begin, end) in enumerate(pairwise(dots)):
        before, after = dots[max(0, at - 1)], dots[min(len(dots) - 1, at + 2)]
        length = hypot(end.x - begin.x, end.y - begin.y)
        steps = min(STEPS_MAX, max(1, ceil(length / STEP)))
        for step in range(1, steps + 1):
            share = step / steps
            yield Dot(
                _between(before.x, begin.x, end.x, after.x, share),
                _between(before.y, begin.y, end.y, after.y, share),
                begin.width + (end.width - begin.width) * share,
            )


def _between(before: float, begin: float, end: float, after: float, t: float) -> float:
    bend = (2 * before - 5 * begin + 4 * end - after) * t * t
    twist = (3 * begin - before - 3 * end + after) * t * t * t
    return 0.5 * (2 * begin + (end - before) * t + bend + twist)


def as_svg(drawing: Drawing) -> str:
    """The drawing as SVG: right at any size, black on nothing, and nothing in it but ink."""
    size = f'viewBox="0 0 {drawing.width:.1f} {drawing.height:.1f}"'
    ink = 'fill="none" stroke="#000" stroke-linecap="round" stroke-linejoin="round"'
    shapes = "".join(shape for line in drawing.lines for shape in _shapes(line))
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}><g {ink}>{shapes}</g></svg>\n'


def _shapes(line: Sequence[Dot]) -> Iterator[str]:
    """One path for each run of about the same width."""
    if len(line) == 1:
        line = (line[0], line[0])
    runs = groupby(pairwise(line), key=lambda pair: round(pair[0].width + pair[1].width, 0) / 2)
    for width, run in runs:
        pairs = list(run)
        ends = [pairs[0][0], *(end for _, end in pairs)]
        places = "L".join(f"{dot.x:.1f} {dot.y:.1f}" for dot in ends)
        yield f'<path d="M{places}" stroke-width="{width:.1f}"/>'
