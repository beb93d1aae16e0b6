"""How an answer tells on whose word something stands."""

from marshmallow import Schema, fields

from api.schemas import Instant


class GroundSchema(Schema):
    """The fact or decision, and who stated or took it. `part` of the fact names the customer who
    signed, which is told as `signer` until it is `erased`."""

    fact = fields.UUID(allow_none=True)
    decision = fields.UUID(allow_none=True)
    user = fields.UUID(allow_none=True)
    user_name = fields.String(allow_none=True)
    part = fields.String(allow_none=True)
    signer = fields.String(allow_none=True)
    erased = Instant(allow_none=True)
