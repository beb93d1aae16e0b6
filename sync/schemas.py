"""The shapes of facts and documents as JSON Schema (2020-12), from the registries of both.

What a schema cannot say (that a signature fits, that two fields agree) the protocol page says.
"""

from collections.abc import Callable, Mapping
from functools import singledispatch
from inspect import cleandoc
from typing import Any

from marshmallow import Schema, fields, validate

from models.records.sealing import SIGNATURE_PREFIX
from sync import limits
from sync.documents.document import Document
from sync.documents.registry import DOCUMENTS
from sync.documents.shapes import SHAPES, Told
from sync.facts.kind import Kind, QuantityText, Ref
from sync.facts.registry import KINDS

Json = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SALT = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
SIGNATURE = {"type": "string", "pattern": "^[0-9a-f]{128}$"}
UUID = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}


def all_schemas() -> dict[str, Json]:
    """Every schema, by the name of its file."""
    return {
        **{f"fact.{name}.schema.json": of_fact(kind) for name, kind in sorted(KINDS.items())},
        **{f"document.{type_}.schema.json": of_document(one) for type_, one in _documents()},
    }


def as_markdown() -> str:
    """The kinds and types as docs/protocol.md lists them, each with its schema."""
    lines = ["| fact | about | what it says |", "|---|---|---|"]
    for name, kind in sorted(KINDS.items()):
        lines.append(
            f"| {_link('fact', name)} | {kind.about} | {_told(name, kind)['description']} |"
        )
    lines += ["", "| document | what it is |", "|---|---|"]
    for type_, document in _documents():
        lines.append(f"| {_link('document', type_)} | {_told(type_, document)['description']} |")
    return "\n".join(lines)


def _link(what: str, name: str) -> str:
    return f"[`{name}`](protocol/{what}.{name}.schema.json)"


def _documents() -> list[tuple[str, Document]]:
    return sorted(DOCUMENTS.items())


# Facts


def of_fact(kind: Kind) -> Json:
    """A fact of that kind as it is sent: its text, which is JSON in itself, signature and parts."""
    parts = {name: _sent_part(kind, name) for name in sorted(kind.parts)}
    sent: Json = {"type": "object", "properties": parts}
    signer = f"{SIGNATURE_PREFIX}customer"
    if kind.part_schema(signer) is not None:
        sent["patternProperties"] = {f"^{SIGNATURE_PREFIX}": _sent_part(kind, signer)}
    if kind.needed:
        sent["required"] = sorted(kind.needed)
    fields_ = {"fact": as_text(_text_of(kind)), "signature": SIGNATURE, "parts": sent}
    return {"$schema": DIALECT, **_told(kind.name, kind), **_object(fields_, ["fact", "signature"])}


def _told(title: str, what: object) -> Json:
    return {"title": title, "description": " ".join(cleandoc(what.__doc__ or "").split())}


def _object(properties: Mapping[str, Any], required: list[str] | None = None) -> Json:
    needed = sorted(properties) if required is None else required
    return {"type": "object", "properties": dict(properties), "required": needed}


def as_text(content: Json) -> Json:
    """A text that holds JSON of that shape."""
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": content}


def _sent_part(kind: Kind, name: str) -> Json:
    schema = kind.part_schema(name)
    text = {"type": "string"} if schema is None else as_text(of_schema(schema()))
    return _object({"salt": SALT, "text": text})


def _text_of(kind: Kind) -> Json:
    mono = {"boot": {"type": "string"}, "mono": {"type": "integer", "minimum": 0}}
    anchor = _object({**mono, "at": TIME, "now": TIME}, ["at", "now"])
    clock = _object({**mono, "anchor": {**anchor, "type": ["object", "null"]}}, ["anchor"])
    seen = _object({"revision": {"type": "integer"}, "basis": {"type": "string"}})
    return _object(
        {
            "id": UUID,
            "seq": {"type": "integer", "minimum": 1, "maximum": limits.seq_max},
            "kind": {"const": kind.name},
            "v": {"type": "integer", "minimum": 1, "maximum": kind.version},
            "at": TIME,
            "clock": clock,
            "subject": _object({"type": {"const": kind.about}, "id": UUID}),
            "seen": {**seen, "type": ["object", "null"]},
            "data": of_schema(kind.data()),
        }
    )


