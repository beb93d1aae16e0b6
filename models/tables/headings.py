"""The heading line: which column stands where, whatever the order and the language."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from unicodedata import normalize

from models.tables.cells import Raw, is_empty
from models.tables.description import Column, Table
from models.tables.kinds import text_of
from models.tables.problems import Problems, Wrong
from models.tables.sheets import Line


def find(table: Table, line: Line, problems: Problems) -> list[Column | None]:
    """The column at each position; None where there is no heading. Tells what is wrong."""
    known = {_folded(words): column for column in table.columns for words in column.headings}
    found: list[Column | None] = []
    for position, raw in enumerate(line.cells):
        try:
            found.append(_column(table, known, raw, found))
        except Wrong as wrong:
            problems.add(line.number, position, None, wrong, raw)
            found.append(None)
    for column in table.columns:
        if column.required and column not in found:
            missing = Wrong("heading.missing", heading=_both(column))
            problems.add(line.number, len(found), _written(column, line.cells), missing)
    return found


def _column(
    table: Table, known: dict[str, Column], raw: Raw, before: Sequence[Column | None]
) -> Column | None:
    if is_empty(raw):
        return None
    text = text_of(raw)
    column = known.get(_folded(text))
    if column is None:
        nearest = _written(known[_nearest(_folded(text), list(known))], [text])
        every = ", ".join(_both(column) for column in table.columns)
        raise Wrong("heading.unknown", nearest=nearest, known=every)
    if column in before:
        raise Wrong("heading.twice")
    return column


def _folded(heading: str) -> str:
    """The heading without what people add to it: case, width, underscores, stars."""
    return re.sub(r"[\s_*]+", " ", normalize("NFKC", heading)).strip().casefold()


def _nearest(heading: str, known: Sequence[str]) -> str:
    return max(known, key=lambda one: SequenceMatcher(None, heading, one).ratio())


def _both(column: Column) -> str:
    return f"{column.heading.en} ({column.heading.zh})"


def _written(column: Column, cells: Sequence[Raw]) -> str:
    """The column's heading in the language of the line."""
    chinese = any(isinstance(cell, str) and re.search(r"[㐀-鿿]", cell) for cell in cells)
    return column.heading.of("zh" if chinese else "en")
