"""Lines of parts, as the warehouse's decisions take them."""

from marshmallow import fields, validate

from api.schemas import QuantityText, Strict, Text
from api.serials import Serial


class LineSchema(Strict):
    """So much of a part, or of a lot of it, or one piece by its serial."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)
    lot = Text(load_default=None, allow_none=True)
    serial = Serial(load_default=None, allow_none=True)


LINES = validate.Length(1, 200)


def of_return() -> fields.UUID:
    """The field by which what leaves names the return of which it is. `return` is no name that
    Python takes."""
    told = {"description": "the customer's return of which this is, if it is of one"}
    return fields.UUID(data_key="return", attribute="return", load_default=None, allow_none=True,
                       metadata=told)  # fmt: skip
