"""Parts, places, what the warehouse decides, and the books with their proof."""

from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.auth import OFFICE, STORE, house, staff, user
from api.blueprint import Blueprint
from api.people import known_zone
from api.schemas import Instant, PageArgs, QuantityText, Strict, Text, json_value, page, page_of
from api.tables import Table
from models.derived import Job, Source, Subject
from models.feed import mark
from models.outbox import put
from models.people import Role
from models.refusals import Refused
from models.stock.rows import PHYSICAL, Balance, Move, Part, Place, PlaceKeeper
from sync.decide import decide
from sync.invariants import INVARIANTS

BOOKS = (
    "balances_equal_moves",
    "moves_equal_replay",
    "books_sum_to_zero",
    "nothing_below_zero",
    "one_place_per_serial",
)
blp = Blueprint("stock", __name__, description="Parts, places and the books")


class PartSchema(Strict):
    """A spare part; `tracking` says whether each piece has its number, or each lot."""

    id = fields.UUID(dump_only=True)
    code = Text(required=True)
    name = Text(required=True)
    unit = Text(load_default="pc")
    tracking = fields.String(
        load_default="none", validate=validate.OneOf(["none", "lot", "serial"])
    )


class PlaceSchema(Strict):
    """Where parts can lie."""

    id = fields.UUID(dump_only=True)
    kind = fields.String(required=True, validate=validate.OneOf(PHYSICAL))
    code = Text(required=True)
    name = Text(required=True)
    zone = fields.String(load_default="Asia/Shanghai", validate=known_zone)


class KeeperSchema(Strict):
    """Who keeps a place from now on, beside those who keep it already."""

    id = fields.UUID(dump_only=True)
    place_id = fields.UUID(required=True)
    user_id = fields.UUID(required=True)
    since = Instant(dump_only=True)
    until = Instant(dump_only=True, allow_none=True)


class LineSchema(Strict):
    """So much of a part, or of a lot of it, or one piece by its serial."""

    part = fields.UUID(required=True)
    quantity = QuantityText(required=True)
    lot = Text(load_default=None, allow_none=True)
    serial = Text(load_default=None, allow_none=True)


LINES = validate.Length(1, 200)


class OpeningSchema(Strict):
    """What lies at a place when the books begin."""

    place = fields.UUID(required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=LINES)


class ShipmentSchema(Strict):
    """What leaves a place for another; it is in transit until it is received there."""

    transfer = fields.UUID(dump_only=True)
    place = fields.UUID(required=True)
    to = fields.UUID(required=True)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=LINES)


class DecidedSchema(Schema):
    """The decision that was taken."""

    decision = fields.UUID()
    transfer = fields.UUID(allow_none=True)


class StockArgs(Strict):
    """Of which place or part."""

    place = fields.UUID(load_default=None)
    part = fields.UUID(load_default=None)


class BalanceSchema(Schema):
    """What lies at a place of a part."""

    place = fields.UUID(attribute="place_id")
    part = fields.UUID(attribute="part_id")
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()


class BalancesSchema(Schema):
    """All balances that are not zero."""

    items = fields.List(fields.Nested(BalanceSchema))


class MoveArgs(PageArgs):
    """Of which place or part."""

    place = fields.UUID(load_default=None)
    part = fields.UUID(load_default=None)


class MoveSchema(Schema):
    """A posted move: when it happened, when it was posted, and of which statement."""

    id = fields.UUID()
    part = fields.UUID(attribute="part_id")
    lot = fields.String(allow_none=True)
    serial = fields.String(allow_none=True)
    quantity = QuantityText()
    from_place = fields.UUID()
    to_place = fields.UUID()
    role = fields.String()
    cause = fields.UUID(attribute="cause_id")
    happened = Instant()
    posted = Instant()


class CheckSchema(Schema):
    """One invariant of the books and where it does not hold."""

    name = fields.String()
    violations = fields.List(fields.String())


class ProofSchema(Schema):
    """Whether the books add up."""

    checks = fields.List(fields.Nested(CheckSchema))


def _make_keeper(session: Session, now: datetime, values: dict[str, Any]) -> PlaceKeeper:
    """The keeper; what they stated of the place before may take effect now."""
    place = session.get(Place, values["place_id"])
    if place is None or place.kind not in PHYSICAL:
        raise Refused("unknown", "place_id")
    mark(session, {Source("place", str(place.id))})
    put(session, now, [Job("judge", Subject("place", place.id))])
    return PlaceKeeper(id=house().ids.new(now), since=now, until=None, **values)


Table("/parts", Part, PartSchema, STORE, "part").register(blp)
Table("/places", Place, PlaceSchema, STORE, "place").register(blp)
Table("/keepers", PlaceKeeper, KeeperSchema, (Role.SUPERVISOR,)).register(blp, _make_keeper)


def _lines(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**line, "quantity": str(line["quantity"])} for line in lines]


@blp.route("/stock/openings", methods=["POST"])
@staff(*STORE)
@blp.arguments(OpeningSchema)
@blp.response(201, DecidedSchema)
def open_stock(values: dict[str, Any]) -> dict[str, Any]:
    """State what lies at a place when the books begin."""
    data = json_value({**values, "lines": _lines(values["lines"])})
    decision = decide(house().database, house().ids, user().id, "stock.opened", data)
    return {"decision": decision.id, "transfer": None}


@blp.route("/stock/shipments", methods=["POST"])
@staff(*STORE)
@blp.arguments(ShipmentSchema)
@blp.response(201, DecidedSchema)
def ship(values: dict[str, Any]) -> dict[str, Any]:
    """Ship parts from a place to another. Never more than there is."""
    transfer = house().ids.new(house().clock.now())
    data = json_value({**values, "lines": _lines(values["lines"]), "transfer": transfer})
    decision = decide(house().database, house().ids, user().id, "stock.shipped", data)
    return {"decision": decision.id, "transfer": transfer}


@blp.route("/stock", methods=["GET"])
@staff(*OFFICE)
@blp.arguments(StockArgs, location="query")
@blp.response(200, BalancesSchema)
def stock(args: dict[str, Any]) -> dict[str, Any]:
    """What lies where."""

    def body(session: Session) -> dict[str, Any]:
        query = select(Balance).where(Balance.quantity > 0)
        if args["place"] is not None:
            query = query.where(Balance.place_id == args["place"])
        if args["part"] is not None:
            query = query.where(Balance.part_id == args["part"])
        query = query.order_by(Balance.place_id, Balance.part_id, Balance.serial)
        return {"items": [balance.values() for balance in session.scalars(query)]}

    return house().database.read(body)


@blp.route("/stock/proof", methods=["GET"])
@staff(*OFFICE)
@blp.response(200, ProofSchema)
def proof() -> dict[str, Any]:
    """Check the books: balances = moves = replay, zero sums, nothing below zero."""

    def body(session: Session) -> dict[str, Any]:
        checks = [{"name": name, "violations": INVARIANTS[name](session)} for name in BOOKS]
        return {"checks": checks}

    return house().database.read(body)


@blp.route("/moves", methods=["GET"])
@staff(*OFFICE)
@blp.arguments(MoveArgs, location="query")
@blp.response(200, page_of(MoveSchema))
def moves(args: dict[str, Any]) -> dict[str, Any]:
    """The journal of moves, by page."""
    where = []
    if args["part"] is not None:
        where.append(Move.part_id == args["part"])
    if args["place"] is not None:
        where.append(or_(Move.from_place == args["place"], Move.to_place == args["place"]))
    return house().database.read(lambda session: page(session, Move, args, *where))
