"""The pool of loaner devices, who has each of them, and for whom they are reserved."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validate
from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from api import lists
from api.auth import house, user
from api.blueprint import Blueprint
from api.grounds import GroundSchema
from api.lists import Filter, Listing, equal
from api.schemas import Instant, Note, Strict, Text
from api.tables import Table
from models.customers import Site
from models.edits import look_up
from models.grounds import grounds_of
from models.loaners.rows import (
    AVAILABLE,
    CONDITIONS,
    CUSTODY_STATES,
    OPEN,
    RESERVATION_STATES,
    Custody,
    Loaner,
    Reservation,
)
from models.loaners.whereabouts import custodies, holder_names, state_at
from models.plain import plain
from models.stock.rows import Place
from sync import limits
from sync.decide import decide
from sync.lending import reserve_any

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
    serial = Text(required=True)
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

    due = fields.Date(required=True)
    reason = Text(limits.text_length_max, required=True)


class LosingSchema(Strict):
    """What is known of the loss."""

    note = Text(limits.text_length_max, required=True)


class SellingSchema(Strict):
    """For how much, in fen, whoever has the loaner keeps it."""

    price_fen = fields.Integer(required=True, strict=True, validate=PRICE)
    note = Note(load_default="")


class ReservingLoanerSchema(Strict):
    """For which site, from the day `starts` on and until before the day `until`, both of the
    site's."""

    site = fields.UUID(required=True)
    work_order = fields.UUID(load_default=None, allow_none=True)
    starts = fields.Date(required=True)
    until = fields.Date(required=True)
    note = Note(load_default="")


class ReservingAnySchema(ReservingLoanerSchema):
    """Of which model any loaner will do."""

    model = Text(required=True)


class ReservationSchema(Schema):
    """A loaner that is reserved, and for whom. It is open until it is met by a hand-over there,
    released, or lapsed."""

    id = fields.UUID()
    loaner = fields.UUID(attribute="loaner_id")
    model = fields.String()
    serial = fields.String()
    site = fields.UUID(attribute="site_id")
    site_name = fields.String()
    work_order = fields.UUID(attribute="work_order_id", allow_none=True)
    user = fields.UUID(attribute="user_id")
    starts = fields.Date()
    until = fields.Date()
    note = fields.String()
    state = fields.String()
    since = Instant()


class CustodySchema(Schema):
    """Who had the loaner, from when until when, and on whose word."""

    id = fields.UUID()
    state = fields.String()
    holder_type = fields.String()
    holder_id = fields.UUID()
    holder_name = fields.String(allow_none=True)
    user_id = fields.UUID(allow_none=True)
    due = fields.Date(allow_none=True)
    overdue = fields.Boolean()
    reminders = fields.Integer()
    condition = fields.String(allow_none=True)
    accessories = fields.List(fields.String(), allow_none=True)
    photos = fields.List(fields.String(), allow_none=True)
    instead_of = fields.UUID(allow_none=True)
    inspected = Instant(allow_none=True)
    since = Instant()
    until = Instant(allow_none=True)
    ground = fields.Nested(GroundSchema)


class WhereaboutsSchema(CustodySchema):
    """Where a loaner is, or was at the moment asked for."""

    loaner = fields.UUID(attribute="loaner_id")
    model = fields.String()
    serial = fields.String()


class ChainSchema(Schema):
    """The loaner's custody, oldest first."""

    items = fields.List(fields.Nested(CustodySchema))


class AtSchema(Strict):
    """Only as it was at this moment."""

    at = Instant(load_default=None, allow_none=True)


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
        "condition": Custody.condition,
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
RESERVATIONS = Listing(
    Reservation,
    ReservationSchema,
    sorts={"starts": Reservation.starts},
    filters={
        "loaner": equal(Reservation.loaner_id),
        "site": equal(Reservation.site_id),
        "work_order": equal(Reservation.work_order_id),
        "state": equal(Reservation.state, RESERVATION_STATES),
    },
    search=(Loaner.model, Loaner.serial, Site.name),
    beside={"model": Loaner.model, "serial": Loaner.serial, "site_name": Site.name},
    joined=lambda query: query.join(Loaner, Loaner.id == Reservation.loaner_id).join(
        Site, Site.id == Reservation.site_id
    ),
)
WHEREABOUTS = Listing(
    Custody,
    WhereaboutsSchema,
    default="-since",
    sorts={"since": Custody.since},
    filters={
        "at": Filter(
            Instant(),
            lambda at: and_(Custody.since <= at, or_(Custody.until.is_(None), Custody.until > at)),
            "as it was at this moment; as it is now if left out",
        ),
        "holder": equal(Custody.holder_id),
        "model": equal(Loaner.model),
    },
    search=(Loaner.model, Loaner.serial),
    beside={"model": Loaner.model, "serial": Loaner.serial},
    joined=lambda query: query.join(Loaner, Loaner.id == Custody.loaner_id),
)