# Documents


def of_document(document: Document) -> Json:
    """A document of that type as an answer of the exchange has it, when it is not gone."""
    data = of_schema(SHAPES[document.type]())
    known: Json = {
        "type": {"const": document.type},
        "id": {"type": "string"},
        "revision": {"type": "integer", "minimum": 0, "maximum": 2**48 - 1},
        "data": data,
    }
    return {"$schema": DIALECT, **_told(document.type, document), **_object(known)}


# Fields


def of_schema(schema: Schema) -> Json:
    """An object of the schema's fields. Fields that are not named here are let pass."""
    properties = {field.data_key or name: of_field(field) for name, field in schema.fields.items()}
    needed = sorted(
        field.data_key or name
        for name, field in schema.fields.items()
        if (not field.metadata.get("sometimes") if isinstance(schema, Told) else field.required)
    )
    described = {"description": " ".join(cleandoc(type(schema).__doc__ or "").split())}
    return {**described, **_object(properties, needed)}


def of_field(field: fields.Field[Any]) -> Json:
    """What the field may hold."""
    shape = dict(_shape(field))
    for rule in field.validators:
        for known, tell in RULES.items():
            if isinstance(rule, known):
                shape |= tell(rule, shape)
    if words := field.metadata.get("description"):
        shape["description"] = words
    return _or_null(shape) if field.allow_none else shape


def _or_null(shape: Json) -> Json:
    if "enum" in shape:
        shape["enum"] = [*shape["enum"], None]
    return {**shape, "type": [shape["type"], "null"]}


@singledispatch
def _shape(field: fields.Field[Any]) -> Json:
    raise TypeError(f"no JSON Schema is known for {type(field).__name__}")


@_shape.register
def _(field: fields.String) -> Json:
    return {"type": "string"}


@_shape.register
def _(field: fields.Integer) -> Json:
    return {"type": "integer"}


@_shape.register
def _(field: fields.Boolean) -> Json:
    return {"type": "boolean"}


@_shape.register
def _(field: fields.UUID) -> Json:
    return dict(UUID)


@_shape.register
def _(field: fields.AwareDateTime) -> Json:
    return dict(TIME)


@_shape.register
def _(field: fields.Date) -> Json:
    return {"type": "string", "format": "date"}


@_shape.register
def _(field: Ref) -> Json:
    return {**UUID, "description": f"the id of a {field.type}"}


@_shape.register
def _(field: QuantityText) -> Json:
    return {"type": "string", "pattern": r"^[0-9]{1,9}(\.[0-9]{1,3})?$"}


@_shape.register(fields.List)
def _(field: Any) -> Json:
    return {"type": "array", "items": of_field(field.inner)}


@_shape.register
def _(field: fields.Nested) -> Json:
    return of_schema(field.schema)


@_shape.register
def _(field: fields.Dict) -> Json:
    shape: Json = {"type": "object"}
    if field.key_field is not None:
        shape["propertyNames"] = of_field(field.key_field)
    if field.value_field is not None:
        shape["additionalProperties"] = of_field(field.value_field)
    return shape


def _length(rule: Any, shape: Json) -> Json:
    least, most = {
        "string": ("minLength", "maxLength"),
        "array": ("minItems", "maxItems"),
        "object": ("minProperties", "maxProperties"),
    }[shape["type"]]
    low = rule.min if rule.equal is None else rule.equal
    high = rule.max if rule.equal is None else rule.equal
    return {name: one for name, one in ((least, low), (most, high)) if one is not None}


def _range(rule: Any, shape: Json) -> Json:
    ends = (("minimum", rule.min), ("maximum", rule.max))
    return {name: one for name, one in ends if one is not None}


def _pattern(rule: Any, shape: Json) -> Json:
    r"""As JSON Schema writes it: Python's \A and \Z are ^ and $ there."""
    return {"pattern": rule.regex.pattern.replace(r"\A", "^").replace(r"\Z", "$")}


RULES: Mapping[type, Callable[[Any, Json], Json]] = {
    validate.Length: _length,
    validate.Range: _range,
    validate.Regexp: _pattern,
    validate.OneOf: lambda rule, shape: {"enum": list(rule.choices)},
    validate.Equal: lambda rule, shape: {"const": rule.comparable},
}
