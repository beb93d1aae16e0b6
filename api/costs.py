"""What a part costs us."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.schemas import Instant, QuantityText, Strict
from models.edits import look_up
from models.stock.cost import average_cost
from models.stock.rows import Part

blp = Blueprint("costs", __name__, description="What parts cost us")


class CostArgumentsSchema(Strict):
    """As of when."""

    at = Instant(metadata={"description": "as of this moment, if not of now"})


class CostSchema(Schema):
    """The moving average of a part in fen, how many pieces we have, and how many receipts told a
    price. The average is null until a delivery told one."""

    average_fen = fields.Decimal(attribute="average", as_string=True, allow_none=True)
    quantity = QuantityText()
    receipts = fields.Integer()
    at = Instant()


@blp.route("/parts/<uuid:id_>/cost", methods=["GET"])
@blp.arguments(CostArgumentsSchema, location="query")
@blp.response(200, CostSchema)
def get_part_cost(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """What a piece of the part costs us: the moving average of what suppliers were paid."""
    at = args.get("at", house().clock.now())

    def body(session: Session) -> dict[str, Any]:
        look_up(session, Part, id_)
        return {**average_cost(session, id_, at)._asdict(), "at": at}

    return house().database.read(body)
