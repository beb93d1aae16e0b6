"""The shapes of facts and documents as JSON Schema (2020-12), from the registries of both.

What a schema cannot say (that a signature fits, that two fields agree) the protocol page says.
"""

from inspect import cleandoc

from models.records.sealing import SIGNATURE_PREFIX
from sync import limits
from sync.documents.document import Document
from sync.documents.registry import DOCUMENTS
from sync.documents.shapes import SHAPES
from sync.facts.kind import Kind
from sync.facts.registry import KINDS
from sync.shaping import TIME, UUID, Json, object_of, of_schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SALT = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
SIGNATURE = {"type": "string", "pattern": "^[0-9a-f]{128}$"}


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
    return {
        "$schema": DIALECT,
        **_told(kind.name, kind),
        **object_of(fields_, ["fact", "signature"]),
    }


def _told(title: str, what: object) -> Json:
    return {"title": title, "description": " ".join(cleandoc(what.__doc__ or "").split())}


def as_text(content: Json) -> Json:
    """A text that holds JSON of that shape."""
    return {"type": "string", "contentMediaType": "application/json", "contentSchema": content}


def _sent_part(kind: Kind, name: str) -> Json:
    schema = kind.part_schema(name)
    longest = {"maxLength": limits.part_text_bytes_max}  # in bytes
    plain = {"type": "string", **longest}
    text = plain if schema is None else as_text(of_schema(schema())) | longest
    return object_of({"salt": SALT, "text": text})


def _text_of(kind: Kind) -> Json:
    milliseconds = {"type": "integer", "minimum": 0, "description": "milliseconds since it began"}
    mono = {"boot": {"type": "string"}, "mono": milliseconds}
    anchor = object_of({**mono, "at": TIME, "now": TIME}, ["at", "now"])
    clock = object_of({**mono, "anchor": {**anchor, "type": ["object", "null"]}}, [])
    seen = object_of({"revision": {"type": "integer"}, "basis": {"type": "string"}})
    said: Json = {
        "id": UUID,
        "seq": {"type": "integer", "minimum": 1, "maximum": limits.seq_max},
        "kind": {"const": kind.name},
        "v": {"type": "integer", "minimum": 1, "maximum": kind.version},
        "at": TIME,
        "clock": clock,
        "subject": object_of({"type": {"const": kind.about}, "id": UUID}),
        "seen": {**seen, "type": ["object", "null"]},
        "data": of_schema(kind.data()),
    }
    return object_of(said, sorted(said.keys() - {"seen"}))


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
    return {"$schema": DIALECT, **_told(document.type, document), **object_of(known)}
