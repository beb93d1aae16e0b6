"""What the document of a place's stock tells."""

from marshmallow import fields

from sync.documents.shapes.told import Based, Told, many, one_of, shape


class LineShape(Told):
    """So much of a part; `lot` and `serial` are null where it has none."""

    part = fields.UUID()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = fields.String()


class IncomingShape(Told):
    """A transfer under way to the place, and what of it was not received yet."""

    transfer = fields.UUID()
    kind = one_of("shipment", "handover", "delivery")
    from_ = fields.UUID(data_key="from")
    since = fields.AwareDateTime()
    lines = many(LineShape)


class AskedShape(Told):
    """How much of a part was asked for, and how much of that was shipped."""

    part = fields.UUID()
    wanted = fields.String()
    shipped = fields.String()


class RequisitionShape(Told):
    """What was asked for at the place, and how far it has come."""

    id = fields.UUID()
    status = one_of("submitted", "reserved", "picked", "in_transit")
    asked = fields.AwareDateTime()
    needed = fields.Date(allow_none=True)
    urgent = fields.Boolean()
    freight = one_of("company", "requester")
    lines = many(AskedShape)


@shape("stock")
class StockShape(Based):
    """What lies at a place, as of the last move."""

    kind = fields.String()
    code = fields.String()
    name = fields.String()
    as_of = fields.AwareDateTime(allow_none=True)
    lines = many(LineShape)
    incoming = many(IncomingShape)
    requisitions = many(RequisitionShape)
