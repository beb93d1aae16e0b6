"""Requisitions: who wants which parts where, and what the warehouse does about it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, own, user
from api.blueprint import Blueprint
from api.deciding import decided
from api.lists import Listing, equal
from api.order_schemas import CustomerShipmentSchema, GateSchema, gates_of, shipments_of
from api.schemas import Day, Instant, QuantityText, Strict, Text
from api.stock_lines import LINES, LineSchema
from models.contracts.rows import Contract
from models.customers import Customer
from models.people import User
from models.stock import levels
from models.stock.demand import (
    FREIGHT,
    KINDS,
    STATUSES,
    Claim,
    Requisition,
    RequisitionLine,
    StockLevel,
    Transfer,
)
from models.stock.rows import Part, Place
from sync import limits, restocking

blp = Blueprint("requisitions", __name__, description="Requisitions")


class WantedSchema(Strict):
    """So much of a part is wanted."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)


class OpeningRequisitionSchema(Strict):
    """What is wanted at a place, or by a customer under a `contract`: then `kind` says whether
    parts are sold or replaced in the guarantee period. The `requester` is whoever opens it, if
    nobody else."""

    place = fields.UUID(load_default=None, allow_none=True)
    contract = fields.UUID(load_default=None, allow_none=True)
    kind = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(KINDS))
    lines = fields.List(fields.Nested(WantedSchema), required=True, validate=LINES)
    requester = fields.UUID(load_default=None, allow_none=True)
    visit = fields.UUID(load_default=None, allow_none=True)
    needed = Day(load_default=None, allow_none=True)
    urgent = fields.Boolean(load_default=False)

    @validates_schema
    def _somebody_wants_it(self, values: dict[str, Any], **kwargs: Any) -> None:
        if (values["contract"] is None) == (values["place"] is None):
            raise ValidationError("name either a place or a contract", "place")
        if (values["contract"] is None) != (values["kind"] is None):
            raise ValidationError("an order under a contract has a kind, and no other", "kind")


class ClaimingLineSchema(LineSchema):
    """What is reserved or shipped; `instead_of` names the part that was asked for, if this one is a
    substitute."""

    instead_of = fields.UUID(load_default=None, allow_none=True)


class ReservingSchema(Strict):
    """What is reserved, and at which place."""

    place = fields.UUID(required=True)
    lines = fields.List(fields.Nested(ClaimingLineSchema), required=True, validate=LINES)


class ServingSchema(ReservingSchema):
    """What is shipped, from which place; `freight` says who bears it, if not as it was asked. What
    leaves for a customer has a `waybill`, the number by which the carrier knows it."""

    waybill = Text(load_default=None, allow_none=True, metadata={"example": "SF1234567890"})
    freight = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(FREIGHT))


class RefusingSchema(Strict):
    """Why, or why the rest of it."""

    reason = Text(limits.text_length_max, required=True)


class RequisitionLineSchema(Schema):
    """How much of a part is wanted, and how much of it was shipped, a substitute too."""

    part = fields.UUID(attribute="part_id")
    wanted = QuantityText()
    shipped = QuantityText()


class ClaimSchema(Schema):
    """What is reserved, and on which shelf it lies: a line of the pick list."""

    place = fields.UUID(attribute="place_id")
    shelf = fields.String(allow_none=True)
    part = fields.UUID(attribute="part_id")
    part_code = fields.String()
    part_name = fields.String()
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()
    instead_of = fields.UUID(allow_none=True)


