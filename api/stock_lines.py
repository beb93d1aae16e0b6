"""Lines of parts, as the warehouse's decisions take them."""

from marshmallow import fields, validate

from api.schemas import QuantityText, Strict, Text


class LineSchema(Strict):
    """So much of a part, or of a lot of it, or one piece by its serial."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)
    lot = Text(load_default=None, allow_none=True)
    serial = Text(load_default=None, allow_none=True)


LINES = validate.Length(1, 200)
