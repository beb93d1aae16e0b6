"""Customers' orders of parts: the gates that stand before them, and telling what was shipped."""

from typing import Any
from uuid import UUID

from marshmallow import fields

from api.blueprint import Blueprint
from api.deciding import decided
from api.requisitions import RequisitionSchema, requisition
from api.schemas import Instant, Note, Strict, Text
from models.clock import to_millisecond
from models.stock import orders
from sync import limits

blp = Blueprint("orders", __name__, description="Customers' orders of parts, and their gates")


class PassingSchema(Strict):
    """What was seen: a `number` of the receipt, list or waybill, or one of the gate's answers."""

    number = Text(load_default=None, allow_none=True, metadata={"example": "SK-2026-118"})
    answer = Text(load_default=None, allow_none=True, metadata={"example": "within"})
    note = Note(load_default="")


class ReopeningSchema(Strict):
    """Why the gate is taken back."""

    reason = Text(limits.text_length_max, required=True)


class TellingSchema(Strict):
    """Of which shipment the customer was told, and when; now unless said."""

    transfer = fields.UUID(required=True)
    at = Instant(load_default=None, allow_none=True)
    note = Note(load_default="", metadata={"example": "电话告知李经理"})


@blp.route("/requisitions/<uuid:id_>/gates/<string:gate>", methods=["POST"])
@blp.arguments(PassingSchema)
@blp.response(200, RequisitionSchema)
def pass_gate(values: dict[str, Any], id_: UUID, gate: str) -> dict[str, Any]:
    """Say that what the gate asks for was seen. When no gate is open, the order may be shipped."""
    decided(orders.PASSED, {**values, "requisition": id_, "gate": gate})
    return requisition(id_)


@blp.route("/requisitions/<uuid:id_>/gates/<string:gate>/reopen", methods=["POST"])
@blp.arguments(ReopeningSchema)
@blp.response(200, RequisitionSchema)
def reopen_gate(values: dict[str, Any], id_: UUID, gate: str) -> dict[str, Any]:
    """Take back that the gate was passed; never after something was shipped."""
    decided(orders.REOPENED, {**values, "requisition": id_, "gate": gate})
    return requisition(id_)


@blp.route("/requisitions/<uuid:id_>/told", methods=["POST"])
@blp.arguments(TellingSchema)
@blp.response(200, RequisitionSchema)
def note_told(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Note that the customer was told of a shipment."""
    at = None if values["at"] is None else to_millisecond(values["at"])
    decided(orders.TOLD, {**values, "requisition": id_, "at": at})
    return requisition(id_)
