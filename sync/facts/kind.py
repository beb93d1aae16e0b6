"""What a fact kind is, and the fields from which their schemas are made.

A kind is one class: its name, the schema of its data, the parts it carries, and its effect on the
fold of its subject. Registering it (the subclass is enough) puts it under all laws and tests.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from models import serials
from models.derived import Subject
from models.records.sealing import HASH_FORM, NAME_FORM
from models.timeline import Folding, Stated
from models.types import said_quantity
from sync import limits


class Data(Schema):
    """The base of every schema of a fact: what is unknown stays in the text and is not read."""

    class Meta:
        unknown = EXCLUDE


class PlainText(fields.String):
    """Text of bounded length without control characters, which no paper can print."""

    def __init__(self, longest: int = limits.text_length_max, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(1, longest), printable], **kwargs)


class SerialText(PlainText):
    """A serial number, read in its normal form; the fact keeps what was written."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(limits.name_length_max, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return serials.normal(super()._deserialize(value, *args, **kwargs))


def printable(text: str) -> None:
    """Refuse NUL, other control characters but line breaks and tabs, and lone surrogates."""
    if any((mark < " " and mark not in "\n\r\t") or "\ud800" <= mark <= "\udfff" for mark in text):
        raise ValidationError("control characters and lone surrogates cannot be kept")


class Ref(fields.Field[Subject]):
    """The id of a visit, unit, place, part or asset. What is a subject is touched by the fact."""

    def __init__(self, type_: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.type = type_

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Subject:
        try:
            return Subject(self.type, UUID(value))
        except (ValueError, AttributeError, TypeError) as error:
            raise ValidationError("an id is a UUID, written as text") from error


class QuantityText(fields.Field[Decimal]):
    """A positive decimal(12,3) written as text, never as a float; with `none` it may be zero."""

    def __init__(self, none: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.none = none

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Decimal:
        if not isinstance(value, str):
            raise ValidationError('a quantity is written as text, for instance "2" or "0.500"')
        try:
            quantity = said_quantity(Decimal(value))
        except (InvalidOperation, ValueError) as error:
            raise ValidationError("a quantity has at most 9 digits and 3 decimals") from error
        if quantity < 0 or (quantity == 0 and not self.none):
            raise ValidationError("a quantity is more than zero")
        return quantity


def hash_field(**kwargs: Any) -> fields.String:
    """A SHA-256 in lower-case hexadecimal."""
    return fields.String(validate=validate.Regexp(rf"\A{HASH_FORM.pattern}\Z"), **kwargs)


def code_field(**kwargs: Any) -> fields.String:
    """A short code such as a reason. There is no list of them: the client has its own."""
    words = {"description": "a code of the client's own choice, told to the desk as it is"}
    form = validate.Regexp(r"\A[a-z][a-z0-9_]{0,63}\Z")
    return fields.String(validate=form, metadata=words, **kwargs)


class PartHashes(fields.Dict):
    """`data.parts`: the hash of each salted part, by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            keys=fields.String(validate=validate.Regexp(rf"\A{NAME_FORM.pattern}\Z")),
            values=hash_field(),
            validate=validate.Length(max=limits.parts_per_fact_max),
            **kwargs,
        )


KINDS: dict[str, "Kind"] = {}


class Kind:
    """A fact kind. Subclasses that have a `name` are registered when they are defined."""

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1
    about: ClassVar[str] = "visit"
    data: ClassVar[type[Data]] = Data
    parts: ClassVar[Mapping[str, type[Data] | None]] = {}  # None: plain text
    needed: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.name:
            KINDS[cls.name] = cls()

    def load(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data as values. Raises ValidationError naming the fields that are wrong."""
        loaded: dict[str, Any] = _schema(self.data).load(dict(data))
        lacking = self.needed - set(loaded.get("parts", {}))
        if lacking:
            raise ValidationError({"parts": {name: ["is needed"] for name in sorted(lacking)}})
        return loaded

    def load_part(self, name: str, text: str) -> Any:
        """The content of a part: values where it has a schema, else the text itself.

        Raises ValidationError naming the fields that are wrong, none where it is the whole.
        """
        schema = self.part_schema(name)
        if schema is None:
            printable(text)
            return text
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValidationError("is no JSON") from error
        if words_in(content) > limits.json_words_max:
            raise ValidationError(f"has more than {limits.json_words_max} values")
        return _schema(schema).load(content)

    def part_schema(self, name: str) -> type[Data] | None:
        """The schema of a part's text, None where it is plain or unknown to this version."""
        return self.parts.get(name)

    def check(self, data: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
        """Check what no single field can say. Raises Refused."""

    def makes(self, subject: Subject) -> Sequence[Subject]:
        """What else comes to be with the subject, and is touched by the fact."""
        return ()

    def lost(self, data: Mapping[str, Any]) -> range:
        """The numbers of the device's own facts that it says will never come."""
        return range(0)

    def promises(self, data: Mapping[str, Any]) -> Sequence[tuple[str, int]]:
        """The bytes that the fact promises, by hash and size."""
        return ()

    def effect(self, state: Any, fact: Stated) -> None:
        """What the fact does to the fold of its subject, once it is admitted."""


_schemas: dict[type[Data], Data] = {}


def _schema(schema: type[Data]) -> Data:
    """One instance a schema: making one costs more than using it."""
    if schema not in _schemas:
        _schemas[schema] = schema()
    return _schemas[schema]


def words_in(value: Any) -> int:
    """How many values but numbers and lists there are, all the way down: reading one takes time."""
    if isinstance(value, dict):
        return 1 + sum(map(words_in, value.values()))
    if isinstance(value, list):
        return sum(map(words_in, value))
    return 0 if type(value) in (int, float) else 1


SUBJECT_TYPES = {"visit", "unit", "place", "asset", "work_order"}


def subjects_in(value: Any) -> Iterator[Subject]:
    """Every subject that loaded data or parts name."""
    if isinstance(value, Subject):
        if value.type in SUBJECT_TYPES:
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from subjects_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from subjects_in(inner)


__all__ = [
    "KINDS",
    "Data",
    "Folding",
    "Kind",
    "PartHashes",
    "PlainText",
    "QuantityText",
    "Ref",
    "SerialText",
]
