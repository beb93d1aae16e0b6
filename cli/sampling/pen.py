"""Signatures: pen strokes as a screen records them, x, y, milliseconds and pressure.

The same name is always written by the same hand: its shape follows from the name, and only a small
tremble differs from one signature to the next.
"""

from math import cos, pi, sin

from simulation.dice import Dice

Point = tuple[float, float]
Strokes = list[list[list[int]]]

HEIGHT = 60
STEP_MS = 12
# The strokes of which characters are made, in a square of 1 by 1: from, bend, to.
BASIC_STROKES: tuple[tuple[Point, Point, Point], ...] = (
    ((0.1, 0.3), (0.5, 0.25), (0.9, 0.28)),  # across
    ((0.5, 0.0), (0.52, 0.5), (0.5, 1.0)),  # down
    ((0.55, 0.1), (0.45, 0.6), (0.0, 0.95)),  # falling to the left
    ((0.45, 0.2), (0.6, 0.65), (1.0, 0.95)),  # falling to the right
    ((0.15, 0.1), (0.25, 0.2), (0.3, 0.3)),  # a dot
    ((0.75, 0.05), (0.85, 0.9), (0.55, 0.85)),  # down with a hook
    ((0.1, 0.6), (0.8, 0.5), (0.7, 1.0)),  # across and turning down
)


def sign(name: str, dice: Dice) -> Strokes:
    """The name in its own handwriting, with a tremble."""
    hand = Dice(f"hand of {name}")
    shapes = _running(name, hand) if name.isascii() else _characters(name, hand)
    strokes, time = [], 0
    for shape in shapes:
        strokes.append(_recorded(shape, time, dice))
        time += (len(shape) + dice.between(6, 14)) * STEP_MS
    return strokes


def _characters(name: str, hand: Dice) -> list[list[Point]]:
    """Each character as a few strokes in its own square, the lower ones drawn out."""
    shapes = []
    for place, _ in enumerate(name):
        left, top = 10 + place * HEIGHT * 0.9, 10 + hand.between(-4, 4)
        for kind in hand.shuffled(BASIC_STROKES)[: hand.between(3, 5)]:
            lift = hand.between(-8, 8) / 100
            shapes.append([_at(left, top, point, lift) for point in _bent(*kind)])
    return shapes


def _bent(start: Point, bend: Point, end: Point, points: int = 9) -> list[Point]:
    """A quadratic curve through three points."""
    curve = []
    for number in range(points):
        t = number / (points - 1)
        before, between, after = (1 - t) ** 2, 2 * t * (1 - t), t**2
        x = before * start[0] + between * bend[0] + after * end[0]
        curve.append((x, before * start[1] + between * bend[1] + after * end[1]))
    return curve


def _at(left: float, top: float, point: Point, lift: float) -> Point:
    slanted = point[0] + 0.15 * (1 - point[1])
    return left + slanted * HEIGHT * 0.8, top + (point[1] + lift) * HEIGHT


def _running(name: str, hand: Dice) -> list[list[Point]]:
    """Each word as one line of loops, tall where the letter is, with a flourish under the last."""
    shapes, left = [], 10.0
    for word in name.split():
        line = []
        for letter in word:
            tall = 30 if letter in "bdfhkltABCDEFGHIJKLMNOPQRSTUVWXYZ" else 14
            width = hand.between(9, 14)
            for number in range(6):
                turn = 2 * pi * number / 6
                x = left + width * number / 6 - 4 * sin(turn)
                line.append((x, 50 - tall * (1 - cos(turn)) / 2))
            left += width
        shapes.append(line)
        left += 12
    shapes.append(_bent((10, 62), (left / 2, 74), (left, 56), 14))
    return shapes


def _recorded(shape: list[Point], began: int, dice: Dice) -> list[list[int]]:
    """As the screen gives it: whole numbers, and less pressure where the pen comes and goes."""
    last = max(len(shape) - 1, 1)
    return [
        [
            round(x) + dice.between(-1, 1),
            round(y) + dice.between(-1, 1),
            began + number * STEP_MS,
            round(180 + 560 * sin(pi * number / last)) + dice.between(0, 40),
        ]
        for number, (x, y) in enumerate(shape)
    ]
