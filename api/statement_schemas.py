"""What a statement looks like over HTTP."""

from marshmallow import Schema, fields, validate

from api.exports import ExportArgs
from api.schemas import Instant, QuantityText, Strict
from models.stock.statement.month import MONTH

MOMENT = {"format": "date-time"}  # the content is kept as JSON
DAY = {"format": "date"}


class MonthArgs(Strict):
    """Of which month."""

    month = fields.String(
        required=True,
        validate=validate.Regexp(MONTH),
        metadata={"description": "as in 2026-11"},
    )


class StatementArgs(MonthArgs):
    """Whose, and of which month; whoever asks, unless another is named."""

    user = fields.UUID(load_default=None, metadata={"description": "who keeps the places"})


class MonthExportArgs(MonthArgs, ExportArgs):
    """Of which month, and in which form."""


class ConfirmingSchema(Strict):
    """The hash of the statement that was seen."""

    sha256 = fields.String(required=True, validate=validate.Regexp("^[0-9a-f]{64}$"))


class MonthConfirmingSchema(MonthArgs, ConfirmingSchema):
    """The month, and the hash of its statement that was seen."""


class NamedPartSchema(Schema):
    """A part, as it was named then."""

    part = fields.UUID()
    part_code = fields.String()
    part_name = fields.String()
    unit = fields.String()


class StatementPartSchema(NamedPartSchema):
    """What a part came to at a place. What left is told as more than nothing."""

    place = fields.UUID()
    place_code = fields.String()
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


class AnyStatementSchema(Schema):
    """Whose ever it is; once it is confirmed, just as it was then."""

    id = fields.UUID()
    month = fields.String()
    since = fields.String(metadata=MOMENT)
    until = fields.String(metadata=MOMENT)
    sha256 = fields.String(metadata={"description": "of the content; it is what is confirmed"})
    confirmed = fields.Nested(ConfirmationSchema, allow_none=True)


class StatementSchema(AnyStatementSchema):
    """A statement of somebody who keeps places."""

    user = fields.UUID()
    user_name = fields.String()
    lines = fields.List(fields.Nested(StatementLineSchema))
    earlier = fields.List(fields.Nested(EarlierSchema))
    debts = fields.List(fields.Nested(OwedSchema))


class CustomerLineSchema(NamedPartSchema):
    """How much of a part was shipped to the customer, by kind of order, and accepted back."""

    sold = QuantityText()
    guarantee = QuantityText()
    returned = QuantityText()


class CustomerEarlierSchema(CustomerLineSchema):
    """What of the lines happened in an earlier period and was posted late."""

    period = fields.String()


class OrderOutstandingSchema(NamedPartSchema):
    """What was ordered and is not shipped yet."""

    requisition = fields.UUID()
    kind = fields.String()
    asked = fields.String(metadata=DAY)
    quantity = QuantityText()


class ReturnOutstandingSchema(NamedPartSchema):
    """What may be sent back and did not come yet."""

    return_ = fields.UUID(data_key="return", attribute="return")
    asked = fields.String(metadata=DAY)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()


class CustomerStatementSchema(AnyStatementSchema):
    """A statement of a customer."""

    customer = fields.UUID()
    customer_code = fields.String()
    customer_name = fields.String()
    lines = fields.List(fields.Nested(CustomerLineSchema))
    earlier = fields.List(fields.Nested(CustomerEarlierSchema))
    orders = fields.List(fields.Nested(OrderOutstandingSchema))
    returns = fields.List(fields.Nested(ReturnOutstandingSchema))
