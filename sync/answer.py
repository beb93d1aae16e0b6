"""The shape of the exchange's answer, for whoever reads the API's description.

The exchange writes its answer itself, because documents are put into it as the bytes that were
published; a test holds the two together.
"""

from typing import Any

from marshmallow import Schema, fields, validate

from sync.documents.registry import DOCUMENTS
from sync.envelope import DigestSchema

SOMETIMES = {"sometimes": True}  # as api/describing.py understands it
CLIENT = ("ok", "upgrade", "revoked")
RESET = ("unreadable", "restored", "purged", "mismatch")


def _one_of(choices: tuple[str, ...], **kwargs: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(choices), **kwargs)


class ReceiptSchema(Schema):
    """What became of a fact, for ever. A stored one has its id; a refused one the digest of what
    was sent, the code of the refusal, and the field."""

    receipt = _one_of(("stored", "refused"))
    seq = fields.Integer(
        allow_none=True, metadata={"description": "null where a refused text has none to be read"}
    )
    id = fields.UUID(metadata=SOMETIMES)
    digest = fields.String(metadata=SOMETIMES)
    code = fields.String(metadata=SOMETIMES)
    field = fields.String(metadata=SOMETIMES)


class ReceivedSchema(Schema):
    """Which of the device's facts are here."""

    through = fields.Integer(
        metadata={"description": "every number up to this one is here; 0 where none is"}
    )
    missing = fields.List(
        fields.List(fields.Integer(), validate=validate.Length(equal=2)),
        metadata={"description": "ranges above it, from and to"},
    )
    safe_through = fields.Integer(
        allow_none=True, metadata={"description": "contained in the last backup"}
    )


class DocumentSchema(Schema):
    """What the user of the device should see now, or that it is gone."""

    type = _one_of(tuple(DOCUMENTS))
    id = fields.String()
    revision = fields.Integer(metadata=SOMETIMES)
    data = fields.Dict(metadata=SOMETIMES)
    gone = fields.Boolean(metadata=SOMETIMES)


class AnswerSchema(Schema):
    """An answer of the exchange."""

    receipts = fields.List(fields.Nested(ReceiptSchema))
    received = fields.Nested(ReceivedSchema)
    documents = fields.List(fields.Nested(DocumentSchema))
    cursor = fields.String(allow_none=True)
    more = fields.Boolean(metadata={"description": "whether another page waits"})
    digest = fields.Nested(DigestSchema, allow_none=True)
    reset = _one_of(RESET, allow_none=True, metadata={"description": "build the replica anew"})
    client = _one_of(CLIENT)
    wipe = fields.Boolean(metadata={"description": "forget everything, the key too"})
    now = fields.AwareDateTime()
