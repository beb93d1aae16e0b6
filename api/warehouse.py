"""What the warehouse decides of parts: what is there, leaves, is to come, or is gone."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate

from api.auth import house
from api.blueprint import Blueprint
from api.deciding import decided
from api.schemas import Day, QuantityText, Strict, Text
from api.stock_lines import LINES, LineSchema, of_return
from models.stock.closing import CLOSED
from models.stock.shipping import REMOVED_TO
from sync import limits

PRICE_FEN_MAX = 10**10  # a hundred million a piece

blp = Blueprint("warehouse", __name__, description="What the warehouse decides of parts")


class OpeningSchema(Strict):
    """What lies at a place when the books begin. A part that was opened there before is opened once
    more only for a reason, given as `again`."""

    place = fields.UUID(required=True)
    again = Text(limits.text_length_max, load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=LINES)


class ShipmentSchema(Strict):
    """What leaves a place for another; it is in transit until it is received there."""

    transfer = fields.UUID(dump_only=True)
    place = fields.UUID(required=True)
    to = fields.UUID(required=True)
    return_ = of_return()
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=LINES)


class DeliveryLineSchema(Strict):
    """So much of a part is to come from the supplier, for how much a piece, in fen; of what was
    repaired, what its repair costs."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)
    price_fen = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, PRICE_FEN_MAX)
    )


class DeliverySchema(Strict):
    """What a supplier announced. Whoever receives it names it as the transfer. Its pieces may be
    `repaired`, and come back from a `removal` by which they were sent away for that."""

    place = fields.UUID(required=True)
    supplier = Text(required=True, metadata={"example": "东方备件公司"})
    due = Day(load_default=None, allow_none=True)
    repaired = fields.Boolean(load_default=False)
    removal = fields.UUID(load_default=None, allow_none=True)
    lines = fields.List(fields.Nested(DeliveryLineSchema), required=True, validate=LINES)


class ClosingDeliverySchema(Strict):
    """Why the rest of a delivery comes no more, or nothing of it."""

    reason = Text(limits.text_length_max, required=True)


class RemovalSchema(Strict):
    """What leaves us: scrapped, or sent back to the supplier. What goes there for `repair` is to
    come back, on the day `due` if one was promised."""

    place = fields.UUID(required=True)
    to = fields.String(required=True, validate=validate.OneOf(REMOVED_TO))
    reason = Text(limits.text_length_max, required=True)
    repair = fields.Boolean(load_default=False)
    due = Day(load_default=None, allow_none=True)
    return_ = of_return()
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=LINES)


class DecidedSchema(Schema):
    """The decision that was taken."""

    decision = fields.UUID()
    transfer = fields.UUID(allow_none=True)


@blp.route("/stock/openings", methods=["POST"])
@blp.arguments(OpeningSchema)
@blp.response(201, DecidedSchema)
def open_stock(values: dict[str, Any]) -> dict[str, Any]:
    """State what lies at a place when the books begin."""
    return {"decision": decided("stock.opened", values).id, "transfer": None}


@blp.route("/stock/shipments", methods=["POST"])
@blp.arguments(ShipmentSchema)
@blp.response(201, DecidedSchema)
def ship_stock(values: dict[str, Any]) -> dict[str, Any]:
    """Ship parts from a place to another. Never more than there is."""
    transfer = house().ids.new(house().clock.now())
    decision = decided("stock.shipped", {**values, "transfer": transfer})
    return {"decision": decision.id, "transfer": transfer}


@blp.route("/stock/deliveries", methods=["POST"])
@blp.arguments(DeliverySchema)
@blp.response(201, DecidedSchema)
def expect_delivery(values: dict[str, Any]) -> dict[str, Any]:
    """Announce what a supplier will deliver; what arrives is received as any transfer is."""
    delivery = house().ids.new(house().clock.now())
    decision = decided("delivery.expected", {**values, "delivery": delivery})
    return {"decision": decision.id, "transfer": delivery}


@blp.route("/stock/deliveries/<uuid:id_>/close", methods=["POST"])
@blp.arguments(ClosingDeliverySchema)
@blp.response(200, DecidedSchema)
def close_delivery(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The rest of the delivery comes no more, or nothing of it: it is under way no longer."""
    decision = decided(CLOSED, {**values, "delivery": id_})
    return {"decision": decision.id, "transfer": id_}


@blp.route("/stock/removals", methods=["POST"])
@blp.arguments(RemovalSchema)
@blp.response(201, DecidedSchema)
def remove_stock(values: dict[str, Any]) -> dict[str, Any]:
    """Scrap parts, or send them back to the supplier. Never more than there is."""
    return {"decision": decided("stock.removed", values).id, "transfer": None}
