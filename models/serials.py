"""The one form in which a serial number is known, however it was typed, scanned or printed."""

import unicodedata
from typing import Any

from sqlalchemy import ColumnElement


def normal(text: str) -> str:
    """The number in capitals and half-width letters, without what nobody sees: marks of no width,
    and blanks around it. Inside it blanks and dashes stay, as they may tell two numbers apart."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(mark for mark in folded if unicodedata.category(mark) != "Cf").strip()


def is_numbered(column: Any, text: str) -> ColumnElement[bool]:
    """The rows of that number, kept in its normal form or, from before there was one, as typed."""
    found: ColumnElement[bool] = column.in_([normal(text), text])
    return found
