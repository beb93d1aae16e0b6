"""Parsing the exchange's envelope. A malformed one is refused whole, and nothing is stored."""

from datetime import timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, validate

from models.clock import bounded
from sync import limits
from sync.exchange import Envelope, Unsent
from sync.facts.text import SentFact, SentPart
from sync.feed import Digest


class Strict(Schema):
    """Numbers are numbers and unknown fields of newer clients are let pass."""

    class Meta:
        unknown = EXCLUDE


class DigestSchema(Strict):
    """A device's own count over its documents."""

    count = fields.Integer(required=True, strict=True, validate=validate.Range(0, limits.seq_max))
    sum = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**48))

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Digest:
        return Digest(**data)


class UnsentSchema(Strict):
    """What is still on the device."""

    facts = fields.Integer(required=True, strict=True, validate=validate.Range(0, limits.seq_max))
    bytes = fields.Integer(required=True, strict=True, validate=validate.Range(0, limits.seq_max))
    since = fields.AwareDateTime(required=True, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Unsent:
        since = data["since"]
        # A clock may be as wrong as it likes; the year 1 in a far zone is beyond any database.
        return Unsent(**{**data, "since": since and bounded(since, timedelta(0))})


class FactPartSchema(Strict):
    """A part's salt and text."""

    salt = fields.String(required=True)
    text = fields.String(required=True)

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> SentPart:
        return SentPart(**data)


class FactSchema(Strict):
    """A fact: its text as signed, the signature, its parts."""

    fact = fields.String(required=True)
    signature = fields.String(required=True)
    parts = fields.Dict(
        keys=fields.String(), values=fields.Nested(FactPartSchema), load_default=dict
    )

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> SentFact:
        return SentFact(**data)


class EnvelopeSchema(Strict):
    """A request of the exchange."""

    protocol = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10_000))
    cursor = fields.String(required=True, allow_none=True, validate=validate.Length(max=1000))
    have = fields.Nested(DigestSchema, load_default=None, allow_none=True)
    sent_at = fields.AwareDateTime(load_default=None, allow_none=True)
    unsent = fields.Nested(UnsentSchema, load_default=Unsent)
    facts = fields.List(
        fields.Nested(FactSchema),
        required=True,
        validate=validate.Length(max=limits.facts_per_exchange_max),
    )
    limit = fields.Integer(
        strict=True,
        load_default=limits.documents_per_answer,
        validate=validate.Range(1, limits.documents_per_answer_max),
    )

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Envelope:
        data.pop("sent_at")
        return Envelope(**data)
