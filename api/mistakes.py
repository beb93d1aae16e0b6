"""What is wrong in a request's fields: the first of them, the others, and what may be meant."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from marshmallow import fields

from api.describing import innermost
from sync.facts.text import errors_in

OTHERS_MAX = 10


class Mistakes(NamedTuple):
    """The first field that is wrong (None for the whole), in words what is, and perhaps a hint."""

    field: str | None
    detail: str
    hint: str


def mistakes(messages: Any, schema: Any) -> Mistakes:
    """What the schema said no to, of a query or a body."""
    unknown = None if schema is None else schema.error_messages["unknown"]
    # Names that are none come out of a set: last, by name, so that a repeat says the same.
    found = sorted(
        ((_within(path), words) for path, words in errors_in(messages)),
        key=lambda one: (one[0],) if one[1] == unknown else (),
    )
    (field, detail), *others = found
    if others:
        told = [f"{path or 'the whole'}: {words}" for path, words in others[:OTHERS_MAX]]
        more = [f"and {len(others) - OTHERS_MAX} more"] if len(others) > OTHERS_MAX else []
        detail = f"{detail} Also wrong: {'; '.join([*told, *more])}"
    return Mistakes(field or None, detail, " ".join(_hints(found, schema, unknown)))


def _within(path: str) -> str:
    """The field without the place where it stood (json, query)."""
    return path.partition(".")[2]


def _hints(found: Sequence[tuple[str, str]], schema: Any, unknown: str | None) -> Iterator[str]:
    """For each name that is none, the one that is nearest to it."""
    for path, words in found[: OTHERS_MAX + 1]:
        *before, name = path.split(".")
        near = get_close_matches(name, _names(schema, before), n=1) if words == unknown else ()
        if near:
            yield f"{name} may be meant as {near[0]}."


def _names(schema: Any, path: Sequence[str]) -> list[str]:
    """The names that are known where the path leads."""
    for key in path:
        if key.isdigit():
            continue  # an item of a list, all of which have one schema
        inner = innermost(_fields(schema).get(key))
        if not isinstance(inner, fields.Nested):
            return []
        schema = inner.schema
    return list(_fields(schema))


def _fields(schema: Any) -> dict[str, Any]:
    return {field.data_key or name: field for name, field in schema.load_fields.items()}
