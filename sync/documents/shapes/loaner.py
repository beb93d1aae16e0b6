"""What a loaner's document tells."""

from marshmallow import fields, validate

from models.loaners.rows import CUSTODY_STATES
from sync.documents.shapes.told import Based, Told, shape


class HolderShape(Told):
    """Where it is: a place of ours, or a customer's site."""

    type = fields.String()
    id = fields.UUID()


class ReservedShape(Told):
    """For which site it is reserved, from which day on and until before which."""

    site = fields.UUID()
    starts = fields.Date()
    until = fields.Date()


@shape("loaner")
class LoanerShape(Based):
    """A loaner device, and who has it."""

    model = fields.String()
    serial = fields.String()
    accessories = fields.String()
    holder = fields.Nested(HolderShape)
    since = fields.AwareDateTime()
    due = fields.Date(allow_none=True)
    overdue = fields.Boolean()
    state = fields.String(validate=validate.OneOf(CUSTODY_STATES))
    condition = fields.String(allow_none=True)
    reminders = fields.Integer()
    reserved = fields.List(fields.Nested(ReservedShape))