class RequisitionLineItemSchema(Schema):
    """A requisition in a list."""

    id = fields.UUID()
    place = fields.UUID(attribute="place_id")
    place_code = fields.String()
    user = fields.UUID(attribute="user_id")
    user_name = fields.String()
    visit = fields.UUID(attribute="visit_id", allow_none=True)
    asked = Instant()
    needed = fields.Date(allow_none=True)
    urgent = fields.Boolean()
    freight = fields.String()
    status = fields.String()
    reason = fields.String(allow_none=True)
    contract = fields.UUID(attribute="contract_id", allow_none=True)
    contract_code = fields.String(allow_none=True)
    customer = fields.UUID(attribute="customer_id", allow_none=True)
    customer_name = fields.String(allow_none=True)
    kind = fields.String(allow_none=True)
    cleared = Instant(allow_none=True)
    ship_due = Instant(allow_none=True)


class RequisitionSchema(RequisitionLineItemSchema):
    """A requisition with its lines, what is reserved for it by shelf, and what is under way; that
    of a customer with the gates before it, and what was shipped to them."""

    lines = fields.List(fields.Nested(RequisitionLineSchema))
    claims = fields.List(fields.Nested(ClaimSchema))
    transfers = fields.List(fields.UUID())
    gates = fields.List(fields.Nested(GateSchema))
    shipments = fields.List(fields.Nested(CustomerShipmentSchema))


class SuggestionSchema(Schema):
    """What would bring a place to its levels, and to what its planned visits need."""

    place = fields.UUID()
    lines = fields.List(fields.Nested(WantedSchema))


REQUISITIONS = Listing(
    Requisition,
    RequisitionLineItemSchema,
    default="-asked",
    sorts={"asked": Requisition.asked},
    filters={
        "status": equal(Requisition.status, STATUSES),
        "place": equal(Requisition.place_id),
        "user": equal(Requisition.user_id),
        "visit": equal(Requisition.visit_id),
        "urgent": equal(Requisition.urgent),
        "customer": equal(Requisition.customer_id),
        "contract": equal(Requisition.contract_id),
        "kind": equal(Requisition.kind, KINDS),
    },
    search=(Place.code, Place.name, User.full_name, Customer.name, Contract.code),
    beside={
        "place_code": Place.code,
        "user_name": User.full_name,
        "contract_code": Contract.code,
        "customer_name": Customer.name,
    },
    joined=lambda query: (
        query.join(Place, Place.id == Requisition.place_id)
        .join(User, User.id == Requisition.user_id)
        .outerjoin(Contract, Contract.id == Requisition.contract_id)
        .outerjoin(Customer, Customer.id == Requisition.customer_id)
    ),
)


@blp.route("/requisitions", methods=["POST"])
@blp.arguments(OpeningRequisitionSchema)
@blp.response(201, RequisitionSchema)
def open_requisition(values: dict[str, Any]) -> dict[str, Any]:
    """Ask for parts on behalf of a place, or of a customer."""
    id_ = house().ids.new(house().clock.now())
    return _decided(id_, "opened", values)


@blp.route("/requisitions", methods=["GET"])
@blp.arguments(REQUISITIONS.arguments(), location="query")
@blp.response(200, REQUISITIONS.page_schema())
def list_requisitions(args: dict[str, Any]) -> dict[str, Any]:
    """List the requisitions by page."""
    return house().database.read(lambda session: lists.page(session, REQUISITIONS, args, *_mine()))


@blp.route("/requisitions/<uuid:id_>", methods=["GET"])
@blp.response(200, RequisitionSchema)
def get_requisition(id_: UUID) -> dict[str, Any]:
    """One requisition; its claims are the pick list, shelf by shelf."""
    return requisition(id_)


