"""What several groups of endpoints share: the base schema and common fields."""

from collections.abc import Callable
from datetime import date
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from models.clock import EARLIEST, LATEST, instant_text
from models.types import said_quantity
from sync import limits
from sync.facts.kind import printable

TIME_NEEDED = "a time with its zone is needed, for instance 2026-11-22T08:00:00.000Z"

BYTES = {"type": "string", "format": "binary"}  # a file, as the OpenAPI document says it


class Strict(Schema):
    """Unknown fields are refused: a misspelt one would otherwise be lost in silence."""

    class Meta:
        unknown = RAISE


class Text(fields.String):
    """Text of at most 200 characters (or as given) that can be printed; not empty nor blank."""

    def __init__(
        self, longest: int = limits.name_length_max, shortest: int = 1, **kwargs: Any
    ) -> None:
        rules: list[Callable[[str], Any]] = [validate.Length(shortest, longest), printable]
        super().__init__(validate=[*rules, not_blank] if shortest else rules, **kwargs)


def not_blank(text: str) -> None:
    """Refuse what nobody could see on paper."""
    if not text.strip():
        raise ValidationError("more than blanks is needed")


class Note(Text):
    """Longer text, which may be empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limits.text_length_max, shortest=0, **kwargs)


class Instant(fields.AwareDateTime):
    """A time with its zone, between 1970 and 2200: what both databases and every zone can hold.

    It is told as the protocol writes it.
    """

    default_error_messages = {
        "invalid": TIME_NEEDED,
        "invalid_awareness": TIME_NEEDED,
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(EARLIEST, LATEST), **kwargs)

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> str | None:
        return None if value is None else instant_text(value)


class Day(fields.Date):
    """A day between 2000 and 2199, as facts have them."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = validate.Range(date(2000, 1, 1), date(2199, 12, 31))
        super().__init__(validate=bounds, **kwargs)


class QuantityText(fields.Decimal):
    """decimal(12,3), read and written as text; with `none` it may be zero."""

    def __init__(self, none: bool = False, **kwargs: Any) -> None:
        metadata = {"type": "string", "example": "2.000"}
        check = not_negative if none else positive
        super().__init__(as_string=True, metadata=metadata, validate=check, **kwargs)


def positive(value: Any) -> None:
    """Refuse zero, less, and what decimal(12,3) cannot hold."""
    not_negative(value)
    if value == 0:
        raise ValidationError("a quantity is more than zero")


def not_negative(value: Any) -> None:
    """Refuse less than zero, and what decimal(12,3) cannot hold."""
    try:
        fits = said_quantity(value) >= 0
    except (ValueError, ArithmeticError) as error:
        raise ValidationError("a quantity has at most 9 digits and 3 decimals") from error
    if not fits:
        raise ValidationError("a quantity is not less than zero")
