"""A signature looks right whatever pad it was drawn on, and however it was recorded."""

import re
from itertools import pairwise
from math import cos, hypot, sin
from typing import Any
from xml.etree import ElementTree

import pytest

from models.records.drawing import (
    EVEN,
    HEIGHT_MAX,
    MARGIN,
    SIDE_MIN,
    STEP,
    THICK,
    THIN,
    WIDTH_MAX,
    Drawing,
    as_svg,
    draw,
)


def loops(scale: float = 1, points: int = 60, keep: int = 4) -> list[list[list[int]]]:
    """Some handwriting of that scale; of each point the first `keep` numbers were recorded."""
    stroke = []
    for number in range(points):
        turn = number / points * 12
        x, y = turn * 25 + 30 * sin(turn * 1.7), 40 * cos(turn * 1.3)
        stroke.append([round(x * scale), round(y * scale), number * 8, 300 + number * 10][:keep])
    return [stroke]


def widths(drawing: Drawing) -> list[float]:
    return [dot.width for line in drawing.lines for dot in line]


@pytest.mark.parametrize("scale", [0.05, 1, 37, 10**6, 10**14])
def test_the_pads_scale_changes_nothing(scale: float) -> None:
    drawing, plain = draw(loops(scale)), draw(loops())
    assert drawing.width == pytest.approx(WIDTH_MAX)
    assert drawing.height == pytest.approx(plain.height, rel=0.2)
    assert drawing.height <= HEIGHT_MAX


@pytest.mark.parametrize(
    "strokes",
    [
        loops(),
        [[[5, 5]]],
        [[[5, 5], [5, 5]]],
        [[[5, 0], [5, 900]]],
        [[[0, 5], [900, 5]]],
        [[[0, 0], [10**400, 10**399], [-(10**400), 7]]],
        [[[0, 0, 0], [1, 1, 10**400], [2, 0, -5]]],
        [[[0, 0, 0, 10**400], [1, 1, 1, -(10**400)], [2, 0, 5, 0]]],
        [[], [[1, 2]], []],
        [],
    ],
)
def test_all_ink_lies_on_the_picture(strokes: Any) -> None:
    drawing = draw(strokes)
    assert SIDE_MIN <= drawing.width <= WIDTH_MAX
    assert SIDE_MIN <= drawing.height <= HEIGHT_MAX
    for line in drawing.lines:
        for dot in line:
            assert -MARGIN <= dot.x <= drawing.width + MARGIN
            assert -MARGIN <= dot.y <= drawing.height + MARGIN
            assert THIN <= dot.width <= THICK
    assert ElementTree.fromstring(as_svg(drawing)).tag.endswith("svg")


def test_a_curve_goes_through_what_was_recorded_and_has_no_corners() -> None:
    drawing = draw(loops(points=14))
    (line,) = drawing.lines
    assert len(line) > 5 * 14
    steps = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(line)]
    assert max(steps) < 4 * STEP


def test_a_pen_that_presses_draws_wider() -> None:
    seen = widths(draw(loops()))
    assert (min(seen), max(seen)) == (THIN, THICK)
    assert seen == sorted(seen)  # the pressure only grows


def test_a_pen_that_was_timed_draws_wider_where_it_is_slow() -> None:
    stroke = [[x * 10, 0, x * x * 20] for x in range(20)]  # slower and slower
    seen = widths(draw([stroke]))
    assert seen[0] < seen[-1]


def test_a_pen_of_which_only_places_are_known_draws_evenly() -> None:
    assert set(widths(draw(loops(keep=2)))) == {EVEN}


def test_a_point_is_seen_in_both_pictures() -> None:
    (shape,) = re.findall(r"<path[^>]*>", as_svg(draw([[[7, 7]]])))
    assert 'd="M24.0 24.0L24.0 24.0"' in shape


def test_the_svg_has_nothing_in_it_but_ink() -> None:
    names = {
        one.tag.rpartition("}")[2] for one in ElementTree.fromstring(as_svg(draw(loops()))).iter()
    }
    assert names == {"svg", "g", "path"}
