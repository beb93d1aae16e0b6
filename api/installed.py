"""What is fitted in a machine, and until when each part has a warranty."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from api.auth import house
from api.blueprint import Blueprint
from api.schemas import QuantityText
from models.customers import Asset
from models.edits import look_up
from models.stock.warranty import Fitted, fitted_in

blp = Blueprint("installed", __name__, description="Parts in machines, and their warranty")


class InstalledPartSchema(Schema):
    """A part in a machine, since when and until when, and the last day of its warranty: none where
    it has none, with the reason and the clause. A piece that had come back repaired is `repaired`,
    also where the record says new."""

    part = fields.UUID()
    part_code = fields.String()
    part_name = fields.String()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()
    condition = fields.String()
    visit = fields.UUID()
    since = fields.Date()
    removed = fields.Date(allow_none=True)
    warranty_until = fields.Date(allow_none=True)
    why = fields.String()
    clause = fields.String()


class InstalledPartsSchema(Schema):
    """What was fitted in a machine, the first part first."""

    items = fields.List(fields.Nested(InstalledPartSchema))


@blp.route("/assets/<uuid:id_>/parts", methods=["GET"])
@blp.response(200, InstalledPartsSchema)
def list_installed_parts(id_: UUID) -> dict[str, Any]:
    """What was fitted in the machine, and until when each part has a warranty of its own."""

    def body(session: Session) -> dict[str, Any]:
        asset = look_up(session, Asset, id_)
        return {"items": [_told(one) for one in fitted_in(session, asset)]}

    return house().database.read(body)


def _told(one: Fitted) -> dict[str, Any]:
    return {
        "part": one.part.id,
        "part_code": one.part.code,
        "part_name": one.part.name,
        "lot": one.row.lot,
        "serial": one.row.serial,
        "quantity": one.row.quantity,
        "condition": one.condition,
        "visit": one.row.visit_id,
        "since": one.since,
        "removed": one.removed,
        "warranty_until": one.warranty.until,
        "why": one.warranty.why,
        "clause": one.warranty.clause,
    }
