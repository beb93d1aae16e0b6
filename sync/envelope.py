"""Parsing the exchange's envelope. A malformed one is refused whole, and nothing is stored."""

from datetime import timedelta
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from models.clock import bounded
from models.feed import SUM_MODULUS
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
    sum = fields.Integer(required=True, strict=True, validate=validate.Range(0, SUM_MODULUS - 1))

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Digest:
        return Digest(**data)


class UnsentSchema(Strict):
    """What stays on the device after this exchange: facts without a receipt that are not in it,
    bytes of photos still to be uploaded, and since when; null, and not read, where nothing stays.
    """

    facts = fields.Integer(required=True, strict=True, validate=validate.Range(0, limits.seq_max))
    bytes = fields.Integer(required=True, strict=True, validate=validate.Range(0, limits.seq_max))
    since = fields.AwareDateTime(required=True, allow_none=True)

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Unsent:
        since = data["since"] if data["facts"] or data["bytes"] else None
        # A clock may be as wrong as it likes; the year 1 in a far zone is beyond any database.
        return Unsent(**{**data, "since": since and bounded(since, timedelta(0))})


class FactPartSchema(Strict):
    """A part's salt and text."""

    salt = fields.String(required=True)
    text = fields.String(required=True)


class FactSchema(Strict):
    """A fact: its text as signed, the signature, its parts."""

    fact = fields.String(required=True)
    signature = fields.String(required=True)
    parts = fields.Dict(
        keys=fields.String(), values=fields.Nested(FactPartSchema), load_default=dict
    )


class Few(fields.List[Any]):
    """A list of which nobody reads an element before it is known that there are not too many."""

    def __init__(self, inner: Any, most: int, **kwargs: Any) -> None:
        super().__init__(inner, validate=validate.Length(max=most), **kwargs)
        self.most = most

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and len(value) > self.most:
            raise ValidationError(f"there are at most {self.most}")
        return super()._deserialize(value, attr, data, **kwargs)


class Facts(Few):
    """The facts, read by hand: there may be hundreds, each with many parts."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > self.most:
            raise ValidationError(f"a list of at most {self.most} is needed")
        return [sent_fact(one, number) for number, one in enumerate(value)]


def sent_fact(value: Any, number: int) -> SentFact:
    """One fact. What it says is looked at later; here it is only what a fact may be at all."""
    try:
        one = _with_texts(value, "fact", "signature")
        parts = one.get("parts", {})
        if not isinstance(parts, dict):
            raise ValidationError({"parts": ["an object is needed"]})
        read = {name: _part(name, part) for name, part in parts.items()}
    except ValidationError as error:
        raise ValidationError({number: error.messages}) from error
    return SentFact(one["fact"], one["signature"], read)


def _part(name: str, value: Any) -> SentPart:
    try:
        part = _with_texts(value, "salt", "text")
    except ValidationError as error:
        raise ValidationError({"parts": {name: error.messages}}) from error
    return SentPart(part["salt"], part["text"])


def _with_texts(value: Any, *names: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValidationError("an object is needed")
    for name in names:
        if not isinstance(value.get(name), str):
            raise ValidationError({name: ["a text is needed"]})
    return value


class EnvelopeSchema(Strict):
    """A request of the exchange."""

    protocol = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10_000))
    cursor = fields.String(required=True, allow_none=True, validate=validate.Length(max=1000))
    have = fields.Nested(DigestSchema, load_default=None, allow_none=True)
    sent_at = fields.AwareDateTime(load_default=None, allow_none=True)
    unsent = fields.Nested(UnsentSchema, load_default=None, allow_none=False)
    facts = Facts(fields.Nested(FactSchema), limits.facts_per_exchange_max, required=True)
    limit = fields.Integer(
        strict=True,
        load_default=limits.documents_per_answer,
        validate=validate.Range(1, limits.documents_per_answer_max),
    )

    @post_load
    def _make(self, data: dict[str, Any], **kwargs: Any) -> Envelope:
        data.pop("sent_at")
        return Envelope(**data)
