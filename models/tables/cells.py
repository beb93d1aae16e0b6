"""What a cell of a file can hold, and how its text is kept from what spreadsheets do to it.

A text that a spreadsheet would run (it begins with = + - @), trim or take for something else is
written with an apostrophe before it, and only before such a text is an apostrophe taken off again.
So whatever was exported comes back the same, and `'s-Hertogenbosch` keeps its own.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

RUN = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
SHORTENED = re.compile(r"-?[0-9](\.[0-9]+)?E\+[0-9]{2,3}")
ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"}


class Odd(NamedTuple):
    """A spreadsheet's cell that holds no value of its own; the code of what is wrong with it."""

    code: str


Raw = str | Decimal | datetime | Odd | None  # What a cell of a file holds. None is an empty cell.
Cell = str | Decimal | date | None  # What is written into one.


def guarded(text: str) -> str:
    """The text as it is written into a cell."""
    return f"'{text}" if needs_guard(text) else text


def plain(text: str) -> str:
    """The text that a cell means: without guard, or without blanks around it."""
    if text.startswith("'") and needs_guard(text[1:]):
        return text[1:]
    return text.strip()


def needs_guard(text: str) -> bool:
    """Whether a spreadsheet, or `plain`, would make something else of the text."""
    # Among apostrophes only the last one tells: `''=x` is the guarded form of `'=x`.
    return _altered(text) or (text.startswith("'") and _altered(text.lstrip("'")))


def _altered(text: str) -> bool:
    return (
        text.startswith(RUN)
        or text != text.strip()
        or text in ERRORS
        or SHORTENED.fullmatch(text) is not None
    )


def is_empty(raw: Raw) -> bool:
    """Whether nothing stands in the cell."""
    return raw is None or (isinstance(raw, str) and not raw.strip())
