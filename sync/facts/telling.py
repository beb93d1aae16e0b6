"""The fact kinds as docs/facts.md tells them: what each says, of what, and what it carries."""

from inspect import cleandoc
from typing import Any

from marshmallow import fields

from sync.facts.kind import Kind, PartHashes, QuantityText, Ref
from sync.facts.registry import KINDS

SIMPLE: dict[type[fields.Field[Any]], str] = {
    fields.UUID: "id",
    fields.Integer: "integer",
    fields.Boolean: "true or false",
    fields.Date: "date",
    fields.AwareDateTime: "time",
    fields.String: "text",
    QuantityText: "quantity",
}


def as_markdown() -> str:
    """One table, a kind a line, by family."""
    lines = ["| kind | about | what it says | data | parts |", "|---|---|---|---|---|"]
    for name, kind in sorted(KINDS.items()):
        says = " ".join(cleandoc(kind.__doc__ or "").split())
        cells = [f"`{name}`", kind.about, says, _fields(kind), _parts(kind)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _fields(kind: Kind) -> str:
    told = [
        f"`{name}{'' if field.required else '?'}` {_type(field)}"
        for name, field in kind.data().fields.items()
        if not isinstance(field, PartHashes)
    ]
    return ", ".join(told)


def _type(field: Any) -> str:
    if isinstance(field, Ref):
        return field.type.replace("_", " ")
    if isinstance(field, fields.List):
        return f"list of {_type(field.inner)}"
    if isinstance(field, fields.Nested):
        inner = ", ".join(f"`{name}` {_type(one)}" for name, one in field.schema.fields.items())
        return f"{{{inner}}}"
    choices = [one.choices for one in field.validators if hasattr(one, "choices")]
    if choices:
        return " or ".join(f"`{one}`" for one in choices[0])
    return next(word for type_, word in SIMPLE.items() if isinstance(field, type_))


def _parts(kind: Kind) -> str:
    names = [*kind.parts, *sorted(kind.needed - set(kind.parts))]
    return ", ".join(f"`{name}{'' if name in kind.needed else '?'}`" for name in names)
