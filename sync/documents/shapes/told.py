"""What the data of each document type look like, for whoever writes a client.

Documents are made by hand and not by these; a test holds the two together. Every field is always
there, unless its metadata say `sometimes`. Clients let pass what they do not know.
"""

from typing import Any

from marshmallow import Schema, fields, validate

SOMETIMES = {"sometimes": True}


class Told(Schema):
    """What a document says, or a part of it."""


SHAPES: dict[str, type[Told]] = {}


def shape(type_: str) -> Any:
    """Register the shape of the document type."""

    def register(cls: type[Told]) -> type[Told]:
        SHAPES[type_] = cls
        return cls

    return register


def said(words: str) -> dict[str, str]:
    """Metadata: what a text of no fixed choice may say."""
    return {"description": words}


def one_of(*choices: str, **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices), **kwargs)


def many(inner: Any) -> Any:
    """A list of them."""
    is_schema = isinstance(inner, type) and issubclass(inner, Schema)
    return fields.List(fields.Nested(inner) if is_schema else inner)


class InBoth(Told):
    """The same in Chinese and in English; where one is empty, show the other."""

    zh = fields.String()
    en = fields.String()


class Based(Told):
    """What every document has: `basis` is repeated in `seen`; empty where nothing depends on it."""

    basis = fields.String()