@blp.route("/requisitions/<uuid:id_>/reserve", methods=["POST"])
@blp.arguments(ReservingSchema)
@blp.response(200, RequisitionSchema)
def reserve_parts(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Reserve parts for the requisition. Never more than is there and free."""
    return _decided(id_, "reserved", values)


@blp.route("/requisitions/<uuid:id_>/release", methods=["POST"])
@blp.response(200, RequisitionSchema)
def release_parts(id_: UUID) -> dict[str, Any]:
    """Nothing is reserved for the requisition any more."""
    return _decided(id_, "released", {})


@blp.route("/requisitions/<uuid:id_>/pick", methods=["POST"])
@blp.response(200, RequisitionSchema)
def pick_parts(id_: UUID) -> dict[str, Any]:
    """What is reserved was taken off its shelves."""
    return _decided(id_, "picked", {})


@blp.route("/requisitions/<uuid:id_>/refuse", methods=["POST"])
@blp.arguments(RefusingSchema)
@blp.response(200, RequisitionSchema)
def refuse_requisition(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Nothing is shipped for it, or nothing more."""
    return _decided(id_, "refused", values)


@blp.route("/requisitions/<uuid:id_>/ship", methods=["POST"])
@blp.arguments(ServingSchema)
@blp.response(200, RequisitionSchema)
def serve_requisition(values: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Ship parts to whoever asked; they are in transit until the phone there receives them. What is
    shipped to a customer has left, once all gates of their contract were passed."""
    transfer = house().ids.new(house().clock.now())
    to = requisition(id_)["place_id"]
    decided("stock.shipped", {**values, "transfer": transfer, "to": to, "requisition": id_})
    return requisition(id_)


@blp.route("/places/<uuid:id_>/suggestion", methods=["GET"])
@blp.response(200, SuggestionSchema)
def get_suggestion(id_: UUID) -> dict[str, Any]:
    """What the place lacks by its levels and its keepers' planned visits, as a requisition asks."""

    def body(session: Session) -> dict[str, Any]:
        lacking = levels.lacking(session, id_)
        lines = [{"part": part, "quantity": lacking[part]} for part in sorted(lacking)]
        return {"place": id_, "lines": lines}

    return house().database.read(body)


@blp.route("/places/<uuid:id_>/suggestion", methods=["POST"])
@blp.response(201, RequisitionSchema)
def open_suggestion(id_: UUID) -> dict[str, Any]:
    """Ask for what the place lacks, in one step and on behalf of its keeper."""

    def body(session: Session, now: datetime) -> UUID:
        return restocking.open_suggestion(session, now, house().ids, user().id, id_)

    return requisition(house().database.transact(body))


def _decided(id_: UUID, verb: str, data: dict[str, Any]) -> dict[str, Any]:
    decided(f"requisition.{verb}", {**data, "requisition": id_})
    return requisition(id_)


def _mine() -> list[Any]:
    keeper = own()
    return [] if keeper is None else [Requisition.user_id == keeper]


def requisition(id_: UUID) -> dict[str, Any]:
    """The requisition as it stands, if it is one's own where a role reaches no other's."""

    def body(session: Session) -> dict[str, Any]:
        values = lists.one(session, REQUISITIONS, Requisition.id == id_, *_mine())
        lines = select(RequisitionLine).where(RequisitionLine.requisition_id == id_)
        sent = select(Transfer.transfer_id).where(Transfer.requisition_id == id_)
        values["lines"] = [row.values() for row in session.scalars(lines)]
        values["claims"] = _pick_list(session, id_)
        values["transfers"] = list(session.scalars(sent.order_by(Transfer.since)))
        values["gates"], values["shipments"] = gates_of(session, id_), shipments_of(session, id_)
        return values

    return house().database.read(body)


def _pick_list(session: Session, id_: UUID) -> list[dict[str, Any]]:
    """What is reserved, in the order of the shelves."""
    here = (StockLevel.place_id == Claim.place_id) & (StockLevel.part_id == Claim.part_id)
    query = (
        select(Claim, StockLevel.shelf, Part.code, Part.name)
        .join(Part, Part.id == Claim.part_id)
        .outerjoin(StockLevel, here)
        .where(Claim.requisition_id == id_)
        .order_by(Claim.place_id, StockLevel.shelf, Part.code, Claim.lot, Claim.serial)
    )
    return [
        {**claim.values(), "shelf": shelf, "part_code": code, "part_name": name}
        for claim, shelf, code, name in session.execute(query)
    ]