@blp.route("/loaners/whereabouts", methods=["GET"])
@blp.arguments(WHEREABOUTS.arguments(), location="query")
@blp.response(200, WHEREABOUTS.page_schema())
def list_whereabouts(args: dict[str, Any]) -> dict[str, Any]:
    """Where each loaner is or was, since when, and on whose word."""
    now = [] if "at" in args else [Custody.until.is_(None)]

    def body(session: Session) -> dict[str, Any]:
        page = lists.page(session, WHEREABOUTS, args, *now)
        return {**page, "items": _in_full(session, page["items"], args.get("at"))}

    return house().database.read(body)


Table("/loaners", LOANERS).register(blp)


@blp.route("/loaners/<uuid:id_>/place", methods=["PUT"])
@blp.arguments(PlacingSchema)
@blp.response(200, ChainSchema)
def place_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Put the loaner into a warehouse or a van."""
    _decided(id_, "placed", args)
    return _chain(id_)


@blp.route("/loaners/<uuid:id_>/custody", methods=["GET"])
@blp.arguments(AtSchema, location="query")
@blp.response(200, ChainSchema)
def list_custody(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Where the loaner was and is, since when, and on whose word."""
    return _chain(id_, args["at"])


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


# Reservations


@blp.route("/reservations", methods=["GET"])
@blp.arguments(RESERVATIONS.arguments(), location="query")
@blp.response(200, RESERVATIONS.page_schema())
def list_reservations(args: dict[str, Any]) -> dict[str, Any]:
    """List the reservations of loaners by page."""
    return house().database.read(lambda session: lists.page(session, RESERVATIONS, args))


@blp.route("/reservations", methods=["POST"])
@blp.arguments(ReservingAnySchema)
@blp.response(201, ReservationSchema)
def reserve_any_loaner(args: dict[str, Any]) -> dict[str, Any]:
    """Reserve the first loaner of the model that is free on these days."""
    model = args.pop("model")
    return _reservation(reserve_any(house(), user().id, model, plain(args)).id)


@blp.route("/loaners/<uuid:id_>/reservations", methods=["POST"])
@blp.arguments(ReservingLoanerSchema)
@blp.response(201, ReservationSchema)
def reserve_loaner(args: dict[str, Any], id_: UUID) -> dict[str, Any]:
    """Reserve this loaner. Of two who want it for the same days one gets it."""
    data = plain({**args, "loaner": id_})
    taken = decide(house().database, house().ids, user().id, "loaner.reserved", data)
    return _reservation(taken.id)


@blp.route("/loaners/<uuid:id_>/reservations/<uuid:reservation>/release", methods=["POST"])
@blp.response(200, ReservationSchema)
def release_loaner(id_: UUID, reservation: UUID) -> dict[str, Any]:
    """The loaner is not wanted on these days any more."""
    _decided(id_, "released", {"reservation": reservation})
    return _reservation(reservation)


def _decided(id_: UUID, verb: str, data: dict[str, Any]) -> dict[str, Any]:
    decide(house().database, house().ids, user().id, f"loaner.{verb}",
           plain({**data, "loaner": id_}))  # fmt: skip
    return house().database.read(lambda session: lists.one(session, LOANERS, Loaner.id == id_))


def _reservation(id_: UUID) -> dict[str, Any]:
    return house().database.read(
        lambda session: lists.one(session, RESERVATIONS, Reservation.id == id_)
    )


def _chain(id_: UUID, at: Any = None) -> dict[str, Any]:
    def body(session: Session) -> dict[str, Any]:
        look_up(session, Loaner, id_)
        rows = session.scalars(custodies(id_, at))
        return {"items": _in_full(session, [row.values() for row in rows], at)}

    return house().database.read(body)


def _in_full(
    session: Session, items: Sequence[dict[str, Any]], at: Any = None
) -> list[dict[str, Any]]:
    """With the holders' names and on whose word each stands, and as it stood then."""
    names = holder_names(session, {item["holder_id"] for item in items})
    grounds = grounds_of(session, [item["cause_id"] for item in items])
    return [
        {
            **item,
            "holder_name": names.get(item["holder_id"]),
            "ground": grounds[item["cause_id"]],
            "state": state_at(item["state"], item["inspected"], at),
        }
        for item in items
    ]
