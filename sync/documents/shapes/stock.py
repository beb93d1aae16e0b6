"""What the document of a place's stock tells."""

from marshmallow import fields

from sync.documents.shapes.told import Based, Told, many, shape


class LineShape(Told):
    """So much of a part; `lot` and `serial` are null where it has none."""

    part = fields.UUID()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = fields.String()


@shape("stock")
class StockShape(Based):
    """What lies at a place, as of the last move."""

    kind = fields.String()
    code = fields.String()
    name = fields.String()
    as_of = fields.AwareDateTime(allow_none=True)
    lines = many(LineShape)
