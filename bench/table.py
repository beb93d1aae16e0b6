"""The comparisons as one compact table."""

from collections.abc import Iterable

from bench.measure import Comparison

HEAD = ("bench", "database", "ms", "floor ms", "ratio", "min-max", "pairs", "what")


def as_markdown(comparisons: Iterable[Comparison]) -> str:
    """A table that reads as text and as Markdown."""
    rows = [HEAD, *map(_cells, comparisons)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [_line(row, widths) for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _cells(one: Comparison) -> tuple[str, ...]:
    spread = f"{one.lowest:.2f}-{one.highest:.2f}"
    figures = (f"{one.ours_ms:.2f}", f"{one.floor_ms:.2f}", f"{one.ratio:.2f}", spread)
    return (one.bench, one.database, *figures, str(one.pairs), one.remark)


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
