"""What was measured as two compact tables: against a floor, and figures by themselves."""

from collections.abc import Iterable, Sequence

from bench.measure import Comparison, Figure, Measured

COMPARED = ("bench", "database", "ms", "floor ms", "ratio", "min-max", "pairs", "what")
FIGURES = ("bench", "database", "figure", "aim", "what")


def as_markdown(measured: Iterable[Measured]) -> str:
    """Tables that read as text and as Markdown."""
    everything = list(measured)
    compared = [_compared(one) for one in everything if isinstance(one, Comparison)]
    figures = [_figure(one) for one in everything if isinstance(one, Figure)]
    tables = [(COMPARED, compared), (FIGURES, figures)]
    return "\n\n".join(_table([head, *rows]) for head, rows in tables if rows)


def _compared(one: Comparison) -> tuple[str, ...]:
    spread = f"{one.lowest:.2f}-{one.highest:.2f}"
    figures = (f"{one.ours_ms:.2f}", f"{one.floor_ms:.2f}", f"{one.ratio:.2f}", spread)
    return (one.bench, one.database, *figures, str(one.pairs), one.remark)


def _figure(one: Figure) -> tuple[str, ...]:
    digits = 0 if one.value >= 100 else 2
    return (one.bench, one.database, f"{one.value:,.{digits}f} {one.unit}", one.aim, one.remark)


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Iterable[str], widths: Iterable[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
