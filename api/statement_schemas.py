"""What a statement looks like over HTTP."""

from marshmallow import Schema, fields, validate

from api.schemas import Instant, QuantityText, Strict
from models.stock.keepers_statement.month import MONTH

MOMENT = {"format": "date-time"}  # the content is kept as JSON


class StatementArgs(Strict):
    """Whose, and of which month; whoever asks, unless another is named."""

    user = fields.UUID(load_default=None, metadata={"description": "who keeps the places"})
    month = fields.String(
        required=True,
        validate=validate.Regexp(MONTH),
        metadata={"description": "as in 2026-11"},
    )


class ConfirmingSchema(Strict):
    """The hash of the statement that was seen."""

    sha256 = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{64}$"))


class StatementPartSchema(Schema):
    """What a part came to at a place. What left is told as more than nothing."""

    place = fields.UUID()
    place_code = fields.String()
    part = fields.UUID()
    part_code = fields.String()
    part_name = fields.String()
    unit = fields.String()
    received = QuantityText()
    used = QuantityText()
    handed_on = QuantityText()
    returned = QuantityText()
    counted = QuantityText()
    other = QuantityText()


class StatementLineSchema(StatementPartSchema):
    """closing = opening + received - used - handed_on - returned + counted + other."""

    opening = QuantityText()
    closing = QuantityText()


class EarlierSchema(StatementPartSchema):
    """What of the lines happened in an earlier period and was stated late."""

    period = fields.String()


class OwedSchema(Schema):
    """An old part that is owed."""

    debt = fields.UUID()
    visit = fields.UUID()
    part = fields.UUID()
    part_code = fields.String(allow_none=True)
    part_name = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()
    since = fields.String(metadata=MOMENT)


class ConfirmationSchema(Schema):
    """Who confirmed the statement, and when."""

    decision = fields.UUID()
    at = Instant()
    by = fields.String()


class StatementSchema(Schema):
    """A statement; once it is confirmed, just as it was then."""

    id = fields.UUID()
    user = fields.UUID()
    user_name = fields.String()
    month = fields.String()
    since = fields.String(metadata=MOMENT)
    until = fields.String(metadata=MOMENT)
    lines = fields.List(fields.Nested(StatementLineSchema))
    earlier = fields.List(fields.Nested(EarlierSchema))
    debts = fields.List(fields.Nested(OwedSchema))
    sha256 = fields.String(metadata={"description": "of the content; it is what is confirmed"})
    confirmed = fields.Nested(ConfirmationSchema, allow_none=True)
