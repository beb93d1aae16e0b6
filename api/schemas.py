"""What several groups of endpoints share: the base schema, common fields, and lists by cursor."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import Base
from models.clock import EARLIEST, LATEST, instant_text
from models.types import exact_quantity
from sync import limits
from sync.facts.kind import printable

PAGE = 50
PAGE_MAX = 500
TIME_NEEDED = "a time with its zone is needed, for instance 2026-11-22T08:00:00.000Z"


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


class QuantityText(fields.Decimal):
    """decimal(12,3), read and written as text."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "example": "2.000"}
        super().__init__(as_string=True, metadata=metadata, validate=positive, **kwargs)


def positive(value: Any) -> None:
    """Refuse zero, less, and what decimal(12,3) cannot hold."""
    try:
        fits = exact_quantity(value) > 0
    except (ValueError, ArithmeticError) as error:
        raise ValidationError("a quantity has at most 9 digits and 3 decimals") from error
    if not fits:
        raise ValidationError("a quantity is more than zero")


class PageArgs(Strict):
    """Where a page begins and how long it is."""

    after = fields.UUID(load_default=None, metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=PAGE, validate=validate.Range(1, PAGE_MAX))


def page_of(item: type[Schema]) -> Schema:
    """The schema of a page: its items, and where the next one begins (null on the last)."""
    name = item.__name__.removesuffix("Schema") + "Page"
    page = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.UUID(allow_none=True, required=True),
        },
        name=name,
    )
    return page()


def page(session: Session, row: Any, args: dict[str, Any], *where: Any) -> dict[str, Any]:
    """One page of rows by id, as values."""
    query = select(row).where(*where).order_by(row.id).limit(args["limit"] + 1)
    if args["after"] is not None:
        query = query.where(row.id > args["after"])
    rows: list[Base] = list(session.scalars(query))
    items = [one.values() for one in rows[: args["limit"]]]
    more = len(rows) > args["limit"]
    return {"items": items, "next": items[-1]["id"] if more else None}


def json_value(value: Any) -> Any:
    """Loaded values as JSON again, for what a decision keeps."""
    if isinstance(value, dict):
        return {name: json_value(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [json_value(inner) for inner in value]
    if isinstance(value, UUID):
        return str(value)
    return value
