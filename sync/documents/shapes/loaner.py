"""What a loaner's document tells."""

from marshmallow import fields

from sync.documents.shapes.told import Based, Told, shape


class HolderShape(Told):
    """Where it is: a place of ours, or a customer's site."""

    type = fields.String()
    id = fields.UUID()


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
