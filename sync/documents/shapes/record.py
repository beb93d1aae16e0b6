"""What a sealed record's document tells."""

from marshmallow import fields

from sync.documents.shapes.told import SOMETIMES, Based, Told, many, one_of, shape
from sync.facts.kind import hash_field
from sync.facts.record import RESULTS, SIGN_OFF


class PartShape(Told):
    """A sealed part: its hash, with salt and text, or with when and why it was erased."""

    hash = hash_field()
    salt = fields.String(metadata=SOMETIMES)
    text = fields.String(metadata=SOMETIMES)
    erased = fields.AwareDateTime(metadata=SOMETIMES, allow_none=True)
    under = fields.String(metadata=SOMETIMES, allow_none=True)


class VersionShape(Told):
    """One sealed version."""

    number = fields.Integer()
    root = hash_field()
    content_code = hash_field()
    sealed = fields.AwareDateTime()
    result = one_of(*RESULTS)
    sign_off = one_of(*SIGN_OFF)
    stands = fields.Boolean()  # false where a person said that another one does
    parts = fields.Dict(keys=fields.String(), values=fields.Nested(PartShape))


@shape("record")
class RecordShape(Based):
    """A sealed record with all its versions."""

    visit = fields.UUID()
    versions = many(VersionShape)
