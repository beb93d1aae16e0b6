"""The pool of loaner devices, and what the warehouse decides of each."""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import and_, case, exists, func, select

from api import lists
from api.auth import house
from api.blueprint import Blueprint
from api.custody import ChainSchema, chain_of
from api.deciding import decided
from api.lists import Filter, Listing, equal
from api.schemas import Day, Instant, Note, Strict, Text
from api.serials import Serial
from api.tables import Table
from models.customers import Site
from models.loaners.rows import (
    AVAILABLE,
    CONDITIONS,
    CUSTODY_STATES,
    OPEN,
    Custody,
    Loaner,
    Reservation,
)
from models.stock.rows import Place
from sync import limits

RESERVED = "reserved"
STATES = (RESERVED, *CUSTODY_STATES)
PRICE = validate.Range(0, 10**12)

blp = Blueprint("loaners", __name__, description="Loaner devices")


class LoanerSchema(Strict):
    """A loaner device, and who has it now; null where nobody has said so yet.

    It is `reserved` if it is available and somebody will get it, from `reserved_from` on.
    `reminders` counts the steps of the ladder: due soon, overdue, for a week, for two weeks.
    """

    id = fields.UUID(dump_only=True)
    model = Text(required=True)
    serial = Serial(required=True)
    accessories = Note(load_default="")
    state = fields.String(dump_only=True, allow_none=True)
    holder_type = fields.String(dump_only=True, allow_none=True)
    holder_id = fields.UUID(dump_only=True, allow_none=True)
    holder_name = fields.String(dump_only=True, allow_none=True)
    condition = fields.String(dump_only=True, allow_none=True)
    since = Instant(dump_only=True, allow_none=True)
    due = fields.Date(dump_only=True, allow_none=True)
    overdue = fields.Boolean(dump_only=True, allow_none=True)
    reminders = fields.Integer(dump_only=True, allow_none=True)
    reserved_from = fields.Date(dump_only=True, allow_none=True)


class PlacingSchema(Strict):
    """At which place the loaner is."""

    place = fields.UUID(required=True)


class InspectingSchema(Strict):
    """How the loaner was found. It may be lent again if it is `wiped`, or keeps nothing, and
    works."""

    wiped = fields.Boolean(required=True)
    condition = fields.String(required=True, validate=validate.OneOf(CONDITIONS))
    note = Note(load_default="")


class ExtendingSchema(Strict):
    """Until which later day the loan may last, and why."""

    due = Day(required=True)
    reason = Text(limits.text_length_max, required=True)


class LosingSchema(Strict):
    """What is known of the loss."""

    note = Text(limits.text_length_max, required=True)


class SellingSchema(Strict):
    """For how much, in fen, whoever has the loaner keeps it."""

    price_fen = fields.Integer(required=True, strict=True, validate=PRICE)
    note = Note(load_default="")


IS_RESERVED = exists().where(Reservation.loaner_id == Loaner.id, Reservation.state == OPEN)
STATE = case((and_(Custody.state == AVAILABLE, IS_RESERVED), RESERVED), else_=Custody.state)
LOANERS = Listing(
    Loaner,
    LoanerSchema,
    sorts={"serial": Loaner.serial, "model": Loaner.model},
    filters={
        "model": equal(Loaner.model),
        "serial": equal(Loaner.serial),
        "state": Filter(
            fields.String(validate=validate.OneOf(STATES)), lambda state: state == STATE
        ),
        "holder": equal(Custody.holder_id),
        "overdue": equal(Custody.overdue),
    },
    search=(Loaner.model, Loaner.serial, Loaner.accessories, Place.name, Site.name),
    beside={
        "state": STATE,
        "holder_type": Custody.holder_type,
        "holder_id": Custody.holder_id,
        "holder_name": func.coalesce(Place.name, Site.name),
        "condition": func.coalesce(Custody.inspected_as, Custody.condition),
        "since": Custody.since,
        "due": Custody.due,
        "overdue": Custody.overdue,
        "reminders": Custody.reminders,
        "reserved_from": select(func.min(Reservation.starts))
        .where(Reservation.loaner_id == Loaner.id, Reservation.state == OPEN)
        .scalar_subquery(),
    },
    joined=lambda query: (
        query.outerjoin(Custody, and_(Custody.loaner_id == Loaner.id, Custody.until.is_(None)))
        .outerjoin(Place, Place.id == Custody.holder_id)
        .outerjoin(Site, Site.id == Custody.holder_id)
    ),
)
Table("/loaners", LOANERS).register(blp)


@blp.route("/loaners/<uuid:id_>/place", methods=["PUT"])
@blp.arguments(PlacingSchema)
@blp.response(200, ChainSchema)
def place_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Put the loaner into a warehouse or a van."""
    _decided(id_, "placed", args)
    return chain_of(id_)


@blp.route("/loaners/<uuid:id_>/inspect", methods=["POST"])
@blp.arguments(InspectingSchema)
@blp.response(200, LoanerSchema)
def inspect_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Somebody looked at the loaner since it came back, and wiped it."""
    return _decided(id_, "inspected", args)


@blp.route("/loaners/<uuid:id_>/extend", methods=["POST"])
@blp.arguments(ExtendingSchema)
@blp.response(200, LoanerSchema)
def extend_loan(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Let the loan last longer."""
    return _decided(id_, "extended", args)


@blp.route("/loaners/<uuid:id_>/lose", methods=["POST"])
@blp.arguments(LosingSchema)
@blp.response(200, LoanerSchema)
def lose_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Nobody knows where the loaner is. It is found again when somebody states that they have
    it, or it is placed."""
    return _decided(id_, "lost", args)


@blp.route("/loaners/<uuid:id_>/sell", methods=["POST"])
@blp.arguments(SellingSchema)
@blp.response(200, LoanerSchema)
def sell_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Sell the loaner to the customer who has it. It leaves the pool."""
    return _decided(id_, "sold", args)


def _decided(id_: UUID, verb: str, data: dict[str, Any]) -> dict[str, Any]:
    decided(f"loaner.{verb}", {**data, "loaner": id_})
    return house().database.read(lambda session: lists.one(session, LOANERS, Loaner.id == id_))
