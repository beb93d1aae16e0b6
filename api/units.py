"""Customers' units in our hands: where each is, and what the workshop does with it."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.deciding import decided
from api.grounds import GroundSchema
from api.lists import Filter, Listing, equal, since
from api.schemas import Instant, Note, Strict, Text
from models.customers import Asset, Customer, Site
from models.edits import look_up
from models.grounds import COLUMNS, ground_in, grounded
from models.people import User
from models.stock.rows import Place
from models.units import STEPS, UnitStay, UnitStep
from sync import limits

HOW = ("phone", "message", "mail", "on_site", "paper")
PRICE = validate.Range(0, 10**12)

blp = Blueprint("units", __name__, description="Customers' units in our hands")


class UnitStaySchema(Schema):
    """A customer's unit in our hands: since when, who took it, and what was done with it last."""

    id = fields.UUID()
    asset = fields.UUID(attribute="asset_id")
    asset_name = fields.String()
    model = fields.String()
    serial = fields.String()
    customer_name = fields.String()
    site = fields.UUID()
    site_name = fields.String()
    user = fields.UUID(attribute="user_id")
    user_name = fields.String()
    visit = fields.UUID(attribute="visit_id")
    place = fields.UUID(attribute="place_id", allow_none=True)
    place_name = fields.String(allow_none=True)
    condition = fields.String()
    accessories = fields.List(fields.String(), allow_none=True)
    data_loss = fields.Boolean(allow_none=True)
    step = fields.String()
    step_since = Instant()
    price_fen = fields.Integer(allow_none=True)
    since = Instant()
    until = Instant(allow_none=True)


class UnitStepSchema(Schema):
    """What was done with the unit, when, and on whose word."""

    step = fields.String()
    at = Instant()
    details = fields.Dict()
    ground = fields.Nested(GroundSchema)


class UnitHistorySchema(Schema):
    """What was done with the unit, oldest first."""

    items = fields.List(fields.Nested(UnitStepSchema))


class ReceivingUnitSchema(Strict):
    """Where the unit lies now."""

    place = fields.UUID(required=True)
    note = Note(load_default="")


class DiagnosingSchema(Strict):
    """What is wrong with the unit."""

    fault = Text(limits.text_length_max, required=True)


class QuotingSchema(Strict):
    """What the repair would cost, in fen, and what for."""

    price_fen = fields.Integer(required=True, strict=True, validate=PRICE)
    note = Note(load_default="")


class AnsweringQuoteSchema(Strict):
    """Who answered the quote for the customer, and how."""

    by = Text(required=True)
    how = fields.String(required=True, validate=validate.OneOf(HOW))
    note = Note(load_default="")


class WorkshopSchema(Strict):
    """What was done, or why nothing can be."""

    note = Text(limits.text_length_max, required=True)


UNITS = Listing(
    UnitStay,
    UnitStaySchema,
    default="-since",
    sorts={"since": UnitStay.since, "step_since": UnitStay.step_since},
    filters={
        "here": Filter(
            fields.Boolean(load_default=True),
            lambda here: UnitStay.until.is_(None) if here else UnitStay.until.is_not(None),
            "what we have; or else what was brought back",
        ),
        "step": equal(UnitStay.step, STEPS),
        "asset": equal(UnitStay.asset_id),
        "site": equal(Asset.site_id),
        "user": equal(UnitStay.user_id),
        "place": equal(UnitStay.place_id),
        "since_from": since(UnitStay.since),
    },
    search=(Asset.name, Asset.model, Asset.serial, Site.name, Customer.name),
    beside={
        "asset_name": Asset.name,
        "model": Asset.model,
        "serial": Asset.serial,
        "customer_name": Customer.name,
        "site": Site.id,
        "site_name": Site.name,
        "user_name": User.full_name,
        "place_name": Place.name,
    },
    joined=lambda query: (
        query.join(Asset, Asset.id == UnitStay.asset_id)
        .join(Site, Site.id == Asset.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .join(User, User.id == UnitStay.user_id)
        .outerjoin(Place, Place.id == UnitStay.place_id)
    ),
)


@blp.route("/units", methods=["GET"])
@blp.arguments(UNITS.arguments(), location="query")
@blp.response(200, UNITS.page_schema())
def list_units(args: dict[str, Any]) -> dict[str, Any]:
    """List the customers' units in our hands by page."""
    return house().database.read(lambda session: lists.page(session, UNITS, args))


@blp.route("/units/<uuid:id_>/history", methods=["GET"])
@blp.response(200, UnitHistorySchema)
def get_unit_history(id_: UUID) -> dict[str, Any]:
    """Everything that was done with the unit, and on whose word."""

    def body(session: Session) -> dict[str, Any]:
        look_up(session, Asset, id_)
        query = grounded(select(UnitStep, *COLUMNS.values()), UnitStep.cause_id)
        query = query.where(UnitStep.asset_id == id_).order_by(UnitStep.number)
        items = []
        for step, *ground in session.execute(query):
            told = ground_in(dict(zip(COLUMNS, ground, strict=True)))
            items.append({**step.values(), "ground": told})
        return {"items": items}

    return house().database.read(body)


@blp.route("/units/<uuid:id_>/receive", methods=["POST"])
@blp.arguments(ReceivingUnitSchema)
@blp.response(200, UnitStaySchema)
def receive_unit(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The workshop has got the unit from the technician."""
    return _decided(id_, "received", args)


@blp.route("/units/<uuid:id_>/diagnose", methods=["POST"])
@blp.arguments(DiagnosingSchema)
@blp.response(200, UnitStaySchema)
def diagnose_unit(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Somebody found out what is wrong with it."""
    return _decided(id_, "diagnosed", args)


@blp.route("/units/<uuid:id_>/quote", methods=["POST"])
@blp.arguments(QuotingSchema)
@blp.response(200, UnitStaySchema)
def quote_repair(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The customer was told what the repair would cost."""
    return _decided(id_, "quoted", args)


@blp.route("/units/<uuid:id_>/approve", methods=["POST"])
@blp.arguments(AnsweringQuoteSchema)
@blp.response(200, UnitStaySchema)
def approve_repair(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The customer wants it repaired for that."""
    return _decided(id_, "approved", args)


@blp.route("/units/<uuid:id_>/decline", methods=["POST"])
@blp.arguments(AnsweringQuoteSchema)
@blp.response(200, UnitStaySchema)
def decline_repair(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """The customer does not: it is brought back as it is, or quoted anew."""
    return _decided(id_, "declined", args)


@blp.route("/units/<uuid:id_>/repair", methods=["POST"])
@blp.arguments(WorkshopSchema)
@blp.response(200, UnitStaySchema)
def finish_repair(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """It works again, and can be brought back."""
    return _decided(id_, "repaired", args)


@blp.route("/units/<uuid:id_>/give-up", methods=["POST"])
@blp.arguments(WorkshopSchema)
@blp.response(200, UnitStaySchema)
def give_up_repair(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """It cannot be repaired, and is brought back as it is."""
    return _decided(id_, "unrepairable", args)


def _decided(id_: UUID, step: str, data: dict[str, Any]) -> dict[str, Any]:
    decided(f"unit.{step}", {**data, "asset": id_})
    return house().database.read(
        lambda session: lists.one(
            session, UNITS, UnitStay.asset_id == id_, UnitStay.until.is_(None)
        )
    )
