"""How the OpenAPI document tells the schemas: what is asked for, and what is always answered.

One schema class may serve both. In a request its fields are needed as they say; in an answer all
of them are there, unless a field's metadata say `sometimes`. So a class that is told is described
as an answer, and where it is asked for as well, a variant of it is described beside it.
"""

from collections.abc import Iterator
from http import HTTPStatus
from inspect import cleandoc
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

ABOUT = """
Field service that works without a network. 离线可用的现场服务后端。

- **Who asks**: staff log in at `POST /auth/login`, devices enrol at `POST /devices/enrol`. Either
  sends its token as `Authorization: Bearer …`. Each operation begins with whom it is for, and where
  a role reaches only its own things; programs read the same in `x-roles`.
- **Errors** are problem+json (RFC 9457) with a stable `code`, the `field` that is wrong and the
  `remedy`. A request that was refused changed nothing.
- **Lists** come by page: send `next` of a page as `after`. Parameters and fields that are not
  described here are refused, so that nothing misspelt is lost.
- **Edits** need the ETag of what was read, as `If-Match`.
- Times are RFC 3339 with a zone, quantities are text with at most 3 decimals, ids are UUIDs.
"""
SOMETIMES = {"sometimes": True}  # metadata of a field that an answer may leave out
PATH_PARAMETERS = {
    "id_": "its id",
    "gate": "the gate's name, as the requisition tells it",
    "sha256": "the SHA-256 of its bytes, in lower-case hexadecimal",
    "side": "pixels of its longer side: 320 or 1600",
    "code": "what was scanned or typed",
    "month": "the month, as in 2026-11",
    "role": "who signed: technician or customer",
}

_told: set[type[Schema]] = set()


def tell(schema: Any) -> None:
    """Describe the schema, and all that it contains, as what an answer holds."""
    instance = schema() if isinstance(schema, type) else schema
    if isinstance(instance, Schema) and type(instance) not in _told:
        _told.add(type(instance))
        for inner in _within(instance):
            tell(inner)


def shared(schema: Any) -> Any:
    """An instance of the schema, if it is one, that is never copied: each decorator of an endpoint
    copies what the others have told of it, which took a sixth of the time of every start."""
    instance = schema() if isinstance(schema, type) else schema
    if isinstance(instance, Schema):
        instance.__dict__["__deepcopy__"] = lambda memo: instance
    return instance


def _within(schema: Schema) -> Iterator[Schema]:
    for field in map(innermost, schema.fields.values()):
        if isinstance(field, fields.Nested):
            yield field.schema


def innermost(field: Any) -> Any:
    """The field itself, or that of which it is a list or a mapping."""
    if isinstance(field, fields.List):
        return innermost(field.inner)
    if isinstance(field, fields.Dict):
        return field.value_field
    return field


def only_told(schema: Schema) -> set[str]:
    """The fields that nobody may send."""
    return {name for name, field in schema.fields.items() if field.dump_only}


def asked(schema: Any) -> Any:
    """The schema without what is only told; such a variant of `CustomerSchema` is `CustomerNew`."""
    instance = schema() if isinstance(schema, type) else schema
    without = only_told(instance)
    return variant(type(instance), "New", exclude=without) if without else schema


def variant(schema: type[Schema], suffix: str, **options: Any) -> Schema:
    """An instance of the schema under a name of its own."""
    name = f"{schema.__name__.removesuffix('Schema')}{suffix}"
    made: type[Schema] = type(name, (schema,), {"__doc__": schema.__doc__})
    return made(**options)


class _Converter(OpenAPIConverter):
    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        is_answer = type(schema) in _told
        if is_answer:
            kept = {field.data_key or name: field for name, field in schema.dump_fields.items()}
            told["properties"] = {name: told["properties"][name] for name in kept}
            sometimes = {name for name, field in kept.items() if field.metadata.get("sometimes")}
            told["required"] = sorted(set(kept) - sometimes)
            told.pop("additionalProperties", None)  # later versions may tell more
            for name, field in kept.items():
                if "told" in field.metadata:  # more than may be asked for
                    told["properties"][name]["enum"] = field.metadata["told"]
        if is_answer or schema.partial:
            for one in told["properties"].values():
                one.pop("default", None)  # a client would send it with every edit
        if words := type(schema).__doc__:
            told["description"] = " ".join(cleandoc(words).split())
        return told


class Plugin(MarshmallowPlugin):
    """Describes schemas by the rules of this module."""

    Converter = _Converter


def with_the_allowed(view: Any, allowed: str) -> str:
    """What the operation does beside its summary; before that, for whom it is."""
    described = getattr(view, "_apidoc", {}).get("manual_doc", {}).get("description")
    words = described or cleandoc(view.__doc__ or "").partition("\n\n")[2]
    return f"**For {allowed}.**\n\n{words}".strip()


def path_parameters(rule: str) -> list[dict[str, Any]]:
    """The parameters of the address that have something to be said about."""
    return [
        {"in": "path", "name": name, "description": what}
        for name, what in PATH_PARAMETERS.items()
        if f":{name}>" in rule
    ]


def refusals(rule: str, methods: set[str], view: Any, for_staff: bool) -> dict[int, str]:
    """How the operation may say no, beside what its view describes itself."""
    described: dict[str, Any] = getattr(view, "_apidoc", {})
    places = {one["in"] for one in described.get("arguments", {}).get("parameters", [])}
    statuses: set[int] = {422} if places else set()
    if "json" in places or "requestBody" in described.get("manual_doc", {}):
        statuses |= {400, 413, 415}
    if "<" in rule:
        statuses |= {404}
    if for_staff and methods & {"POST", "PUT", "PATCH", "DELETE"}:
        statuses |= {404, 409, 422}
    statuses -= set(described.get("response", {}).get("responses", {}))
    return {status: HTTPStatus(status).name for status in statuses}
