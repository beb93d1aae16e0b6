"""A marshmallow schema as JSON Schema: what each field may hold, and what its rules say."""

from collections.abc import Callable, Mapping
from functools import singledispatch
from inspect import cleandoc
from typing import Any

from marshmallow import Schema, fields, validate

from sync.documents.shapes import Told
from sync.facts.kind import QuantityText, Ref

Json = dict[str, Any]
UUID = {"type": "string", "format": "uuid"}
TIME = {"type": "string", "format": "date-time"}


def object_of(properties: Mapping[str, Any], required: list[str] | None = None) -> Json:
    """An object with those properties, all of them needed unless it is said which are."""
    needed = sorted(properties) if required is None else required
    return {"type": "object", "properties": dict(properties), "required": needed}


def of_schema(schema: Schema) -> Json:
    """An object of the schema's fields. Fields that are not named here are let pass."""
    properties = {field.data_key or name: of_field(field) for name, field in schema.fields.items()}
    needed = sorted(
        field.data_key or name
        for name, field in schema.fields.items()
        if (not field.metadata.get("sometimes") if isinstance(schema, Told) else field.required)
    )
    described = {"description": " ".join(cleandoc(type(schema).__doc__ or "").split())}
    return {**described, **object_of(properties, needed)}


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
