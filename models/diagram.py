"""The tables as a diagram, noun by noun, as docs/data-model.md shows them."""

from collections import defaultdict
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint

from models.rows import Base

WORDS = {"Uuid": "uuid", "UtcDateTime": "time", "Quantity": "quantity", "LargeBinary": "bytes"}


def as_markdown() -> str:
    """Every table, in a diagram for each noun, with what its class says of it."""
    nouns: dict[str, list[Any]] = defaultdict(list)
    for mapper in Base.registry.mappers:
        noun = mapper.class_.__module__.removeprefix("models.").removesuffix(".rows")
        nouns[noun].append(mapper)
    return "\n".join(line for noun in sorted(nouns) for line in _noun(noun, nouns[noun]))


def _noun(noun: str, mappers: list[Any]) -> Iterator[str]:
    mappers = sorted(mappers, key=lambda mapper: mapper.local_table.name)
    yield from (f"## {noun.capitalize()}", "", "```mermaid", "erDiagram")
    for mapper in mappers:
        yield from _table(mapper.local_table)
    for mapper in mappers:
        yield from _references(mapper.local_table)
    yield from ("```", "")
    for mapper in mappers:
        words = " ".join(cleandoc(mapper.class_.__doc__ or "").split())
        yield f"- `{mapper.local_table.name}`: {words}"
    yield ""


def _table(table: Table) -> Iterator[str]:
    yield f"    {table.name} {{"
    for column in table.columns:
        keys = ", ".join(_keys(table, column))
        empty = ' "may be empty"' if column.nullable else ""
        yield f"        {_type(column)} {column.name}{f' {keys}' if keys else ''}{empty}"
    yield "    }"


def _type(column: Column[Any]) -> str:
    name = type(column.type).__name__
    return WORDS.get(name, name.lower())


def _keys(table: Table, column: Column[Any]) -> Iterator[str]:
    if column.primary_key:
        yield "PK"
    if column.foreign_keys:
        yield "FK"
    unique = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    if any([*one.columns] == [column] for one in unique):
        yield "UK"


def _references(table: Table) -> Iterator[str]:
    for column in table.columns:
        for key in column.foreign_keys:
            one = "|o" if column.nullable else "||"
            yield f"    {key.column.table.name} {one}--o{{ {table.name} : {column.name}"
